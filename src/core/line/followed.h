// What leads to another rate of a line that is followed, and what was done.
#pragma once

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

}  // namespace voip
