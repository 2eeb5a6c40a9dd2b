// What is done before the daemon runs and after it: its configuration is checked, and what it left with its brokers is taken
// away. Each returns its exit status.
#pragma once

#include <optional>
#include <string>

namespace voip {

struct CheckConfigOptions {
  std::optional<std::string> config;  // absent: the default file, or the defaults if there is none
};
int check_config_command(const CheckConfigOptions& options);

struct MqttPurgeOptions {
  std::optional<std::string> config;
};
int mqtt_purge_command(const MqttPurgeOptions& options);

}  // namespace voip
