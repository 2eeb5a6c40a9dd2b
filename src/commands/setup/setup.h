// What is done before the daemon runs and after it: its configuration is made and checked, and what it left with its brokers is
// taken away. Each returns its exit status.
#pragma once

#include <optional>
#include <string>

namespace voip {

struct CheckConfigOptions {
  std::optional<std::string> config;  // absent: the default file, or the defaults if there is none
};
int check_config_command(const CheckConfigOptions& options);

// Finds out what there is, asks at most five questions, and writes a configuration that it has shown; or puts back what was
// there.
struct SetupOptions {
  std::optional<std::string> config;
  bool takes_what_is_found = false;  // asks nothing
  bool undoes = false;
};
int setup_command(const SetupOptions& options);

struct MqttPurgeOptions {
  std::optional<std::string> config;
};
int mqtt_purge_command(const MqttPurgeOptions& options);

}  // namespace voip
