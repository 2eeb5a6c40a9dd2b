// Removes what the node has left with the broker: every retained topic below its base, and its Home Assistant discovery.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "core/settings.h"

namespace voip {

struct MqttPurged {
  std::size_t topics = 0;
  bool node_was_online = false;  // then it will say most of it again: it is to be stopped first
};

// Waits for the network, some seconds at most; not for use on the daemon's loop.
Result<MqttPurged> purge_mqtt(const Settings& settings);

}  // namespace voip
