// The command record.
#pragma once

#include "app/options.h"

namespace voip {

// Runs until SIGINT, SIGTERM, --for, or the greatest size. Returns the exit status.
int record_command(const RecordOptions& options);

}  // namespace voip
