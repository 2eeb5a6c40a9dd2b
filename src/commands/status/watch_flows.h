// The list of watched flows on the screen of `watch`. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "commands/common/status_reading.h"
#include "terminal/styled_line.h"

namespace voip {

// A heading, then as many flows as fit, from `first` on: each with its score, rates, and the detector's reason, which has a line
// of its own where the window is narrow. Lines may still be too long.
std::vector<Line> watched_flows(const SeenStatus& status, std::size_t first, std::size_t columns, std::size_t rows);

}  // namespace voip
