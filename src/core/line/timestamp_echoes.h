// Which packet of ours an incoming one of the same connection answers, by TCP timestamps (RFC 7323): the first leaving of a value
// and the first coming back of its echo. Each value counts once, so that repeated acknowledgements, which echo an old value
// during loss recovery, are no long delays. It serves both directions: what an acknowledgement of ours calls forth echoes it too.
#pragma once

#include <cstdint>
#include <optional>

#include "core/line/tcp_segment.h"
#include "core/line/unanswered.h"
#include "core/time.h"

namespace voip {

class TimestampEchoes {
 public:
  // Both are given segments with timestamps only.
  void left(const TcpSegment& segment, Instant now);
  std::optional<Answer> came(const TcpSegment& segment, Instant now);

 private:
  std::optional<Instant> came_;         // the last packet that did
  std::optional<std::uint32_t> first_;  // the oldest timestamp that was seen leaving
  std::optional<std::uint32_t> echo_;   // the newest that came back
  Unanswered unanswered_;
};

}  // namespace voip
