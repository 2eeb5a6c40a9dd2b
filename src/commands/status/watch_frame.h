// The picture that `watch` draws on a terminal. Pure: what was seen and the size of the window in, lines that fit into it out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "commands/common/status_reading.h"
#include "commands/status/watch_changes.h"
#include "terminal/screen.h"
#include "terminal/styled_line.h"

namespace voip {

struct WatchView {
  SeenStatus status;           // the last one there was
  std::string missing;         // why there is none now; empty: there is
  std::vector<Change> log;     // the newest last
  std::size_t first_flow = 0;  // the list of flows begins with this one
  bool is_paused = false;
};

// Calls first, then those whose score comes nearest to their threshold, then the busy ones.
void sort_flows(std::vector<SeenFlow>& flows);

// At most so many lines of at most so many columns.
std::vector<Line> watch_frame(const WatchView& view, ScreenSize size);

}  // namespace voip
