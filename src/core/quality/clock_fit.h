// How many packets a codec's clock makes, and whether so many are its own. In thousandths of packets.
#pragma once

#include <cstdint>

#include "core/time.h"

namespace voip {

// What is judged at once, "a second": as many readings as fill about one, each of which may come early or late.
inline constexpr Duration least_second = 800ms;
inline constexpr std::int64_t tolerance_milli = 1300;  // packets: one that is just coming at each end, and some jitter
inline constexpr std::int64_t second_milli = 2300;     // packets: a single second

// Thousandths of packets.
inline std::int64_t expected_in(Duration length, Duration interval) {
  return length.count() * 1000 / interval.count();
}

// Whether so many packets are those of that clock.
inline bool fits(std::int64_t packets, Duration length, Duration interval, std::int64_t tolerance = tolerance_milli) {
  const std::int64_t difference = packets * 1000 - expected_in(length, interval);
  return (difference < 0 ? -difference : difference) <= tolerance;
}

}  // namespace voip
