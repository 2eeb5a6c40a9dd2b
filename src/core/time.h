// Time as the engine knows it: a value handed in with each event. There is no now() here, so the core cannot read a clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace voip {

struct CoreClock {
  using rep = std::int64_t;
  using period = std::milli;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<CoreClock>;
  static constexpr bool is_steady = true;
};

using Duration = CoreClock::duration;
using Instant = CoreClock::time_point;

using namespace std::chrono_literals;  // NOLINT(google-global-names-in-headers): only the literal suffixes, for settings

// "250ms", "30s", "5m", "2h", "1d": a whole number and one unit, nothing else. Limited to a year.
std::optional<Duration> parse_duration(std::string_view text);
// The shortest text that parse_duration reads back to the same value.
std::string to_string(Duration duration);

// What is written for a moment: ISO 8601 in UTC, as iso_8601() of the loop's wall clock.
using Calendar = std::function<std::string(Instant)>;

// Whole seconds; 0 of what has not begun.
constexpr std::int64_t seconds_since(std::optional<Instant> started, Instant now) {
  return started && *started < now ? (now - *started) / 1s : 0;
}

// The earlier of two optional instants; empty only when both are.
constexpr std::optional<Instant> earlier(std::optional<Instant> a, std::optional<Instant> b) {
  if (!a || !b) {
    return a ? a : b;
  }
  return *a < *b ? a : b;
}

}  // namespace voip
