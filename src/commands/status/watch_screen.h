// `watch` on a terminal: asks the daemon, draws, and hears keys and signals, all from one poll(2); it waits for none of them
// alone.
#pragma once

#include <string>

#include "commands/common/status_reading.h"
#include "core/time.h"
#include "terminal/styled_line.h"

namespace voip {

// Until the user ends it; returns the exit status. `first` is what the daemon answered at the start.
int watch_on_screen(const std::string& socket, Duration interval, SeenStatus first, Colour colour);

}  // namespace voip
