// The commands status and qos: ask the daemon, show the answer.
#pragma once

#include "app/options.h"
#include "app/status_text.h"

namespace voip {

// Coloured on a terminal, unless NO_COLOR is set.
Colour colour_of_output();

// Both return the exit status.
int status_command(const StatusOptions& options);
int qos_command(const QosOptions& options);

}  // namespace voip
