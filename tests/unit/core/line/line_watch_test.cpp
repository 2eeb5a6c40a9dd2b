#include "core/line/line_watch.h"

#include <gtest/gtest.h>

#include "unit/core/line/line_samples.h"

namespace voip {
namespace {

using test::a_network;
using test::another_network;
using test::answers;

// A line of 1000 kbit/s up, of which so much is used. What is asked for is given.
class Watching : public testing::Test {
 protected:
  void SetUp() override { EXPECT_EQ(watch_.decide(now_), LineLook::stirring); }

  void run(Duration length) {
    for (const Instant end = now_ + length; now_ < end;) {
      now_ += test::sample_length;
      const LineLook look = watch_.decide(now_);
      if (look == LineLook::stirring && kbit_ > 0) {
        watch_.stirred(now_);
      } else if (look == LineLook::openings) {
        watch_.stirred(now_);  // nothing of the kind comes, and if it did it would be too late
      } else if (look == LineLook::counters) {
        model_.sampled(test::counters_only(now_, kbit_, 0), false);
        watch_.sampled(model_, false, now_);
      } else if (look == LineLook::headers) {
        read_ += test::sample_length;
        const Duration queue = kbit_ >= 1000 && has_queue_ ? 300ms : 0ms;
        model_.sampled(test::sample(now_, {.up_kbit = kbit_,
                                           .arrived_kbit = kbit_,
                                           .networks = {answers(a_network, queue, 0ms), answers(another_network, queue, 0ms)}}),
                       false);
        watch_.sampled(model_, true, now_);
      }
    }
  }

  LineWatch watch_;
  LineModel model_{TcSettings{}};
  Instant now_ = at(100s);
  std::uint64_t kbit_ = 0;
  bool has_queue_ = true;
  Duration read_{};  // so long headers were read
};

TEST_F(Watching, AnIdleLineIsNotLookedAt) {
  run(1h);
  EXPECT_EQ(watch_.decide(now_), LineLook::stirring);
  EXPECT_FALSE(watch_.deadline());
  EXPECT_EQ(read_, 0ms);
}

TEST_F(Watching, TheChatterOfAnIdleHomeIsNotWorthReading) {
  kbit_ = 40;
  run(1h);
  EXPECT_EQ(read_, 0ms);
}

TEST_F(Watching, AFullLineIsKnownWithinSeconds) {
  kbit_ = 1000;
  run(6s);
  EXPECT_NEAR(model_.state().up.kbit.value_or(0), 1000, 10);
}

TEST_F(Watching, WhatIsKnownIsLookedAtNowAndThen) {
  kbit_ = 1000;
  run(1h);
  EXPECT_GT(read_, 3min);
  EXPECT_LT(read_, 10min) << "a line that is full for an hour";
}

TEST_F(Watching, WhereNothingIsToBeLearntItIsTriedMoreAndMoreSeldom) {
  kbit_ = 1000;
  has_queue_ = false;
  run(1h);
  EXPECT_GT(read_, 2min);
  EXPECT_LT(read_, 7min);
}

TEST_F(Watching, HalfOfWhatIsKnownIsNotWorthReading) {
  kbit_ = 1000;
  run(10s);
  kbit_ = 0;
  run(2min);
  read_ = {};
  kbit_ = 500;
  run(10min);
  EXPECT_EQ(read_, 0ms);
}

TEST_F(Watching, InACallAFullLineIsReadAllTheTime) {
  kbit_ = 1000;
  run(1min);
  watch_.set_calls(true);
  run(1s);
  read_ = {};
  run(1min);
  EXPECT_EQ(read_, 1min);
}

TEST_F(Watching, ALineThatIsHeldDownIsFullWithLess) {
  kbit_ = 1000;
  run(10s);
  watch_.set_calls(true);
  watch_.set_shaped({.upload_kbit = 500, .download_kbit = 0});
  kbit_ = 350;
  run(5s);
  read_ = {};
  run(1min);
  EXPECT_EQ(read_, 1min);
}

TEST_F(Watching, ItEndsSoonAfterTheTransfer) {
  kbit_ = 1000;
  run(2s);
  kbit_ = 0;
  run(4s);
  read_ = {};
  run(1min);
  EXPECT_EQ(read_, 0ms);
  EXPECT_EQ(watch_.decide(now_), LineLook::stirring);
}

}  // namespace
}  // namespace voip
