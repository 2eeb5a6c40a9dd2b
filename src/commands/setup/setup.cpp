#include "commands/setup/setup.h"

#include <unistd.h>

#include <string>

#include "commands/common/exit_status.h"
#include "config/config.h"
#include "ports/mqtt/mqtt.h"
#include "terminal/output.h"

namespace voip {

int check_config_command(const CheckConfigOptions& options) {
  if (!load_or_complain(options.config, to_be_checked_here())) {
    return exit_usage;
  }
  if (!options.config && ::access(default_config_path, F_OK) != 0) {
    print("there is no " + std::string(default_config_path) + ": the defaults run, which watch and switch nothing\n");
  } else {
    print(options.config.value_or(default_config_path) + ": ok\n");
  }
  return exit_done;
}

int mqtt_purge_command(const MqttPurgeOptions& options) {
  const auto settings = load_or_complain(options.config);
  if (!settings) {
    return exit_usage;
  }
  const auto purged = purge_mqtt(*settings);
  if (!purged) {
    complain(purged.error());
    return exit_failed;
  }
  print("removed " + std::to_string(purged->topics) + " retained topics of " + settings->mqtt.base_topic + "/" +
        settings->node.id + "\n");
  if (purged->node_was_online) {
    print("the node is online and will say them again: stop it first\n");
  }
  return exit_done;
}

}  // namespace voip
