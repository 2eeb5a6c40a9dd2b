#include "core/line/round_trips.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "unit/simulation.h"

namespace voip {
namespace {

Endpoint near(std::uint16_t port) {
  return {*IpAddress::parse("192.0.2.2"), port};
}

const Endpoint far{*IpAddress::parse("198.51.100.10"), 443};

TcpSegment sent(std::uint32_t timestamp, std::uint16_t port = 5000, bool has_payload = true) {
  return {near(port), far, timestamp, 1, has_payload, 1, 0, 1, {}};
}

TcpSegment answer(std::uint32_t echo, std::uint16_t port = 5000, bool has_payload = false) {
  return {far, near(port), 77, echo, has_payload, 1, 0, 1, {}};
}

TEST(RoundTrips, AValueThatComesBackTellsTheDelayOnce) {
  RoundTrips trips(at(0s));
  trips.left(sent(1000), at(100ms));
  trips.came(answer(1000), at(600ms));
  const auto news = trips.take();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].sent, at(100ms));
  EXPECT_EQ(news[0].delay, 500ms);
  EXPECT_TRUE(news[0].is_exact);
  trips.came(answer(1000), at(900ms));
  EXPECT_TRUE(trips.take().empty()) << "a repeated acknowledgement is no long delay";
}

// A line whose way in gets a queue of 200 ms after three seconds, and whose way out has one of 50 ms all the time.
TEST(RoundTrips, TheOtherEndsClockTellsWhatIsOnTheWayIn) {
  RoundTrips trips(at(0s));
  std::vector<DelayMeasured> news;
  for (Duration now = 0s; now < 5s; now += 20ms) {
    const Duration incoming = now < 3s ? 0ms : 200ms;
    const auto tick = static_cast<std::uint32_t>(now.count());
    trips.left(sent(1000 + tick), at(now));
    TcpSegment back = answer(1000 + tick);
    back.timestamp = 0xffffff00U + tick + 50;
    trips.came(back, at(now + 50ms + incoming));
    for (const DelayMeasured& one : trips.take()) {
      news.push_back(one);
    }
  }
  ASSERT_GT(news.size(), 200U);
  EXPECT_FALSE(news.front().incoming_queue) << "its ticks are not known yet";
  const auto at_2s = std::find_if(news.begin(), news.end(), [](const DelayMeasured& one) { return one.sent == at(2s); });
  EXPECT_EQ(at_2s->delay, 50ms);
  EXPECT_EQ(at_2s->incoming_queue, 0ms);
  EXPECT_EQ(news.back().delay, 250ms);
  EXPECT_EQ(news.back().incoming_queue, 200ms);
}

TEST(RoundTrips, TheFirstLeavingOfAValueCounts) {
  RoundTrips trips(at(0s));
  trips.left(sent(1000), at(100ms));
  trips.left(sent(1000), at(150ms));
  trips.left(sent(999), at(160ms));
  trips.came(answer(1000), at(200ms));
  EXPECT_EQ(trips.take().at(0).delay, 100ms);
}

TEST(RoundTrips, TimestampsWrapAround) {
  RoundTrips trips(at(0s));
  trips.left(sent(0xfffffff0U), at(0ms));
  trips.left(sent(0x10U), at(32ms));
  trips.came(answer(0xfffffff0U), at(40ms));
  EXPECT_EQ(trips.take().at(0).delay, 40ms);
  trips.came(answer(0x10U), at(80ms));
  EXPECT_EQ(trips.take().at(0).delay, 48ms);
}

TEST(RoundTrips, AnAnswerToSeveralIsThatToTheLastOfThem) {
  RoundTrips trips(at(0s));
  trips.left(sent(1000), at(0ms));
  trips.left(sent(1100), at(100ms));
  trips.left(sent(1200), at(200ms));
  trips.came(answer(1150), at(300ms));
  EXPECT_EQ(trips.take().at(0).delay, 200ms);
}

TEST(RoundTrips, WhatLeftBeforeWeLookedIsAnsweredLaterThanTheTimeSince) {
  RoundTrips trips(at(1s));
  trips.came(answer(500), at(1200ms));
  EXPECT_TRUE(trips.take().empty()) << "nobody knows whether it is repeated";
  trips.came(answer(550), at(1300ms));
  auto news = trips.take();
  ASSERT_EQ(news.size(), 1U) << "also of a connection that nothing has left of";
  EXPECT_FALSE(news[0].is_exact);
  EXPECT_EQ(news[0].sent, at(1s));
  EXPECT_EQ(news[0].delay, 300ms);
  trips.left(sent(1000), at(1400ms));
  trips.came(answer(600), at(1500ms));
  EXPECT_EQ(trips.take().at(0).delay, 500ms);
  trips.came(answer(600), at(1550ms));
  EXPECT_TRUE(trips.take().empty()) << "repeated";
  trips.came(answer(1000), at(1600ms));
  EXPECT_TRUE(trips.take().at(0).is_exact);
}

TEST(RoundTrips, WhileSomethingIsLostTheSelectiveNumbersTellWhatTheTimestampsDoNot) {
  RoundTrips trips(at(0s));
  for (std::uint32_t i = 0; i < 3; ++i) {
    TcpSegment segment = sent(1000 + i * 100);
    segment.sequence = 5000 + i * 1000;
    segment.length = 1000;
    trips.left(segment, at(i * 100ms));
  }
  TcpSegment repeated = answer(900);  // 5000 to 6000 is lost: the echo stays that of what came before
  repeated.acknowledged = 5000;
  repeated.sacked = 7000;
  trips.came(repeated, at(600ms));
  EXPECT_EQ(trips.take().at(0).delay, 500ms);
  repeated.sacked = 8000;
  trips.came(repeated, at(650ms));
  EXPECT_EQ(trips.take().at(0).delay, 450ms);
}

