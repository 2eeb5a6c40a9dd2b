// The port that switches: it runs an actuator's commands and looks at what is in force. SwitchQos is answered by SwitchFinished
// within qos.timeout (and the two and a half seconds that it takes to end a program that does not want to end), ObserveQos by
// QosObserved. One thing at a time: a switch goes before a look, and a look that was asked for meanwhile comes after it.
// Changes that others make to links and queues are told as ShapingTouched.
#pragma once

#include <functional>
#include <memory>

#include "core/actuator.h"
#include "core/settings.h"
#include "ports/port.h"

namespace voip {

// `find_site` is asked before each switch and each look; its phones are filled in from the settings. The actuator is one of
// all_actuators(), so it lives for ever.
std::unique_ptr<Port> make_qos_switch(const Settings& settings, const Actuator& actuator, std::function<Site()> find_site);

// What went wrong with a command, for people: what was run, how it ended, the last lines that it wrote, what to do about it.
// Empty when it ended well.
std::string describe_failure(const Command& command, const CommandResult& result);

}  // namespace voip
