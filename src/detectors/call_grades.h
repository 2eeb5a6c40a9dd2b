// What one direction of a flow looks like at a moment, in one word, and how much each pair of words speaks for a call.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "detectors/call_history.h"

namespace voip::detectors {

enum class Grade : std::uint8_t {
  clock,       // the 20 ms clock of a codec: 12 or 13 packets a quarter second
  thin_clock,  // a codec's clock, but hardly any payload: comfort noise, or a very low bit rate
  frame,       // the clock of 10, 30, 40 or 60 ms frames, over a second
  onset,       // the first full quarter of the 20 ms clock
  voice,       // voice size, and as steady as a clock of any other rate
  rough,       // voice size, no clock seen: wireless, throttled, bundled
  loose,       // leftovers of voice size
  low,         // a slow clock, 40 to 160 ms: present quarter by quarter
  trickle,     // keep-alives, RTCP, comfort noise
  pause,       // nothing for 2 s, something in the last 6 s
  dead,        // nothing for 6 s
  rich,        // video or bundled media
  step,        // a clock that no codec has, but that many programs could have
  tick,        // the rhythm of a game, in small packets; voice with feedback may have it
  snapshot,    // the same in large ones
  other,
};
inline constexpr std::size_t grade_count = 16;

std::string_view to_string(Grade grade);

// Of the newest quarter second.
Grade grade(const CallHistory& history, Direction direction);
// Of the newest second, where readings come a second apart and what happened inside of it cannot be known.
Grade coarse_grade(const CallHistory& history, Direction direction);

// The weight of a pair of grades, about one bit a point; nothing where silence says nothing.
std::optional<int> points_of(Grade one, Grade other);

}  // namespace voip::detectors