TEST(RoundTrips, ASenderThatHadNothingToSayIsNoLongDelay) {
  RoundTrips trips(at(0s));
  trips.left(sent(1000, 5000, false), at(0ms));
  trips.came(answer(1000, 5000, true), at(2s));
  EXPECT_TRUE(trips.take().empty()) << "a message that was pushed two seconds after our acknowledgement";
  trips.came(answer(400, 5001, true), at(3s));
  EXPECT_TRUE(trips.take().empty());
  // A download's data come one after the other, called forth by acknowledgements.
  trips.left(sent(2100, 5000, false), at(2100ms));
  trips.came(answer(1000, 5000, true), at(2200ms));
  trips.came(answer(2100, 5000, true), at(2300ms));
  EXPECT_EQ(trips.take().at(0).delay, 200ms);
}

TEST(RoundTrips, OfManyConnectionsTheShortestDelaysAreToldAndTheMemoryIsBounded) {
  RoundTrips trips(at(0s));
  for (std::uint16_t port = 1; port <= 2000; ++port) {
    trips.left(sent(port, port), at(Duration(port)));
  }
  for (std::uint16_t port = 1969; port <= 2000; ++port) {
    trips.came(answer(port, port), at(3s));
  }
  const auto news = trips.take();
  ASSERT_EQ(news.size(), 8U);
  EXPECT_EQ(news.front().delay, 1000ms);
  EXPECT_EQ(news.back().delay, 1007ms);
  std::uint32_t timestamp = 10'000;
  for (int i = 0; i < 10'000; ++i) {
    trips.left(sent(timestamp += 20, 1), at(4s + Duration(20) * i));
  }
  trips.came(answer(timestamp - 20, 1), at(4s + 20ms * 10'000));
  EXPECT_EQ(trips.take().at(0).delay, 40ms);
}

TEST(RoundTrips, BothFamiliesAreKeptApart) {
  RoundTrips trips(at(0s));
  const Endpoint near6{*IpAddress::parse("2001:db8::2"), 5000};
  const Endpoint far6{*IpAddress::parse("2001:db8:9::10"), 443};
  trips.left(sent(1000), at(0ms));
  trips.left({near6, far6, 1000, 1, true, 1, 0, 1, {}}, at(50ms));
  trips.came({far6, near6, 7, 1000, false, 1, 0, 1, {}}, at(150ms));
  const auto news = trips.take();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].delay, 100ms);
  EXPECT_EQ(news[0].remote, (IpPrefix(far6.address, 48)));
}

// Without timestamps.
TcpSegment data(std::uint32_t sequence, std::uint16_t port = 5000, std::uint32_t length = 1000) {
  return {near(port), far, {}, {}, length != 0, sequence, length, 1, {}};
}

TcpSegment number(std::uint32_t acknowledged, std::uint16_t port = 5000) {
  return {far, near(port), {}, {}, false, 1, 0, acknowledged, {}};
}

TEST(RoundTrips, WithoutTimestampsTheNumberThatAcknowledgesASegmentTellsTheDelay) {
  RoundTrips trips(at(0s));
  trips.left(data(1000), at(100ms));
  trips.came(number(2000), at(600ms));
  const auto news = trips.take();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].sent, at(100ms));
  EXPECT_EQ(news[0].delay, 500ms);
  EXPECT_TRUE(news[0].is_exact);
  EXPECT_EQ(news[0].remote, (IpPrefix(far.address, 24)));
  trips.came(number(2000), at(900ms));
  EXPECT_TRUE(trips.take().empty());
}

TEST(RoundTrips, WithoutTimestampsTooAnAnswerToWhatLeftBeforeWeLookedIsLaterThanTheTimeSince) {
  RoundTrips trips(at(1s));
  trips.came(number(1000), at(1100ms));
  EXPECT_TRUE(trips.take().empty());
  trips.came(number(2000), at(1300ms));
  const auto news = trips.take();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_FALSE(news[0].is_exact);
  EXPECT_EQ(news[0].sent, at(1s));
  EXPECT_EQ(news[0].delay, 300ms);
}

TEST(RoundTrips, AnAnswerAfterTooLongIsNone) {
  RoundTrips trips(at(0s));
  trips.left(data(1000), at(100ms));
  trips.came(number(2000), at(11s));
  EXPECT_TRUE(trips.take().empty());
}

TEST(RoundTrips, AServerThatRefusesTimestampsAnswersToTheFirstSegmentAllTheSame) {
  RoundTrips trips(at(0s));
  TcpSegment opening = data(999, 5000, 1);
  opening.timestamp = 500;
  opening.acknowledged.reset();
  trips.left(opening, at(0ms));
  trips.came(number(1000), at(80ms));
  EXPECT_EQ(trips.take().at(0).delay, 80ms);
  trips.left(data(1000), at(100ms));
  trips.came(number(2000), at(190ms));
  EXPECT_EQ(trips.take().at(0).delay, 90ms);
}

TEST(RoundTrips, AcknowledgementsThatLeaveWithoutTimestampsAreNotKept) {
  RoundTrips trips(at(0s));
  trips.left(data(1000), at(0ms));
  for (std::uint16_t port = 6000; port < 6100; ++port) {
    trips.left(data(1000, port, 0), at(10ms));
  }
  trips.came(number(2000), at(100ms));
  EXPECT_EQ(trips.take().at(0).delay, 100ms);
}

}  // namespace
}  // namespace voip
