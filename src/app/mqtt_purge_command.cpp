#include "app/mqtt_purge_command.h"

#include <cstdio>

#include "app/check_config_command.h"
#include "ports/mqtt_purge.h"

namespace voip {

int mqtt_purge_command(const MqttPurgeOptions& options) {
  const auto settings = load_or_complain(options.config);
  if (!settings) {
    return exit_usage;
  }
  const auto purged = purge_mqtt(*settings);
  if (!purged) {
    std::fprintf(stderr, "%s\n", purged.error().c_str());
    return exit_failed;
  }
  std::printf("removed %zu retained topics of %s/%s\n", purged->topics, settings->mqtt.base_topic.c_str(),
              settings->node.id.c_str());
  if (purged->node_was_online) {
    std::printf("the node is online and will say them again: stop it first\n");
  }
  return exit_done;
}

}  // namespace voip
