// Tries whether a broker would take the daemon: as somebody of its own, who leaves nothing behind and publishes nothing.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/settings.h"
#include "ports/command_loop.h"
#include "ports/mqtt_connection.h"

namespace voip {

struct MqttTrial {
  std::string uri;
  std::string why{};                              // there is no connection; empty: it was accepted
  std::vector<std::string> refused{};             // what the broker's access list forbids, with its reason
  std::map<std::string, std::string> retained{};  // what is kept on the topics that were asked for
};

// To one of the options' brokers. The name is looked up, its port knocked at, the configured credentials are shown, the topics
// are subscribed to for a moment. Some twenty seconds at most, mostly milliseconds.
MqttTrial try_broker(const MqttConnectionOptions& options, std::size_t broker, const std::vector<std::string>& topics,
                     CommandLoop& commands);

}  // namespace voip
