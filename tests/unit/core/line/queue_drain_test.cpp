#include "core/line/queue_drain.h"

#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

// At 10 % and a call on 900 kbit/s, 80 % of the line are free. Of a way of which nothing is known 75 ms are counted.
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

// QUIC tells nothing of the queue, but the modem is the same.
TEST(QueueDrain, WithoutNewsItLastsAsLongAsTheLongestThatWasMeasuredInADay) {
  QueueDrain drain(line());
  const auto drain_measured = [&](Instant now, Duration length) {
    drain.forget_samples();
    drain.measured({1, now, 75ms + length * 80 / 100});
    drain.begin(now);
    ASSERT_EQ(drain.end(), now + length);
    drain.release(now + length);
  };
  const auto length_without_news = [&](Instant now) {
    drain.forget_samples();
    drain.begin(now);
    const Duration length = *drain.end() - now;
    drain.release(now + length);
    return length;
  };
  drain_measured(at(10s), 500ms);
  EXPECT_EQ(length_without_news(at(100s)), 1s) << "no shorter than is set";
  drain_measured(at(200s), 2s);
  drain_measured(at(300s), 1500ms);
  EXPECT_EQ(length_without_news(at(400s)), 2s) << "what was not measured teaches nothing";
  EXPECT_EQ(length_without_news(at(200s + 24h)), 2s);
  EXPECT_EQ(length_without_news(at(203s + 24h)), 1s);
  drain_measured(at(500s + 24h), 1500ms);
  EXPECT_EQ(length_without_news(at(600s + 24h)), 1500ms);
}

TEST(QueueDrain, AFixedOneIsMadeLongerByNewsAndNeverShorter) {
  TcSettings settings = line();
  settings.drain = Drain::fixed;
  QueueDrain drain(settings);
  const auto drained = [&](Instant now, Duration delay) {
    drain.forget_samples();
    drain.measured({1, now, delay});
    drain.begin(now);
    const Duration length = *drain.end() - now;
    drain.release(now + length);
    return length;
  };
  EXPECT_EQ(drained(at(10s), 75ms + 1600ms), 2s);
  EXPECT_EQ(drained(at(20s), 75ms + 400ms), 1s);
  EXPECT_EQ(drained(at(30s), 10s), 4s) << "all else is not held down for longer";
  drain.forget_samples();
  drain.measured({1, at(39s), 20ms});
  drain.measured({1, at(39500ms), 20ms});
  EXPECT_FALSE(drain.is_needless(at(39600ms)));
  drain.forget_samples();
  drain.begin(at(40s));
  EXPECT_EQ(drain.end(), at(41s)) << "without news as ever";
}

TEST(QueueDrain, ALearntRateTellsWhatIsFree) {
  TcSettings settings = line();
  settings.upload_kbit = 0;
  QueueDrain drain(settings);
  drain.set_line(300);  // a call takes 30 % of it, so 60 % are free
  drain.measured({1, at(10s), 75ms + 600ms});
  drain.begin(at(10s));
  EXPECT_EQ(drain.end(), at(11s));
}

TEST(QueueDrain, ADrainThatWasTooShortTeachesNoLength) {
  QueueDrain drain(line());
  drain.measured({1, at(9s), 3s});
  drain.begin(at(10s));
  drain.release(at(12s));  // switched on by somebody else
  drain.forget_samples();
  drain.begin(at(20s));
  EXPECT_EQ(drain.end(), at(21s));
}

TEST(QueueDrain, WhatWasAnsweredBeforeItBeganTellsItsLength) {
  QueueDrain drain(line());
  drain.measured({1, at(9s), 875ms});
  EXPECT_FALSE(drain.is_needless(at(10s)));
  drain.begin(at(10s));
  EXPECT_EQ(drain.end(), at(11s));
  drain.measured({2, at(9900ms), 1675ms});
  EXPECT_EQ(drain.end(), at(12s)) << "what left last has seen the queue last";
}

