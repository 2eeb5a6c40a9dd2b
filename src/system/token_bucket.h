// How often something may be done that others can bring about: told, obeyed, tried. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/time.h"

namespace voip {

// Lets `burst` through at once and then one each `interval`.
class TokenBucket {
 public:
  TokenBucket(Duration interval, std::int64_t burst) : interval_(interval), burst_(burst), tokens_(burst) {}

  bool take(Instant now) {
    if (now > filled_at_) {
      const std::int64_t due = (now - filled_at_) / interval_;
      tokens_ = std::min(burst_, tokens_ + std::min(due, burst_));
      filled_at_ += due * interval_;
    }
    if (tokens_ == 0) {
      return false;
    }
    --tokens_;
    return true;
  }

 private:
  Duration interval_;
  std::int64_t burst_;
  std::int64_t tokens_;
  Instant filled_at_{};
};

}  // namespace voip
