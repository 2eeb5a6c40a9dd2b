#include "core/line/delivered.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace voip {
namespace {

TcpSegment acknowledges(std::uint32_t number) {
  TcpSegment segment;
  segment.acknowledged = number;
  return segment;
}

TcpSegment acknowledges(std::uint32_t number, std::uint32_t from, std::uint32_t to) {
  TcpSegment segment = acknowledges(number);
  segment.sacked_from = from;
  segment.sacked = to;
  return segment;
}

TEST(Delivered, WhatIsAcknowledgedHasArrivedAndTheFirstNumberTellsNothing) {
  Delivered delivered;
  EXPECT_EQ(delivered.came(acknowledges(5000)), 0U);
  EXPECT_EQ(delivered.came(acknowledges(6448)), 1448U);
  EXPECT_EQ(delivered.came(acknowledges(6448)), 0U);
  EXPECT_EQ(delivered.came(acknowledges(6000)), 0U) << "an old one that was overtaken";
  EXPECT_EQ(delivered.came(acknowledges(7000)), 552U);
  EXPECT_EQ(delivered.came(TcpSegment{}), 0U);
}

TEST(Delivered, BlocksAboveAGapCountWhenTheyComeAndNotAgainWhenItIsFilled) {
  Delivered delivered;
  delivered.came(acknowledges(1000));
  EXPECT_EQ(delivered.came(acknowledges(1000, 2000, 3000)), 1000U);
  EXPECT_EQ(delivered.came(acknowledges(1000, 2000, 4000)), 1000U) << "the same block has grown";
  EXPECT_EQ(delivered.came(acknowledges(1000, 5000, 6000)), 1000U) << "a second gap";
  EXPECT_EQ(delivered.came(acknowledges(2000)), 1000U);
  EXPECT_EQ(delivered.came(acknowledges(4000)), 0U) << "the first gap is filled, and what is behind it is known";
  EXPECT_EQ(delivered.came(acknowledges(6000)), 1000U) << "the second gap";
}

TEST(Delivered, ABlockOfWhatCameTwiceIsNone) {
  Delivered delivered;
  delivered.came(acknowledges(1000));
  EXPECT_EQ(delivered.came(acknowledges(3000, 1000, 2000)), 2000U);
  EXPECT_EQ(delivered.came(acknowledges(3000, 4000, 3500)), 0U) << "contradicts itself";
}

TEST(Delivered, NumbersWrapAround) {
  Delivered delivered;
  delivered.came(acknowledges(0xfffffc00U));
  EXPECT_EQ(delivered.came(acknowledges(0xfffffc00U, 0xffffff00U, 0x100U)), 0x200U);
  EXPECT_EQ(delivered.came(acknowledges(0x100U)), 0x500U - 0x200U);
}

TEST(Delivered, AConnectionThatBeginsAnewIsNoProgress) {
  Delivered delivered;
  delivered.came(acknowledges(1000));
  EXPECT_EQ(delivered.came(acknowledges(0x50000000U)), 0U);
  EXPECT_EQ(delivered.came(acknowledges(0x50000000U + 100)), 100U);
}

// However packets are lost and acknowledgements overtake each other: what is told in all is what has arrived in all, once all is
// acknowledged, and never more than that before.
TEST(Delivered, EachByteCountsOnce) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const auto begin = static_cast<std::uint32_t>(random());
    Delivered delivered;
    delivered.came(acknowledges(begin));
    std::set<std::uint32_t> arrived;  // segments of 1000 bytes, by their place
    std::uint32_t number = 0;
    std::uint64_t told = 0;
    const auto arrive = [&](std::uint32_t place) {
      arrived.insert(place);
      while (arrived.contains(number)) {
        ++number;
      }
      std::uint32_t from = place;
      std::uint32_t to = place + 1;
      for (; from > number && arrived.contains(from - 1); --from) {
      }
      for (; arrived.contains(to); ++to) {
      }
      if (random() % 4 == 0) {
        return;  // its acknowledgement is lost
      }
      told += place < number ? delivered.came(acknowledges(begin + number * 1000))
                             : delivered.came(acknowledges(begin + number * 1000, begin + from * 1000, begin + to * 1000));
      ASSERT_LE(told, arrived.size() * 1000);
    };
    for (std::uint32_t place = 0; place < 100; ++place) {
      if (random() % 5 != 0) {
        arrive(place);
      }
    }
    for (std::uint32_t place = 0; place < 100; ++place) {
      if (!arrived.contains(place)) {
        arrive(place);
      }
    }
    told += delivered.came(acknowledges(begin + 100'000));
    EXPECT_EQ(told, 100'000U);
  }
}

}  // namespace
}  // namespace voip
