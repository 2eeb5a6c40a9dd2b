// The clocks of codecs: when there is one, and when what does not come is only a pause.
#include <gtest/gtest.h>

#include <vector>

#include "unit/core/quality/talk.h"

namespace voip {
namespace {

using test::Talk;

TEST_F(Talk, ThatLosesFromItsBeginOnIsKnownByTheOtherDirectionsClock) {
  talk(40, {}, {.lost = 0.05});
  ASSERT_TRUE(meter_.whole().mos_hundredths);
  EXPECT_NEAR(*meter_.whole().mos_hundredths, 392, 30);
}

TEST_F(Talk, ThatIsOverIsNotUnknownForTheSilenceAfterIt) {
  talk(20, {}, {});
  meter_.measured({20, 4000}, {15, 3000}, 1s, line_, around_);
  for (int i = 0; i < 12; ++i) {
    meter_.measured({0, 0}, {0, 0}, 1s, line_, around_);
  }
  EXPECT_EQ(meter_.whole().grade, Grade::good);
  EXPECT_EQ(meter_.whole().missing_permille, 0U);
}

// Its last second is not full. Nothing of that was lost.
TEST_F(Talk, ThatEndsWithinASecondIsNotWorseForThat) {
  for (std::uint64_t last = 0; last <= 50; ++last) {
    CallMeter meter(20);
    const auto pass = [&](std::uint64_t packets) {
      meter.measured({packets, packets * 200}, {packets, packets * 200}, 1s, line_, around_);
    };
    for (int i = 0; i < 12; ++i) {
      pass(50);
    }
    pass(last);
    EXPECT_GE(meter.lately().mos_hundredths.value_or(0), 435U) << last;
    pass(0);
    EXPECT_FALSE(meter.lately().cause) << last;
    EXPECT_EQ(meter.whole().grade, Grade::good) << last;
  }
}

// Each second time it seems to end in both directions, and does not.
TEST_F(Talk, ThatLosesOnBothWaysIsToldAsSoonAsOneThatLosesOnOne) {
  const auto told_after = [this](bool both) {
    CallMeter meter(20);
    for (int second = 0; second < 40; ++second) {
      const std::uint64_t sent = second < 12 || second % 2 == 0 ? 50 : 38;
      const std::uint64_t up = both ? sent : 50;
      meter.measured({up, up * 200}, {sent, sent * 200}, 1s, line_, around_);
      if (meter.is_bad()) {
        return second;
      }
    }
    return 0;
  };
  EXPECT_GT(told_after(false), 12);
  EXPECT_NEAR(told_after(true), told_after(false), 1);
}

TEST_F(Talk, ThatStoppedOnceForSomeSecondsGoesOnBeingJudged) {
  talk(20, {}, {});
  for (int i = 0; i < 5; ++i) {
    meter_.measured({50, 10'000}, {0, 0}, 1s, line_, around_);
  }
  talk(6, {}, {});
  EXPECT_EQ(meter_.lately().grade, Grade::good);
}

// A codec that says nothing in pauses: four seconds may have as many packets as those of another clock.
TEST_F(Talk, WithSilentPausesAndPacketsOfOneLengthIsUnknown) {
  for (int i = 0; i < 72; ++i) {
    const int now = i * 1000 % 7200;
    std::uint64_t came = 0;
    for (int at = now; at < now + 1000; at += 20) {
      const int place = at % 7200;
      came += place < 1000 || (place >= 3000 && place < 6500) ? 1 : 0;
    }
    meter_.measured({came, came * 60}, {came, came * 60}, 1s, line_, around_);
    EXPECT_EQ(meter_.lately().grade, Grade::unknown) << i;
  }
}

// Opus without pauses: packets are of any length.
TEST_F(Talk, OfAnyLengthThatLosesFromItsBeginOnIsKnownByTheOtherDirectionsClock) {
  talk(20, {.interval = 40ms, .bytes = 200, .varies = true}, {.interval = 40ms, .bytes = 200, .lost = 0.06, .varies = true});
  EXPECT_NE(meter_.lately().grade, Grade::unknown);
  talk(40, {.interval = 40ms, .bytes = 200, .varies = true}, {.interval = 40ms, .bytes = 200, .lost = 0.06, .varies = true});
  EXPECT_NEAR(meter_.whole().mos_hundredths.value_or(0), 381, 30);
}

// 1.3 s of talk, 0.9 s of a pause, 2.4 s, 1.7 s: four seconds of it may have as many packets as a clock of 30 ms.
TEST_F(Talk, WithPausesThatFitsAClockByChanceIsUnknown) {
  const std::vector<std::uint64_t> packets{50, 17, 27, 50, 50, 3, 16, 50, 20, 23, 50, 45, 3, 29, 49, 2, 48, 50, 15, 2};
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t came = packets.at(static_cast<std::size_t>(i) % packets.size());
    meter_.measured({came, came * 110}, {came, came * 110 - (50 - came)}, 1s, line_, around_);
    EXPECT_EQ(meter_.lately().grade, Grade::unknown) << i;
  }
}

TEST_F(Talk, WithPausesIsUnknownAndNeverBad) {
  for (const double pause : {0.2, 0.5}) {
    meter_ = CallMeter(20);
    bool was_bad = false;
    for (int i = 0; i < 60; ++i) {
      talk(1, {}, {.bytes = 120, .pause = pause, .varies = true});
      was_bad = was_bad || meter_.is_bad();
    }
    EXPECT_EQ(meter_.lately().grade, Grade::unknown);
    EXPECT_FALSE(was_bad);
  }
}

TEST_F(Talk, WhosePausesHaveNoPacketsAtAllIsNeverBad) {
  bool was_bad = false;
  for (int i = 0; i < 20; ++i) {
    talk(6, {}, {});
    // It pauses within a second, for two, and goes on within another.
    meter_.measured({50, 10'000}, {20, 4000}, 1s, line_, around_);
    meter_.measured({50, 10'000}, {0, 0}, 1s, line_, around_);
    meter_.measured({50, 10'000}, {0, 0}, 1s, line_, around_);
    meter_.measured({50, 10'000}, {30, 6000}, 1s, line_, around_);
    was_bad = was_bad || meter_.is_bad() || meter_.lately().grade == Grade::bad;
  }
  EXPECT_FALSE(was_bad);
  EXPECT_NE(meter_.whole().grade, Grade::bad);
}

// Nothing came for two seconds, once: lost, or somebody who drew breath. It is not good meanwhile, and not bad.
TEST_F(Talk, WithAGapThatMayBeAPauseIsUnknownForAsLongAsThatCounts) {
  talk(12, {}, {});
  for (int i = 0; i < 2; ++i) {
    meter_.measured({50, 10'000}, {0, 0}, 1s, line_, around_);
  }
  talk(4, {}, {});
  EXPECT_EQ(meter_.lately().grade, Grade::unknown);
  talk(8, {}, {});
  EXPECT_EQ(meter_.lately().grade, Grade::good);
  EXPECT_EQ(meter_.whole().grade, Grade::good);
}

// A second is lost again and again, between five and more of unbroken talk: nobody talks so (ITU-T P.59: talk spurts of a
// second).
TEST_F(Talk, WithGapsAfterLongTalkIsBadByWhatIsLost) {
  // However it lies to the seconds that are counted.
  for (const std::uint64_t first : {0U, 2U, 15U, 35U, 48U}) {
    meter_ = CallMeter(20);
    line_.down.queue = 0ms;
    talk(7, {}, {});
    for (int i = 0; i < 4; ++i) {
      for (const std::uint64_t came : {first, 50 - first}) {
        meter_.measured({50, 10'000}, {came, came * 200}, 1s, line_, around_);
      }
      talk(5, {}, {});
    }
    EXPECT_NEAR(meter_.lately().missing_permille.value_or(0), 100, 60) << first;
    EXPECT_EQ(meter_.lately().cause, QualityCause::far_end) << first;
    EXPECT_LT(meter_.whole().mos_hundredths.value_or(450), 400U) << first;
  }
}

// A second of a voice that happened to be quiet is lost but for some packets: it may as well be a pause, and one says little.
TEST_F(Talk, WithASecondOfFewShortPacketsIsUnknownUntilItIsPassed) {
  talk(12, {}, {});
  meter_.measured({50, 10'000}, {6, 6 * 60}, 1s, line_, around_);
  talk(2, {}, {});
  EXPECT_EQ(meter_.lately().grade, Grade::unknown);
  talk(12, {}, {});
  EXPECT_EQ(meter_.lately().grade, Grade::good);
  meter_.measured({50, 10'000}, {6, 6 * 60}, 1s, line_, around_);
  talk(12, {}, {});
  EXPECT_EQ(meter_.lately().grade, Grade::unknown) << "it does so again: a voice that pauses";
}

// A busy router looks some milliseconds earlier or later.
TEST_F(Talk, IsKnownAsSoonWhereLooksAreNotExact) {
  for (int i = 0; i < 6; ++i) {
    const Counters came = i % 2 == 0 ? Counters{49, 9800} : Counters{51, 10'200};
    meter_.measured(came, came, i % 2 == 0 ? 985ms : 1015ms, line_, around_);
  }
  EXPECT_EQ(meter_.lately().grade, Grade::good);
}

// Opus without silence suppression: in pauses come as many packets, short ones. What is lost of those is no pause either.
TEST_F(Talk, ThatGoesOnQuietlyInPausesLosesWhatDoesNotCome) {
  line_.down.queue = 0ms;
  const auto quiet_each_fourth = [this](int seconds, bool has_bursts) {
    for (int i = 0; i < seconds; ++i) {
      const bool is_quiet = i % 4 == 3;
      const std::uint64_t came = has_bursts && i % 3 == 0 ? 20 : 50;
      meter_.measured({50, is_quiet ? 3500U : 10'000U}, {came, came * (is_quiet ? 70 : 200)}, 1s, line_, around_);
    }
  };
  quiet_each_fourth(16, false);
  EXPECT_EQ(meter_.lately().grade, Grade::good);
  quiet_each_fourth(24, true);
  EXPECT_EQ(meter_.lately().grade, Grade::bad);
  EXPECT_EQ(meter_.lately().cause, QualityCause::far_end);
  quiet_each_fourth(12, false);
  for (int i = 0; i < 2; ++i) {
    meter_.measured({50, 10'000}, {0, 0}, 1s, line_, around_);
  }
  quiet_each_fourth(3, false);
  EXPECT_NEAR(meter_.lately().missing_permille.value_or(0), 200, 20) << "it does not pause, so all of the gap was lost";
}

// A voice beside which other packets come on the same flow, RTCP and STUN: a clock of 40 ms by chance, and a little more than it.
TEST_F(Talk, WhichComesFasterThanItsClockIsNotHeldBack) {
  const std::vector<std::uint64_t> packets{24, 26, 25, 24, 29, 23, 25, 27, 23, 30, 24, 26, 28, 24, 26, 29};
  for (int i = 0; i < 4; ++i) {
    talk(1, {.interval = 40ms}, {.interval = 40ms});
  }
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint64_t came = packets.at(i % packets.size());
    meter_.measured({came, came * 200}, {25, 5000}, 1s, line_, around_);
    EXPECT_FALSE(meter_.is_bad()) << i;
  }
}

// A voice that comes in uneven numbers, around those of a clock: some seconds fit by chance, and then it seems to lose and to be
// late.
TEST_F(Talk, WhosePhoneKeepsNoClockIsUnknownInTheEnd) {
  const std::vector<std::uint64_t> up{25, 25, 24, 26, 25, 31, 32, 23, 26, 24, 22, 27, 25, 36, 27, 25, 30, 21, 25, 29, 20, 24};
  bool was_judged = false;
  for (std::size_t i = 0; i < 120; ++i) {
    const std::uint64_t sent = up.at(i % up.size());
    meter_.measured({sent, sent * 90}, {25, 2500}, 1s, line_, around_);
    was_judged = was_judged || meter_.lately().mos_hundredths;
  }
  EXPECT_TRUE(was_judged) << "a clock fitted";
  EXPECT_EQ(meter_.lately().grade, Grade::unknown);
  EXPECT_EQ(meter_.whole().grade, Grade::unknown);
}

// A second is lost exactly as it is counted, once: five seconds of which it is a fifth are bad, and that is told when they are
// over.
TEST_F(Talk, IsBadSinceAGapBeganThatWasLost) {
  talk(12, {}, {});
  meter_.measured({50, 10'000}, {0, 0}, 1s, line_, around_);
  int seconds = 1;
  while (seconds < 10 && !meter_.is_bad()) {
    talk(1, {}, {});
    ++seconds;
  }
  EXPECT_EQ(seconds, 5);
}

// The air holds 0.3 s each two seconds, just when we look each second time: that is no half of the time.
TEST_F(Talk, WhosePhoneIsHeldBackInStepWithOurLooksIsNotBadForThat) {
  talk(10, {.interval = 60ms, .bytes = 500}, {.interval = 60ms, .bytes = 500});
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t came = i % 2 == 0 ? 12 : 21;  // five are held at the end of each other second
    meter_.measured({came, came * 500}, {i % 3 == 0 ? 16U : 17U, i % 3 == 0 ? 8000U : 8500U}, 1s, line_, around_);
    EXPECT_FALSE(meter_.is_bad()) << i;
  }
  EXPECT_EQ(meter_.lately().cause, QualityCause::home);
}

// Half of the time the air is busy, and looks a second apart find the same hold, younger each time, three times in a row: what
// was held at the first comes bit by bit until the third.
TEST_F(Talk, WhosePhoneIsHeldBackForHalfOfTheTimeHasAClock) {
  for (int phase = 0; phase < 1200; phase += 50) {
    CallMeter meter(20);
    std::int64_t came = 0;
    for (int second = 1; second <= 60; ++second) {
      const int now = second * 1000 + phase;
      const int busy_since = now - now % 1200;
      const int seen_until = second > 10 && now - busy_since < 600 ? busy_since : now;  // by when it was sent
      const auto fresh = static_cast<std::uint64_t>(seen_until / 60 - came);
      came = seen_until / 60;
      meter.measured({fresh, fresh * 500}, second % 3 == 0 ? Counters{16, 8000} : Counters{17, 8500}, 1s, line_, around_);
      EXPECT_TRUE(second < 10 || meter.lately().mos_hundredths) << phase << ", " << second;
    }
    EXPECT_EQ(meter.whole().cause, QualityCause::home) << phase;
  }
}

TEST_F(Talk, OfVideoIsUnknown) {
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t packets = 60 + random_() % 200;
    meter_.measured({packets, packets * 900}, {packets + 20, (packets + 20) * 1000}, 1s, line_, around_);
  }
  EXPECT_EQ(meter_.lately().grade, Grade::unknown);
  EXPECT_EQ(meter_.whole().grade, Grade::unknown);
}

TEST_F(Talk, ThatChangesItsPacketTimeGoesOnBeingJudged) {
  talk(20, {}, {});
  talk(20, {.interval = 40ms, .bytes = 360}, {.interval = 40ms, .bytes = 360});
  EXPECT_EQ(meter_.lately().grade, Grade::good);
  EXPECT_LE(meter_.whole().missing_permille.value_or(1000), 30U);
}

}  // namespace
}  // namespace voip
