#include "core/line/capacity.h"

#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

const IpPrefix one{*IpAddress::parse("198.51.100.0"), 24};
const IpPrefix other{*IpAddress::parse("203.0.113.0"), 24};

class CapacityOfALine : public testing::Test {
 protected:
  // A queue stands for so long, told of four times a second.
  void stands(Duration length, std::uint64_t kbit, const std::optional<IpPrefix>& only_witness = {}) {
    for (const Instant end = now_ + length; now_ < end;) {
      now_ += 250ms;
      capacity_.carried(kbit * 250 / 8, 250ms, only_witness, now_);
    }
  }
  void pause(Duration length) { now_ += length; }
  [[nodiscard]] LineDirection known() const {
    LineDirection direction;
    capacity_.tell(direction);
    return direction;
  }

  Capacity capacity_;
  Instant now_ = at(100s);
};

TEST_F(CapacityOfALine, ThreeSecondsBehindAQueueOfSeveralTellIt) {
  stands(2750ms, 5000);
  EXPECT_FALSE(known().kbit);
  stands(250ms, 5000);
  EXPECT_EQ(known().kbit, 5000U);
  EXPECT_EQ(known().low_kbit, 5000U);
  EXPECT_EQ(known().learnt, now_);
}

TEST_F(CapacityOfALine, OneSecondThatIsWrongIsOutvoted) {
  stands(2s, 5000);
  stands(1s, 9000);
  EXPECT_EQ(known().kbit, 5000U);
  stands(1s, 400);
  EXPECT_EQ(known().kbit, 5000U);
}

TEST_F(CapacityOfALine, ANarrowPlaceOfOneNetworkIsNotTheLine) {
  stands(60s, 3000, one);
  EXPECT_FALSE(known().kbit);
}

TEST_F(CapacityOfALine, TwoNetworksThatSayTheSameAtDifferentTimesAreBelieved) {
  stands(10s, 3000, one);
  pause(1h);
  stands(10s, 9700, other);
  EXPECT_FALSE(known().kbit) << "they contradict each other";
  pause(1h);
  stands(10s, 9900, one);
  EXPECT_EQ(known().kbit, 9900U);
}

TEST_F(CapacityOfALine, OneThatAnswersSeldomIsAWitnessToo) {
  stands(1s, 1000);
  stands(2s, 1000, one);
  EXPECT_FALSE(known().kbit) << "once may be chance";
  stands(1s, 1000);
  EXPECT_EQ(known().kbit, 1000U);
}

TEST_F(CapacityOfALine, TwoThatTakeTurnsAreTwo) {
  stands(2s, 1000, one);
  stands(1s, 1000, other);
  EXPECT_EQ(known().kbit, 1000U);
}

TEST_F(CapacityOfALine, WhatOneNetworkSaidTwiceIsStillOneNetwork) {
  stands(10s, 3000, one);
  pause(1h);
  stands(10s, 3000, one);
  EXPECT_FALSE(known().kbit);
}

TEST_F(CapacityOfALine, LessIsBelievedAtOnceAndMoreWhenItLasts) {
  stands(5s, 10'000);
  stands(3s, 5000);
  EXPECT_EQ(known().kbit, 5000U);
  stands(15s, 10'000);
  EXPECT_EQ(known().kbit, 5000U) << "the first seconds of many lines are faster";
  stands(15s, 10'000);
  EXPECT_EQ(known().kbit, 10'000U);
  EXPECT_EQ(known().low_kbit, 5000U);
}

TEST_F(CapacityOfALine, ABoostAtEachBeginIsNeverTakenForTheLine) {
  stands(20s, 5000);
  for (int i = 0; i < 10; ++i) {
    pause(5min);
    stands(10s, 10'000);
    EXPECT_EQ(known().kbit, 5000U) << i;
  }
}

TEST_F(CapacityOfALine, TheLeastIsThatOfADay) {
  stands(5s, 5000);
  pause(25h);
  stands(30s, 8000);
  EXPECT_EQ(known().kbit, 8000U);
  EXPECT_EQ(known().low_kbit, 8000U);
}

TEST_F(CapacityOfALine, SecondsFarApartAreNotPutTogether) {
  stands(2s, 5000);
  pause(10s);
  stands(2s, 5000);
  EXPECT_FALSE(known().kbit);
}

TEST_F(CapacityOfALine, WhatWasKeptIsKnownUntilSomethingElseIsSeen) {
  LineDirection kept;
  kept.kbit = 5000;
  kept.low_kbit = 4800;
  kept.learnt = at(10s);
  capacity_.restore(kept);
  EXPECT_EQ(known(), kept);
  stands(5s, 2000);
  EXPECT_EQ(known().kbit, 2000U);
  capacity_.restore({});
  EXPECT_EQ(known().kbit, 2000U) << "nothing was kept";
}

}  // namespace
}  // namespace voip