TEST(QueueDrain, AQueueThatHasGrownIsTakenToHaveGrownOn) {
  QueueDrain drain(line());
  drain.measured({1, at(9s), 75ms});
  drain.measured({1, at(9400ms), 275ms});
  drain.begin(at(10s));
  EXPECT_EQ(drain.end(), at(10s) + 500ms * 100 / 80) << "half a second more in each";
  drain.measured({1, at(10s), 475ms});
  EXPECT_EQ(drain.end(), at(10'500ms)) << "it had not";
}

TEST(QueueDrain, WhatIsAnsweredMeanwhileMakesItExact) {
  QueueDrain drain(line());
  drain.measured({1, at(9s), 1675ms});
  drain.begin(at(10s));
  drain.measured({1, at(10'200ms), 875ms});
  EXPECT_EQ(drain.end(), at(11'200ms));
  drain.measured({2, at(10'200ms), 715ms});
  EXPECT_EQ(drain.end(), at(11s)) << "a connection with a shorter way says more of the queue";
}

TEST(QueueDrain, AShortDelayEndsIt) {
  QueueDrain drain(line());
  drain.measured({1, at(9s), 1600ms});
  drain.begin(at(10s));
  drain.measured({1, at(11s), 30ms});
  EXPECT_EQ(drain.end(), at(11s));
}

TEST(QueueDrain, ADelayThatFallsNoMoreIsThatOfTheWay) {
  QueueDrain drain(line());
  drain.begin(at(10s));
  drain.measured({1, at(10s), 560ms});
  drain.measured({1, at(10'250ms), 360ms});
  EXPECT_NE(drain.end(), at(10s)) << "it falls as it should";
  drain.measured({1, at(10'500ms), 160ms});
  EXPECT_NE(drain.end(), at(10s));
  drain.measured({1, at(10'750ms), 160ms});
  EXPECT_EQ(drain.end(), at(10s)) << "over: the way alone takes that long";
  // From then on it is known.
  drain.release(at(11s));
  drain.measured({1, at(12s), 160ms});
  drain.forget_samples();
  EXPECT_FALSE(drain.end());
  drain.measured({1, at(59'800ms), 150ms});
  EXPECT_FALSE(drain.is_needless(at(60s))) << "it may be the first packet of a burst";
  drain.measured({1, at(60s), 150ms});
  EXPECT_TRUE(drain.is_needless(at(60'300ms)));
  EXPECT_FALSE(drain.is_needless(at(63s))) << "too old to rely on";
  drain.measured({2, at(61s), 510ms});
  EXPECT_FALSE(drain.is_needless(at(61'600ms)));
  drain.begin(at(62s));
  EXPECT_EQ(drain.end(), at(62s) + 360ms * 100 / 80) << "without the way";
}

IpPrefix network(const char* text) {
  return *IpPrefix::parse(text);
}

TEST(QueueDrain, WhatLeavesOnceItIsOverShowsTheWayOfEachNetwork) {
  const IpPrefix near = network("192.0.2.0/24");
  const IpPrefix far = network("198.51.100.0/24");
  QueueDrain drain(line());
  drain.measured({1, at(9s), 600ms, true, near});
  drain.begin(at(10s));
  drain.release(at(11s));
  drain.measured({1, at(11'500ms), 100ms, true, near});
  drain.measured({1, at(12'500ms), 95ms, true, near});
  drain.measured({1, at(12'600ms), 110ms, true, near});
  drain.measured({2, at(12'600ms), 235ms, true, far});
  drain.forget_samples();
  drain.measured({3, at(99s), 495ms, true, near});
  drain.begin(at(100s));
  EXPECT_EQ(drain.end(), at(100'500ms));
  drain.forget_samples();
  drain.measured({4, at(199s), 635ms, true, far});
  drain.begin(at(200s));
  EXPECT_EQ(drain.end(), at(200'500ms));
  drain.forget_samples();
  drain.measured({5, at(299s), 475ms, true, network("203.0.113.0/24")});
  drain.begin(at(300s));
  EXPECT_EQ(drain.end(), at(300'500ms)) << "nothing is known of that one";
}

TEST(QueueDrain, AWayIsLearntAtOnceWhereThereWasNothingToDrain) {
  QueueDrain drain(line());
  drain.measured({1, at(9s), 20ms});
  drain.release(at(10s));
  drain.measured({2, at(10'100ms), 150ms, true, network("198.51.100.0/24")});
  drain.forget_samples();
  drain.measured({2, at(99'700ms), 160ms, true, network("198.51.100.0/24")});
  drain.measured({2, at(99'900ms), 160ms, true, network("198.51.100.0/24")});
  EXPECT_TRUE(drain.is_needless(at(100'100ms)));
}

TEST(QueueDrain, NoWayIsLearntWhereAQueueMayBeLeft) {
  QueueDrain unmeasured(line());
  unmeasured.begin(at(10s));
  unmeasured.release(at(11s));
  QueueDrain too_long(line());
  too_long.begin(at(10s));
  too_long.measured({1, at(10s), 8s});
  too_long.release(at(14s));
  for (QueueDrain* drain : {&unmeasured, &too_long}) {
    drain->measured({1, at(16s), 200ms});
    drain->forget_samples();
    drain->measured({1, at(99s), 475ms});
    drain->begin(at(100s));
    EXPECT_EQ(drain->end(), at(100'500ms));
  }
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
  drain.measured({1, at(10s), 1675ms, false});
  drain.measured({2, at(10s), 900ms, false});
  EXPECT_EQ(drain.end(), at(12s));
  drain.measured({1, at(10'100ms), 1675ms});
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
  drain.measured({1, at(10s), 575ms});
  EXPECT_EQ(drain.end(), at(12s));
  slow.upload_kbit = 0;
  QueueDrain unknown(slow);
  unknown.begin(at(10s));
  unknown.measured({1, at(10s), 975ms});
  EXPECT_EQ(unknown.end(), at(11s));
}

}  // namespace
}  // namespace voip
