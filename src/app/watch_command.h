// The command watch: what the daemon sees and does, live; on a terminal as a picture, else as one line for each change.
#pragma once

#include "app/options.h"

namespace voip {

int watch_command(const WatchOptions& options);  // returns the exit status

}  // namespace voip
