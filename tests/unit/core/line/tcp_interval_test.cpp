// What round trips tell of an interval: queues by direction for each network, what left and what arrived, the home.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "core/line/round_trips.h"
#include "unit/simulation.h"

namespace voip {
namespace {

Endpoint near(std::uint16_t port) {
  return {*IpAddress::parse("192.0.2.2"), port};
}

const Endpoint far{*IpAddress::parse("198.51.100.10"), 443};

// A line with two remote networks: their ways are seen when connections open, and queues grow in between.
class IntervalOfTrips : public testing::Test {
 protected:
  // Each quarter of a second is made of exchanges that are 20 ms apart.
  TcpInterval run(Duration length, Duration outgoing, Duration incoming) {
    for (const Instant end = now_ + length; now_ < end; now_ += 20ms) {
      for (std::uint16_t port = 0; port < 2; ++port) {
        const Duration way = port == 0 ? 30ms : 60ms;
        exchange(port, way, outgoing, incoming);
      }
    }
    return trips_.take_interval();
  }

  void exchange(std::uint16_t port, Duration way, Duration outgoing, Duration incoming) {
    const Endpoint remote{*IpAddress::parse(port == 0 ? "198.51.100.10" : "203.0.113.10"), 443};
    const auto clock = [](Instant when) { return static_cast<std::uint32_t>(when.time_since_epoch().count()); };
    TcpSegment out{near(port), remote, clock(now_), 1, true, sequence_[port], 1000, 1, {}};
    out.header_bytes = 52;
    trips_.left(out, now_);
    const Instant back = now_ + outgoing + way;
    TcpSegment in{remote, near(port), clock(back) + 12'345, clock(now_), false, 1, 0, sequence_[port] + 1000, {}};
    trips_.came(in, back + incoming);
    sequence_[port] += 1000;
  }

  RoundTrips trips_{at(0s)};
  Instant now_ = at(1s);
  std::array<std::uint32_t, 2> sequence_{1, 1};
};

TEST_F(IntervalOfTrips, EachNetworkTellsOfBothQueues) {
  run(2s, 0ms, 0ms);
  const TcpInterval interval = run(240ms, 200ms, 0ms);
  ASSERT_EQ(interval.networks.size(), 2U);
  for (const NetworkDelays& network : interval.networks) {
    EXPECT_GE(network.answers, 10U);
    EXPECT_EQ(network.outgoing, 200ms);
    EXPECT_EQ(network.incoming, 0ms);
    EXPECT_EQ(network.queues, 200ms);
  }
  for (const NetworkDelays& network : run(240ms, 10ms, 150ms).networks) {
    EXPECT_EQ(network.outgoing, 10ms);
    EXPECT_EQ(network.incoming, 150ms);
  }
}

TEST_F(IntervalOfTrips, OfAShortQueueTheShortestCounts) {
  run(2s, 0ms, 0ms);
  run(240ms, 0ms, 0ms);
  for (int i = 0; i < 6; ++i) {
    exchange(0, 30ms, i == 3 ? 0ms : 200ms, 0ms);
    now_ += 40ms;
  }
  EXPECT_EQ(trips_.take_interval().networks.front().outgoing, 0ms);
}

TEST_F(IntervalOfTrips, WhatLeftAndWhatArrivedIsCountedInPacketsOfTheLine) {
  run(2s, 0ms, 0ms);
  const TcpInterval interval = run(200ms, 0ms, 0ms);
  EXPECT_EQ(interval.payload_sent, 20'000U);
  EXPECT_EQ(interval.payload_delivered, 20'000U);
  EXPECT_EQ(interval.sent.packets, 20U);
  EXPECT_EQ(interval.sent.bytes, 20U * 1052);
  TcpSegment giant{near(0), far, 5'000'000, 1, true, sequence_[0], 14'480, 1, {}};
  giant.header_bytes = 52;
  trips_.left(giant, now_);
  EXPECT_EQ(trips_.take_interval().sent.bytes, 10U * 1500) << "the kernel cuts it later";
}

TEST_F(IntervalOfTrips, AClockThatBeganInAQueueIsNotBelieved) {
  run(2s, 0ms, 200ms);
  EXPECT_EQ(run(240ms, 0ms, 200ms).networks.front().queues, 0ms) << "nothing shorter is known of the way";
  run(1s, 0ms, 0ms);
  EXPECT_EQ(run(240ms, 0ms, 200ms).networks.front().incoming, 200ms) << "once the queue was empty it is";
}

TEST_F(IntervalOfTrips, AfterAPauseNothingIsCountedThatPassedMeanwhile) {
  run(2s, 0ms, 0ms);
  sequence_[0] += 1'000'000;
  trips_.begin_again(now_);
  const TcpInterval interval = run(240ms, 0ms, 0ms);
  EXPECT_LE(interval.payload_delivered, interval.payload_sent);
  EXPECT_EQ(run(240ms, 100ms, 0ms).networks.front().outgoing, 100ms) << "the ways are still known";
}

TEST_F(IntervalOfTrips, AnswersThatWaitInTheHomeAreAQueueOfTheHome) {
  const auto run_home = [this](Duration length, Duration home) {
    for (const Instant end = now_ + length; now_ < end; now_ += 20ms) {
      const auto tick = static_cast<std::uint32_t>(now_.time_since_epoch().count());
      TcpSegment in{far, near(5000), tick, 1, true, sequence_[0], 1000, 1, {}};
      trips_.came(in, now_);
      TcpSegment out{near(5000), far, tick + 7, tick, false, 1, 0, sequence_[0] + 1000, {}};
      trips_.left(out, now_ + home);
      sequence_[0] += 1000;
    }
    return trips_.take_interval();
  };
  run_home(1s, 2ms);
  EXPECT_EQ(run_home(240ms, 2ms).home_queue, 0ms);
  EXPECT_EQ(run_home(240ms, 120ms).home_queue, 118ms);
  EXPECT_FALSE(trips_.take_interval().home_queue) << "nothing came";
}

}  // namespace
}  // namespace voip
