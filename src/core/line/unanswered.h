// Values that rise, wrap around, and wait for their answer: when each has left. It keeps a bounded number of them. Values that
// leave nearly at once count as one, so the kept ones reach back for seconds on any line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "core/time.h"

namespace voip {

struct Sent {
  std::uint32_t value = 0;
  Instant left{};
  bool has_payload = false;
};

// An answer that came is one to what left at `left`; or, not exactly, to something that left before we looked.
struct Answer {
  Instant left{};
  bool is_exact = true;
};

class Unanswered {
 public:
  // Values that are not newer than the last are known already.
  void add(const Sent& sent);
  // The newest of those up to `value`; they are answered now.
  std::optional<Sent> take_up_to(std::uint32_t value);
  void clear() { pending_.clear(); }

 private:
  std::deque<Sent> pending_;
};

}  // namespace voip
