// Which segment of ours an acknowledgement answers, by sequence numbers alone, for connections without timestamps: the newest of
// those whose end it is the first to reach, in order or selectively (RFC 2018). It knows of data only: our own acknowledgements
// are not answered by any number.
//
// Nothing is told where it is not certain which leaving was answered (Karn's algorithm, RFC 6298, 3). What was sent again says
// nothing, and neither does what had left after it until then: the number that covers it was held up by the gap. But a gap below
// what is known to have arrived is no matter: nothing new is told when it is filled.
#pragma once

#include <cstdint>
#include <optional>

#include "core/line/tcp_segment.h"
#include "core/line/unanswered.h"
#include "core/time.h"

namespace voip {

class AcknowledgedEnds {
 public:
  void left(const TcpSegment& segment, Instant now);
  std::optional<Answer> came(const TcpSegment& segment);

 private:
  std::optional<std::uint32_t> first_;         // where the first segment that was seen leaving begins
  std::optional<std::uint32_t> end_;           // of all that has left
  std::optional<std::uint32_t> uncertain_to_;  // until this is acknowledged nothing is certain
  std::optional<std::uint32_t> reached_;       // so far something is known to have arrived
  Unanswered unanswered_;                      // the ends of segments
};

}  // namespace voip
