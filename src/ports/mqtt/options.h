// From settings to what a connection needs: reads the password's file and looks at the others, so that an unreadable one is told
// at start and in words, instead of by a handshake that fails without any.
#pragma once

#include <string>

#include "base/result.h"
#include "core/settings.h"
#include "core/time.h"
#include "ports/mqtt/connection.h"

namespace voip {

// So long the link may be lost before everybody is told that the node is offline: an attempt to come back takes a second.
inline constexpr Duration will_delay = 5s;

// The last will is the node's "offline".
Result<MqttConnectionOptions> mqtt_options(const Settings& settings);

// The first line of a file that only its owner may read, or that stands in the service's credential directory.
Result<std::string> read_password(const std::string& path);

}  // namespace voip
