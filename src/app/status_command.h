// The commands status and qos: ask the daemon, show the answer.
#pragma once

#include "app/options.h"

namespace voip {

// Both return the exit status.
int status_command(const StatusOptions& options);
int qos_command(const QosOptions& options);

}  // namespace voip
