// The command tune.
#pragma once

#include "app/options.h"

namespace voip {

// Returns the exit status.
int tune_command(const TuneOptions& options);

}  // namespace voip
