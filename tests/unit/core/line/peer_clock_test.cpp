#include "core/line/peer_clock.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "unit/simulation.h"

namespace voip {
namespace {

// A peer that sends every 20 ms, whose clock counts in ticks of `tick_us`, and whose packets wait as long as `queue` says.
class Peer {
 public:
  explicit Peer(std::int64_t tick_us, std::int64_t drift_millionths = 0, std::uint32_t offset = 4'294'967'000U)
      : tick_us_(tick_us), drift_(drift_millionths), offset_(offset) {}

  // What is said of the last packet that was sent until `end`.
  std::optional<Duration> send_until(Duration end, const std::function<Duration(Duration)>& queue) {
    std::optional<Duration> told;
    for (; sent_ < end; sent_ += 20ms) {
      const std::int64_t own_us = sent_.count() * (1'000'000 + drift_) / 1'000;
      const auto timestamp = static_cast<std::uint32_t>(offset_ + static_cast<std::uint64_t>(own_us / tick_us_));
      const auto one = clock_.came(timestamp, at(sent_ + 40ms + queue(sent_)));
      told = one ? one : told;
      worst_ = std::max(worst_, one.value_or(0ms));
    }
    return told;
  }
  [[nodiscard]] Duration worst() const { return worst_; }

 private:
  std::int64_t tick_us_;
  std::int64_t drift_;
  std::uint32_t offset_;
  Duration sent_{};
  Duration worst_{};
  PeerClock clock_;
};

Duration none(Duration /*at*/) {
  return 0ms;
}

TEST(PeerClock, TellsAQueueOfWhateverTick) {
  for (const std::int64_t tick_us : {1, 1'000, 4'000, 10'000}) {
    Peer peer(tick_us);
    const std::int64_t jitter_ms = tick_us / 1'000 + 1;
    EXPECT_LE(peer.send_until(5s, none).value_or(1h).count(), jitter_ms) << tick_us;
    const auto told = peer.send_until(8s, [](Duration) { return 300ms; });
    ASSERT_TRUE(told) << tick_us;
    EXPECT_NEAR(static_cast<double>(told->count()), 300, static_cast<double>(jitter_ms)) << tick_us;
    EXPECT_LE(peer.send_until(12s, none).value_or(1h).count(), jitter_ms) << tick_us;
  }
}

TEST(PeerClock, SaysNothingBeforeASecondAndOfTicksThatAreTooLong) {
  EXPECT_FALSE(Peer(1'000).send_until(900ms, none));
  EXPECT_TRUE(Peer(1'000).send_until(1100ms, none));
  EXPECT_FALSE(Peer(500'000).send_until(60s, none));
}

TEST(PeerClock, AQueueThatGrowsFromTheBeginningIsSeen) {
  Peer peer(1'000);
  const auto told = peer.send_until(6s, [](Duration sent) { return std::min(sent / 5, Duration(400ms)); });
  ASSERT_TRUE(told);
  EXPECT_NEAR(static_cast<double>(told->count()), 400, 2);
}

TEST(PeerClock, FollowsAClockThatRunsFasterOrSlower) {
  for (const std::int64_t drift : {-100, 100}) {
    Peer peer(1'000, drift);
    peer.send_until(3h, none);
    EXPECT_LE(peer.worst(), 2ms) << drift;
    const auto told = peer.send_until(3h + 2s, [](Duration) { return 100ms; });
    EXPECT_NEAR(static_cast<double>(told.value_or(0ms).count()), 100, 2) << drift;
  }
}

TEST(PeerClock, AStandingQueueIsNotForgottenWithinAMinute) {
  Peer peer(1'000);
  peer.send_until(5s, none);
  EXPECT_GE(peer.send_until(65s, [](Duration) { return 200ms; }).value_or(0ms), 185ms);
}

TEST(PeerClock, BeginsAnewWhereTheClockWasSet) {
  PeerClock clock;
  for (int i = 0; i < 200; ++i) {
    clock.came(static_cast<std::uint32_t>(1'000 + i * 20), at(i * 20ms));
  }
  EXPECT_FALSE(clock.came(6'000, at(60s))) << "stood still for most of a minute";
  EXPECT_FALSE(clock.came(6'020, at(60s + 20ms)));
  for (int i = 2; i < 100; ++i) {
    clock.came(static_cast<std::uint32_t>(6'000 + i * 20), at(60s + i * 20ms));
  }
  EXPECT_EQ(clock.came(8'000, at(62s + 50ms)), 50ms);
}

TEST(PeerClock, ARepeatedOrOlderTimestampSaysNothing) {
  PeerClock clock;
  for (int i = 0; i < 100; ++i) {
    clock.came(static_cast<std::uint32_t>(i * 20), at(i * 20ms));
  }
  EXPECT_FALSE(clock.came(99 * 20, at(2500ms)));
  EXPECT_FALSE(clock.came(50 * 20, at(2500ms)));
  EXPECT_EQ(clock.came(100 * 20, at(2500ms)), 500ms);
}

}  // namespace
}  // namespace voip
