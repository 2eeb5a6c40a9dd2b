// Judges the brokers, and Home Assistant as far as a broker tells of it. Pure.
#pragma once

#include <string>
#include <vector>

#include "commands/doctor/check.h"
#include "core/settings.h"
#include "ports/mqtt/mqtt.h"

namespace voip {

struct BrokerFacts {
  std::string problem;            // one of the settings, which keeps all of them from being tried
  std::vector<MqttTrial> trials;  // one for each mqtt.uri, in order
  bool daemon_runs = false;
  bool daemon_is_known = false;  // whether the above could be found out
};
Checks judge_brokers(const BrokerFacts& facts, const Settings& settings, const Platform& platform);
Checks judge_home_assistant(const BrokerFacts& facts, const Settings& settings);

// What is asked for at a broker: the node's status and state, and Home Assistant's status.
std::vector<std::string> topics_of_interest(const Settings& settings);

}  // namespace voip
