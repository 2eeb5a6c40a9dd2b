// The node on MQTT: says what the engine reports, takes orders, announces itself to Home Assistant. It is a guest in the daemon:
// a broker that is absent, wrong, slow or frozen costs one log line for each change and never a wait, and switching goes on.
// While there is no connection only the newest state is kept; all of it is said again on each connection.
#pragma once

#include <memory>
#include <string>

#include "core/settings.h"
#include "ports/port.h"

namespace voip {

// Without mqtt.uri it does nothing at all. `version` is the program's, for `info` and Home Assistant.
std::unique_ptr<Port> make_mqtt(const Settings& settings, const std::string& version);

}  // namespace voip
