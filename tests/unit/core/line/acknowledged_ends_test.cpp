#include "core/line/acknowledged_ends.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "unit/simulation.h"

namespace voip {
namespace {

TcpSegment data(std::uint32_t sequence, std::uint32_t length = 1000) {
  TcpSegment segment;
  segment.has_payload = length != 0;
  segment.sequence = sequence;
  segment.length = length;
  segment.acknowledged = 1;
  return segment;
}

TcpSegment number(std::uint32_t acknowledged) {
  TcpSegment segment;
  segment.acknowledged = acknowledged;
  return segment;
}

// When the packet left that this number answers; nothing where it tells nothing exact.
std::optional<Instant> answered(AcknowledgedEnds& ends, std::uint32_t acknowledged) {
  const auto answer = ends.came(number(acknowledged));
  return answer && answer->is_exact ? std::optional(answer->left) : std::nullopt;
}

TEST(AcknowledgedEnds, ANumberAnswersTheSegmentThatEndsThere) {
  AcknowledgedEnds ends;
  ends.left(data(5000), at(100ms));
  EXPECT_FALSE(answered(ends, 5999)) << "not the whole of it";
  EXPECT_EQ(answered(ends, 6000), at(100ms));
  EXPECT_FALSE(answered(ends, 6000)) << "repeated";
}

TEST(AcknowledgedEnds, ANumberThatCoversSeveralAnswersTheNewest) {
  AcknowledgedEnds ends;
  for (std::uint32_t i = 0; i < 5; ++i) {
    ends.left(data(5000 + i * 1000), at(i * 100ms));
  }
  EXPECT_EQ(answered(ends, 8000), at(200ms));
  EXPECT_EQ(answered(ends, 9500), at(300ms)) << "part of the next, as of a segment that was cut on the way";
  EXPECT_EQ(answered(ends, 10'000), at(400ms));
}

TEST(AcknowledgedEnds, AnOldNumberAndNoneAreNoAnswer) {
  AcknowledgedEnds ends;
  ends.left(data(5000), at(0ms));
  ends.left(data(6000), at(100ms));
  EXPECT_EQ(answered(ends, 6000), at(0ms));
  EXPECT_FALSE(answered(ends, 5000));
  EXPECT_FALSE(ends.came(TcpSegment{}));
  EXPECT_EQ(answered(ends, 7000), at(100ms));
}

TEST(AcknowledgedEnds, WhatWasSentAgainTellsNothing) {
  AcknowledgedEnds ends;
  ends.left(data(5000), at(0ms));
  ends.left(data(6000), at(100ms));
  ends.left(data(7000), at(200ms));
  EXPECT_EQ(answered(ends, 6000), at(0ms));
  ends.left(data(6000), at(900ms));
  EXPECT_FALSE(answered(ends, 7000)) << "to which of both?";
  EXPECT_FALSE(answered(ends, 8000)) << "it had arrived long before the gap was filled";
  ends.left(data(8000), at(1000ms));
  EXPECT_EQ(answered(ends, 9000), at(1000ms));
}

TEST(AcknowledgedEnds, WhatLeftAfterARepetitionIsCertainAgain) {
  AcknowledgedEnds ends;
  ends.left(data(5000), at(0ms));
  ends.left(data(6000), at(100ms));
  ends.left(data(5000), at(500ms));
  ends.left(data(7000), at(600ms));
  EXPECT_EQ(answered(ends, 8000), at(600ms));
}

TEST(AcknowledgedEnds, ARepetitionThatBringsSomethingNewIsOne) {
  AcknowledgedEnds ends;
  ends.left(data(5000), at(0ms));
  ends.left(data(5000, 3000), at(500ms));
  EXPECT_FALSE(answered(ends, 8000));
  ends.left(data(8000), at(600ms));
  EXPECT_EQ(answered(ends, 9000), at(600ms));
}

TEST(AcknowledgedEnds, AGapInWhatLeavesIsNone) {
  AcknowledgedEnds ends;
  ends.left(data(5000), at(0ms));
  ends.left(data(9000), at(100ms));  // what lies between was dropped before it came to us, and comes later
  EXPECT_EQ(answered(ends, 6000), at(0ms));
  ends.left(data(6000), at(200ms));
  EXPECT_FALSE(answered(ends, 10'000));
}

TcpSegment selective(std::uint32_t acknowledged, std::uint32_t sacked) {
  TcpSegment segment = number(acknowledged);
  segment.sacked = sacked;
  return segment;
}

TEST(AcknowledgedEnds, WhatArrivedBeyondAGapIsAnsweredSelectively) {
  AcknowledgedEnds ends;
  for (std::uint32_t i = 0; i < 6; ++i) {
    ends.left(data(5000 + i * 1000), at(i * 100ms));
  }
  EXPECT_EQ(answered(ends, 6000), at(0ms));
  const auto beyond = ends.came(selective(6000, 8000));  // 6000 to 7000 is lost
  ASSERT_TRUE(beyond);
  EXPECT_EQ(beyond->left, at(200ms));
  EXPECT_EQ(ends.came(selective(6000, 9000))->left, at(300ms));
  ends.left(data(6000), at(700ms));
  EXPECT_EQ(ends.came(selective(6000, 10'000))->left, at(400ms)) << "it had left once only";
  EXPECT_FALSE(answered(ends, 10'000)) << "the gap is filled, which tells nothing new";
  EXPECT_EQ(answered(ends, 11'000), at(500ms));
}

TEST(AcknowledgedEnds, WhatArrivedTwiceIsNoAnswer) {
  AcknowledgedEnds ends;
  ends.left(data(5000), at(0ms));
  ends.left(data(6000), at(100ms));
  EXPECT_EQ(answered(ends, 6000), at(0ms));
  EXPECT_FALSE(ends.came(selective(6000, 6000)));  // RFC 2883
  EXPECT_FALSE(ends.came(selective(6000, 5500)));
}

TEST(AcknowledgedEnds, SelectiveAnswersToWhatLeftBeforeWeLookedAreSuch) {
  AcknowledgedEnds ends;
  EXPECT_FALSE(ends.came(selective(1000, 3000)));
  const auto older = ends.came(selective(1000, 4000));
  ASSERT_TRUE(older);
  EXPECT_FALSE(older->is_exact);
  ends.left(data(1000), at(50ms));  // into the gap
  EXPECT_FALSE(answered(ends, 4000));
  ends.left(data(5000), at(100ms));
  EXPECT_EQ(ends.came(selective(4000, 6000))->left, at(100ms));
}

TEST(AcknowledgedEnds, NumbersWrapAround) {
  AcknowledgedEnds ends;
  ends.left(data(0xffffff00U, 0x100), at(0ms));
  ends.left(data(0, 0x100), at(100ms));
  EXPECT_EQ(answered(ends, 0), at(0ms));
  EXPECT_EQ(answered(ends, 0x100), at(100ms));
}

TEST(AcknowledgedEnds, OpeningAndClosingCountAndOurOwnAcknowledgementsDoNot) {
  AcknowledgedEnds ends;
  ends.left(data(99, 1), at(0ms));  // SYN
  EXPECT_EQ(answered(ends, 100), at(0ms));
  ends.left(data(100, 0), at(100ms));
  EXPECT_FALSE(ends.came(number(100)));
  ends.left(data(100, 1), at(200ms));  // FIN
  EXPECT_EQ(answered(ends, 101), at(200ms));
}

TEST(AcknowledgedEnds, ASegmentPutTogetherFromSeveralIsOne) {
  AcknowledgedEnds ends;
  ends.left(data(5000, 60'000), at(0ms));
  ends.left(data(65'000, 60'000), at(100ms));
  EXPECT_FALSE(answered(ends, 20'000));
  EXPECT_FALSE(answered(ends, 40'000));
  EXPECT_EQ(answered(ends, 65'000), at(0ms));
  EXPECT_EQ(answered(ends, 125'000), at(100ms));
}

TEST(AcknowledgedEnds, WhatLeftBeforeWeLookedIsAnsweredByNewNumbers) {
  AcknowledgedEnds ends;
  EXPECT_FALSE(ends.came(number(1000))) << "nobody knows whether it is a new one";
  EXPECT_FALSE(ends.came(number(1000)));
  auto answer = ends.came(number(2000));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->is_exact);
  ends.left(data(5000), at(100ms));
  answer = ends.came(number(5000));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->is_exact);
  EXPECT_EQ(answered(ends, 6000), at(100ms));
}

TEST(AcknowledgedEnds, ALateRepetitionOfWhatLeftBeforeWeLookedIsFoundOut) {
  AcknowledgedEnds ends;
  ends.left(data(5000), at(100ms));
  EXPECT_FALSE(answered(ends, 9000)) << "more than we saw leave had left";
  ends.left(data(7000), at(200ms));
  EXPECT_FALSE(answered(ends, 9000));
  ends.left(data(9000), at(300ms));
  EXPECT_EQ(answered(ends, 10'000), at(300ms));
}

}  // namespace
}  // namespace voip
