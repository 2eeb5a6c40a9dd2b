// The command replay.
#pragma once

#include "app/options.h"

namespace voip {

// Prints one JSON object a line for each event of each timeline, in the order of the files; with --explain the detector's opinion
// of each busy flow every second, too. Goes on after a file that cannot be read. Returns the exit status.
int replay_command(const ReplayOptions& options);

}  // namespace voip
