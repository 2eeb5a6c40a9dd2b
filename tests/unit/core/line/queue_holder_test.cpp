#include "core/line/queue_holder.h"

#include "unit/core/line/followed_line.h"

namespace voip {
namespace {

using HoldingAQueue = Following;
using HoldingAQueueOnATrace = FollowingATrace;

TEST_P(HoldingAQueueOnATrace, MoreOfALineLikeLteIsUsed) {
  target_ = 30ms;
  follower_.begin(4900, now_);
  run_trace("lte.tsv");
  EXPECT_GE(carried_ * 100 / could_, 88);
  EXPECT_LT(usual_worst_queue(), 150ms);
}

TEST_P(HoldingAQueueOnATrace, MoreOfALineThatStepsIsUsed) {
  target_ = 30ms;
  follower_.begin(10'000, now_);
  run_trace("steps.tsv");
  EXPECT_GE(carried_ * 100 / could_, 94);
  EXPECT_LT(usual_worst_queue(), 80ms);
}

TEST_F(HoldingAQueue, AQueueAsLongStandsAndNoLonger) {
  target_ = 40ms;
  run(5s);
  longest_queue_ = {};
  shortest_ever_ = Duration::max();
  run(20s);
  EXPECT_LT(longest_queue_, 60ms);
  EXPECT_GT(shortest_ever_, 20ms);
}

TEST_F(HoldingAQueue, WhatTheRestDoesNotTakeIsNotRaised) {
  target_ = 40ms;
  offered_kbit_ = 3000;
  run(2s);
  const std::uint32_t before = follower_.kbit();
  run(20s);
  EXPECT_EQ(follower_.kbit(), before);
}

TEST_F(HoldingAQueue, NothingIsDoneWhileNothingTells) {
  target_ = 40ms;
  is_seen_ = false;
  line_kbit_ = 5000;
  run(20s);
  EXPECT_EQ(follower_.kbit(), 10'000U);
  EXPECT_EQ(follower_.let_in_kbit(), 10'000U);
}

TEST_F(HoldingAQueue, TheRestGetsWhatTheCallLeaves) {
  target_ = 40ms;
  line_kbit_ = 2000;
  call_kbit_ = 400;
  follower_.begin(2000, now_);
  run(10s);
  longest_queue_ = {};
  carried_ = could_ = 0;
  run(10s);
  EXPECT_NEAR(follower_.kbit() * 70 / 100, 1600, 100);
  EXPECT_LT(longest_queue_, 70ms);
  EXPECT_GE(carried_ * 100 / could_, 99);
}

TEST_F(HoldingAQueue, TheLineIsThereAgainAsSoonAsItsQueueIsGone) {
  target_ = 30ms;
  run(5s);
  line_kbit_ = 5000;
  run(3s);
  EXPECT_NEAR(follower_.kbit() * 70 / 100, 5000, 500) << "drained, and not to be found step by step";
}

TEST_F(HoldingAQueue, ItIsToldWhatChangedByMuch) {
  target_ = 40ms;
  const auto fall = step_after_a_halving();
  ASSERT_TRUE(fall);
  EXPECT_TRUE(fall->is_fall);
  EXPECT_EQ(fall->kbit, 5000U);
  run(10s);
  follower_.take_step();
  line_kbit_ = 10'000;
  run(5s);
  const auto rise = follower_.take_step();
  ASSERT_TRUE(rise);
  EXPECT_FALSE(rise->is_fall);
  run(10s);
  follower_.take_step();
  run(60s);
  EXPECT_FALSE(follower_.take_step()) << "it stays";
}

INSTANTIATE_TEST_SUITE_P(EachTenthOfASample, HoldingAQueueOnATrace, testing::Range(0, 250, 20));

}  // namespace
}  // namespace voip
