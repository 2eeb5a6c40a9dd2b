// What leads to another rate of a line that is followed, and what was done.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/time.h"

namespace voip {

// What one sample showed of the direction.
struct FollowedSample {
  bool is_full = false;               // a queue of the line stood
  bool is_calm = false;               // it is known that none did
  Duration queue{};                   // its length
  std::uint32_t carried_kbit = 0;     // what the line has carried
  std::uint32_t shared_percent = 70;  // of the rate, which the rest may take
  Duration target{};                  // the queue that is to stand; 0: none
};

// What was done, and what was seen that led to it.
struct FollowedStep {
  bool is_fall = false;  // else the line carries more again
  std::uint32_t kbit = 0;
  Duration queue{};
  std::uint32_t carried_kbit = 0;
};

constexpr std::uint32_t least_followed_kbit = 150;
constexpr std::uint64_t backlogged_percent = 90;  // of its share: then the rest is held back by us

// Of a rate, in kbit/s; a line is shaped to no less.
constexpr std::uint32_t part_of(std::uint32_t kbit, std::uint64_t percent) {
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(kbit * percent / 100, least_followed_kbit));
}

}  // namespace voip
