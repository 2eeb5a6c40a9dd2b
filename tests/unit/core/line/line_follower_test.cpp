#include "core/line/line_follower.h"

#include "unit/core/line/followed_line.h"

namespace voip {
namespace {

TEST_F(Following, ALineThatStaysIsHeldWhereItIs) {
  run(9s);
  EXPECT_EQ(follower_.kbit(), 10'000U);
}

TEST_F(Following, AHalvedLineIsEmptyWithinASecondAndAHalf) {
  run(5s);
  line_kbit_ = 5000;
  run(1500ms);
  EXPECT_LT(queue(), 60ms);
  run(1s);
  EXPECT_NEAR(follower_.kbit(), 4850, 100);
}

TEST_F(Following, ADoubledLineIsReachedWithinTwentySeconds) {
  run(5s);
  line_kbit_ = 5000;
  run(5s);
  line_kbit_ = 10'000;
  const Instant doubled = now_;
  while (now_ < doubled + 20s && follower_.kbit() != 10'000) {
    run(10ms);
  }
  EXPECT_EQ(follower_.kbit(), 10'000U) << "what it was known to carry";
}

TEST_F(Following, WhatStaysSlowIsNotPushedIntoAQueueForLong) {
  run(5s);
  line_kbit_ = 5000;
  run(5s);
  longest_queue_ = {};
  run(60s);
  EXPECT_LT(longest_queue_, 60ms) << "each trial is taken back soon";
  for (int i = 0; i < 20 && (follower_.kbit() > 5000 || follower_.deadline()); ++i) {
    run(250ms);  // one is just going on, or its queue drains
  }
  EXPECT_NEAR(follower_.kbit(), 4850, 400);
}

TEST_F(Following, WhatStaysSlowIsTriedLessAndLess) {
  run(5s);
  line_kbit_ = 5000;
  run(5s);
  shaped_ = 0;
  run(60s);
  const int at_first = std::exchange(shaped_, 0);
  run(60s);
  const int later = shaped_;
  EXPECT_GT(at_first, later);
  EXPECT_GE(later, 2) << "a trial, and back";
  EXPECT_LE(later, 6);
}

TEST_F(Following, ATrialThatTheLineCarriesIsFollowedByTheNextAtOnce) {
  run(5s);
  line_kbit_ = 5000;
  run(40s);
  line_kbit_ = 10'000;
  while (follower_.kbit() < 8000) {
    run(250ms);
    ASSERT_LT(now_, at(250s));
  }
  const std::uint32_t trial = follower_.kbit();
  run(3s);
  EXPECT_GT(follower_.kbit(), trial);
}

TEST_F(Following, ATrialThatFailsTellsWhatTheLineCarries) {
  run(5s);
  line_kbit_ = 5000;
  run(5s);
  ASSERT_EQ(follower_.kbit(), 4850U);
  line_kbit_ = 5500;  // more than is tried first, and less than what is tried then
  run(6s);
  EXPECT_EQ(follower_.kbit(), 5335U);
}

TEST_F(Following, ALineThatFallsInATrialIsFollowedDownAtOnce) {
  run(5s);
  line_kbit_ = 5000;
  run(5s);
  line_kbit_ = 10'000;
  while (follower_.kbit() < 5500) {
    run(10ms);  // a trial has begun
  }
  line_kbit_ = 3500;
  run(1500ms);
  EXPECT_LT(queue(), 60ms);
  run(500ms);
  EXPECT_EQ(follower_.kbit(), 3395U);
}

TEST_F(Following, ALongQueueNeedsNoSecondSample) {
  run(5s);
  line_kbit_ = 3000;
  run(500ms);
  EXPECT_LT(follower_.kbit(), 3000U);
}

TEST_P(FollowingATrace, ALineLikeLteIsUsedWithoutAQueue) {
  follower_.begin(4900, now_);
  run_trace("lte.tsv");
  EXPECT_GE(carried_ * 100 / could_, 65);
  EXPECT_LT(usual_worst_queue(), 40ms);
}

TEST_P(FollowingATrace, ALineThatStepsIsUsedWithoutAQueue) {
  follower_.begin(10'000, now_);
  run_trace("steps.tsv");
  EXPECT_GE(carried_ * 100 / could_, 65);
  EXPECT_LT(usual_worst_queue(), 40ms);
}

INSTANTIATE_TEST_SUITE_P(EachTenthOfASample, FollowingATrace, testing::Range(0, 250, 20));

TEST_F(Following, NothingIsRaisedWhileTheRestWantsLess) {
  run(5s);
  line_kbit_ = 5000;
  run(5s);
  const std::uint32_t before = follower_.kbit();
  line_kbit_ = 10'000;
  offered_kbit_ = 1000;
  run(60s);
  EXPECT_EQ(follower_.kbit(), before);
}

TEST_F(Following, NothingIsDoneWhileNothingTells) {
  is_seen_ = false;
  line_kbit_ = 5000;
  run(60s);
  EXPECT_EQ(follower_.kbit(), 10'000U);
}

TEST_F(Following, ALineThatChangesIsTriedBeyondWhatIsKnown) {
  line_kbit_ = 20'000;
  run(60s);
  EXPECT_EQ(follower_.kbit(), 10'000U) << "nothing says that it changes";
  line_kbit_ = 5000;
  run(5s);
  line_kbit_ = 20'000;
  run(60s);
  EXPECT_GT(follower_.kbit(), 10'000U);
}

TEST_F(Following, EachStepThatIsWorthItIsToldOnceWithWhatWasSeen) {
  const auto fall = step_after_a_halving();
  ASSERT_TRUE(fall);
  EXPECT_TRUE(fall->is_fall);
  EXPECT_EQ(fall->kbit, 4850U);
  EXPECT_EQ(fall->carried_kbit, 5000U);
  EXPECT_GT(fall->queue, 60ms);
  EXPECT_FALSE(follower_.take_step());
  line_kbit_ = 10'000;
  run(20s);
  const auto back = follower_.take_step();
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->is_fall);
  EXPECT_EQ(back->kbit, 10'000U);
}

TEST_F(Following, WhatIsNotKnownIsNotFollowed) {
  follower_.begin(0, now_);
  run(10s);
  EXPECT_EQ(follower_.kbit(), 0U);
  EXPECT_FALSE(follower_.deadline());
}

TEST_F(Following, ADrainHasItsEnd) {
  run(5s);
  line_kbit_ = 5000;
  while (!follower_.deadline()) {
    run(250ms);
  }
  EXPECT_GT(*follower_.deadline(), now_);
  EXPECT_LT(follower_.kbit(), 2000U);
  run(*follower_.deadline() - now_);
  EXPECT_NEAR(follower_.kbit(), 4850, 100);
}

}  // namespace
}  // namespace voip
