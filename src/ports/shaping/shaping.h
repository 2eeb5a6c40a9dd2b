// The port that switches: it runs an actuator's commands and looks at what is in force. SwitchQos is answered by SwitchFinished
// within qos.timeout (and the two and a half seconds that it takes to end a program that does not want to end), ObserveQos by
// QosObserved. One thing at a time: a switch goes before a look, and a look that was asked for meanwhile comes after it.
// Changes that others make to links and queues are told as ShapingTouched.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/actuator.h"
#include "core/settings.h"
#include "ports/shaping/qdiscs.h"
#include "system/port.h"

namespace voip {

using FindSite = std::function<Site()>;
using ReadShaping = std::function<Result<Shaping>()>;

// Addresses of the configured devices of role phone.
std::vector<IpPrefix> phones_of(const Settings& settings);

// Both are asked before each switch and each look; the site's phones are filled in from the settings. The actuator is one of
// all_actuators(), so it lives for ever. `before` is another of them whose shaping is known as ours whoever looks, or null: what
// it has left of a daemon that was killed, and configured anew before it came back, is taken away before the first look.
std::unique_ptr<Port> make_qos_switch(const Settings& settings, const Actuator& actuator, const Actuator* before,
                                      FindSite find_site, ReadShaping read_shaping = voip::read_shaping);

}  // namespace voip
