// Turns a loop until something has happened, with a limit in time.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include "system/loop.h"

namespace voip::test {

inline std::unique_ptr<Loop> open_loop() {
  auto loop = Loop::open();
  if (!loop) {
    throw std::runtime_error(loop.error());
  }
  return std::move(loop).value();
}

// Whether `done` became true within the limit; it sees each event that comes (DeadlineReached for nothing else).
inline bool loop_until(Loop& loop, Duration limit, const std::function<bool(const Event&)>& done) {
  for (const Instant end = loop.now() + limit; loop.now() < end;) {
    bool is_done = false;
    for (const Event& event : loop.wait(end)) {
      is_done = done(event) || is_done;
    }
    if (is_done) {
      return true;
    }
  }
  return false;
}

}  // namespace voip::test
