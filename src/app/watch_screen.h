// `watch` on a terminal: asks the daemon, draws, and hears keys and signals, all from one poll(2); it waits for none of them
// alone.
#pragma once

#include <string>

#include "app/status_reading.h"
#include "app/styled_line.h"
#include "core/time.h"

namespace voip {

// Until the user ends it; returns the exit status. `first` is what the daemon answered at the start.
int watch_on_screen(const std::string& socket, Duration interval, SeenStatus first, Colour colour);

}  // namespace voip
