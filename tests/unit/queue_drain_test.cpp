#include "core/queue_drain.h"

#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

// At 10 % and a call on 900 kbit/s, 80 % of the line are free.
TcSettings line() {
  TcSettings settings;
  settings.upload_kbit = 900;
  settings.drain = Drain::measured;
  return settings;
}

TEST(QueueDrain, WithoutNewsItLastsAsLongAsIsSet) {
  QueueDrain drain(line());
  EXPECT_FALSE(drain.end());
  drain.begin(at(10s));
  EXPECT_EQ(drain.end(), at(11s));
}

TEST(QueueDrain, WhatWasAnsweredBeforeItBeganTellsItsLength) {
  QueueDrain drain(line());
  drain.measured({1, at(9s), 800ms});
  EXPECT_FALSE(drain.is_needless(at(10s)));
  drain.begin(at(10s));
  EXPECT_EQ(drain.end(), at(11s));
  drain.measured({1, at(9900ms), 1600ms});
  EXPECT_EQ(drain.end(), at(12s)) << "what left last has seen the queue last";
}

TEST(QueueDrain, WhatIsAnsweredMeanwhileMakesItExact) {
  QueueDrain drain(line());
  drain.measured({1, at(9s), 1600ms});
  drain.begin(at(10s));
  drain.measured({1, at(10'200ms), 800ms});
  EXPECT_EQ(drain.end(), at(11'200ms));
  drain.measured({2, at(10'200ms), 640ms});
  EXPECT_EQ(drain.end(), at(11s)) << "a connection with a shorter way says more of the queue";
}

TEST(QueueDrain, AShortDelayEndsIt) {
  QueueDrain drain(line());
  drain.measured({1, at(9s), 1600ms});
  drain.begin(at(10s));
  drain.measured({1, at(11s), 30ms});
  EXPECT_EQ(drain.end(), at(10s)) << "over";
}

TEST(QueueDrain, ADelayThatFallsNoMoreIsThatOfTheWay) {
  QueueDrain drain(line());
  drain.begin(at(10s));
  drain.measured({1, at(10s), 500ms});
  drain.measured({1, at(10'200ms), 340ms});
  EXPECT_NE(drain.end(), at(10s)) << "it falls as it should";
  drain.measured({1, at(10'400ms), 180ms});
  EXPECT_NE(drain.end(), at(10s));
  drain.measured({1, at(10'600ms), 110ms});
  EXPECT_EQ(drain.end(), at(10s)) << "over: the way alone takes that long";
  // From then on it is known.
  drain.forget_samples();
  EXPECT_FALSE(drain.end());
  drain.measured({1, at(59'800ms), 150ms});
  EXPECT_FALSE(drain.is_needless(at(60s))) << "it may be the first packet of a burst";
  drain.measured({1, at(60s), 150ms});
  EXPECT_TRUE(drain.is_needless(at(60'300ms)));
  EXPECT_FALSE(drain.is_needless(at(63s))) << "too old to rely on";
  drain.measured({1, at(61s), 510ms});
  EXPECT_FALSE(drain.is_needless(at(61'600ms)));
  drain.begin(at(62s));
  EXPECT_EQ(drain.end(), at(62s) + 400ms * 100 / 80) << "without the way";
}

TEST(QueueDrain, OnlyTheNewestOfAllConnectionsSaysThatThereIsNoQueue) {
  QueueDrain drain(line());
  drain.measured({1, at(8900ms), 10ms});
  drain.measured({1, at(9100ms), 10ms});
  EXPECT_TRUE(drain.is_needless(at(9150ms)));
  drain.measured({2, at(9200ms), 700ms});
  EXPECT_FALSE(drain.is_needless(at(9900ms)));
}

TEST(QueueDrain, AnswersThatAreStillToComeMakeItLonger) {
  QueueDrain drain(line());
  drain.begin(at(10s));
  drain.measured({1, at(10s), 500ms, false});
  EXPECT_EQ(drain.end(), at(11s));
  drain.measured({1, at(10s), 1600ms, false});
  drain.measured({2, at(10s), 900ms, false});
  EXPECT_EQ(drain.end(), at(12s));
  drain.measured({1, at(10'100ms), 1600ms});
  EXPECT_EQ(drain.end(), at(12'100ms)) << "an exact one replaces it";
}

TEST(QueueDrain, ItHasAnEndWhateverIsSeen) {
  QueueDrain drain(line());
  drain.begin(at(10s));
  drain.measured({1, at(10s), 9s});
  EXPECT_EQ(drain.end(), at(14s));
  for (std::uint32_t number = 0; number < 1000; ++number) {
    drain.measured({number, at(10s), 10s});
    drain.measured({number, at(10s), 10s, false});
  }
  EXPECT_EQ(drain.end(), at(14s));
}

TEST(QueueDrain, ASlowLineAndAMissingRateAreNoTrouble) {
  TcSettings slow = line();
  slow.upload_kbit = 64;
  QueueDrain drain(slow);
  drain.begin(at(10s));
  drain.measured({1, at(10s), 500ms});
  EXPECT_EQ(drain.end(), at(12s));
  slow.upload_kbit = 0;
  QueueDrain unknown(slow);
  unknown.begin(at(10s));
  unknown.measured({1, at(10s), 900ms});
  EXPECT_EQ(unknown.end(), at(11s));
}

}  // namespace
}  // namespace voip
