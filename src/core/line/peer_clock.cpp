#include "core/line/peer_clock.h"

#include <algorithm>
#include <array>

namespace voip {
namespace {

struct Tick {
  std::int64_t shortest_ns;
  std::int64_t longest_ns;  // of what is measured for one of this length
  std::int64_t ns;
};

// Linux, macOS and Windows count in milliseconds mostly; others in 4 or 10 of them, and Linux in microseconds where it is told
// to (tcp_usec_ts, net/ipv4/tcp_timer.c). Slower ones tell too little.
constexpr std::array<Tick, 4> ticks{{{500, 2'000, 1'000},
                                     {500'000, 2'000'000, 1'000'000},
                                     {2'000'000, 6'300'000, 4'000'000},
                                     {6'300'000, 16'000'000, 10'000'000}}};
constexpr std::int64_t ns_per_ms = 1'000'000;
// A queue that grows makes ticks look longer, at most by its length.
constexpr Duration shortest_look = 1s;
constexpr Duration longest_look = 10s;
constexpr std::int64_t drift_ns_per_ms = 200;  // 200 millionths
constexpr Duration longest_wait = 10s;         // then the clock was set

}  // namespace

void PeerClock::begin(std::uint32_t timestamp, Instant now) {
  *this = PeerClock();
  began_ = now;
  newest_ = timestamp;
}

void PeerClock::find_tick(Instant now) {
  const Duration looked = now - *began_;
  if (looked < shortest_look || (tick_ns_ != 0 && looked > longest_look)) {
    return;
  }
  const std::int64_t measured = looked.count() * ns_per_ms / ticks_;
  const auto* const fitting = std::find_if(ticks.begin(), ticks.end(), [measured](const Tick& tick) {
    return measured >= tick.shortest_ns && measured < tick.longest_ns;
  });
  const std::int64_t tick = fitting == ticks.end() ? 0 : fitting->ns;
  if (tick != tick_ns_) {
    tick_ns_ = tick;
    least_ns_.reset();
  }
}

std::optional<Duration> PeerClock::came(std::uint32_t timestamp, Instant now) {
  if (!began_) {
    begin(timestamp, now);
    return std::nullopt;
  }
  const std::uint32_t passed = timestamp - newest_;
  if (passed == 0 || passed >= 0x80000000U) {
    return std::nullopt;
  }
  newest_ = timestamp;
  ticks_ += passed;
  find_tick(now);
  if (tick_ns_ == 0) {
    return std::nullopt;
  }
  const std::int64_t late_ns = (now - *began_).count() * ns_per_ms - ticks_ * tick_ns_;
  if (least_ns_) {
    *least_ns_ = std::min(late_ns, *least_ns_ + (now - aged_).count() * drift_ns_per_ms);
  } else {
    least_ns_ = std::min<std::int64_t>(late_ns, 0);  // the first packet was not late
  }
  aged_ = now;
  const Duration waited{(late_ns - *least_ns_ + ns_per_ms / 2) / ns_per_ms};
  if (waited > longest_wait) {
    begin(timestamp, now);
    return std::nullopt;
  }
  return waited;
}

}  // namespace voip
