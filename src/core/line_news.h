// What may happen to the line, and what the engine may ask and tell of it: the part of core/events.h that concerns it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/line_state.h"
#include "core/model.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

// ---- Events ----

// A packet passed on the WAN, where one in many is told of (WatchLine::stirring).
struct LineStirred {};

// What passed the WAN in the `over` before `at`. Comes about four times a second while WatchLine asks for counters or headers.
// TCP is told with headers only.
struct LineSampled {
  Instant at;
  Duration over{};
  Counters up;  // packets that left the WAN's device and their bytes, from the IP header on
  Counters down;
  std::uint32_t link_header = 14;    // what the kernel counts of each besides
  std::optional<TcpInterval> tcp{};  // empty: headers were not looked at, or not all of them were seen
};

// Whether the line can be looked at; `blocker` says why not, for people, and is empty when it can.
struct LineSightChanged {
  std::string blocker;
};

// The WAN is another device than that of which the line was known.
struct LineReplaced {};

// ---- Actions ----

// Look at the line so closely from now on.
struct WatchLine {
  LineLook look = LineLook::off;
};

// Rates that are learnt, from now on, for the directions that are to be shaped by such; 0: not known. For actuators that take
// rates. What stands with others is to be switched on again, which is ordered when it is seen (needs_renewal).
struct UseRates {
  LineRates rates;
  std::string blocker;  // why the line cannot be looked at; empty: it can
  std::string step{};   // LineState::step, where it has led to this
};

// What is known of the line is another; at most every five seconds, and every thirty while nothing much happens there.
struct LineChanged {
  LineState line;
};

}  // namespace voip
