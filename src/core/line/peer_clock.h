// How long packets of a TCP connection stood in queues on their way in, by the clock of who sent them: their timestamps (TSval,
// RFC 7323, 4.1) say when each left, in ticks of a length that is found out. The one that came soonest, for when it left, met no
// queue, as far as is known; how much later the others came is what they waited. Their way back takes no part in it.
//
// Clocks differ, by up to 100 millionths mostly: what was soonest is believed a little less each second. Where a queue stands
// from the first packet on, only what it grows is seen.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time.h"

namespace voip {

class PeerClock {
 public:
  // A packet with this timestamp came. How long it waited; nothing while the length of a tick is not known, and for a timestamp
  // that came before: of each the first counts.
  std::optional<Duration> came(std::uint32_t timestamp, Instant now);

 private:
  void begin(std::uint32_t timestamp, Instant now);
  void find_tick(Instant now);

  std::optional<Instant> began_;
  std::uint32_t newest_ = 0;
  std::int64_t ticks_ = 0;                // since it began
  std::int64_t tick_ns_ = 0;              // 0: not known
  std::optional<std::int64_t> least_ns_;  // of how late packets came, against the first
  Instant aged_{};
};

}  // namespace voip
