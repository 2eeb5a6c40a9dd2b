// The command mqtt-purge.
#pragma once

#include "app/options.h"

namespace voip {

// Returns the exit status.
int mqtt_purge_command(const MqttPurgeOptions& options);

}  // namespace voip
