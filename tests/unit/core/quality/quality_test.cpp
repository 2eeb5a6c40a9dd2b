// The E-model, the clocks of codecs, and what they say of calls.
#include <gtest/gtest.h>

#include <random>

#include "core/quality/e_model.h"
#include "core/quality/quality.h"

namespace voip {
namespace {

const CodecImpairment g711 = impairment_of(160, 20ms);

TEST(EModel, GivesTheMosOfTheStandard) {
  // ITU-T G.107 with G.113's values for G.711 under random loss.
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> by_loss{{0, 441},  {10, 433}, {20, 423},
                                                                     {30, 413}, {50, 392}, {100, 341}};
  for (const auto& [missing, mos] : by_loss) {
    EXPECT_NEAR(mos_hundredths(missing, 0ms, g711), mos, 2) << missing;
  }
  const std::vector<std::pair<Duration, std::uint32_t>> by_delay{{150ms, 433}, {200ms, 423}, {300ms, 371}, {500ms, 235}};
  for (const auto& [delay, mos] : by_delay) {
    EXPECT_NEAR(mos_hundredths(0, delay, g711), mos, 6) << delay.count();
  }
  EXPECT_EQ(mos_hundredths(1000, 10s, g711), 100U);
}

TEST(EModel, KnowsCodecsByTheirRate) {
  EXPECT_EQ(impairment_of(160, 20ms).bpl_tenths, 251U);
  EXPECT_EQ(impairment_of(240, 30ms).bpl_tenths, 251U);
  EXPECT_EQ(impairment_of(20, 20ms).ie, 10U) << "G.729";
  EXPECT_EQ(impairment_of(60, 20ms).ie, 0U) << "Opus";
}

// A call of which each second is told.
class Talk : public testing::Test {
 protected:
  struct Way {
    Duration interval = 20ms;
    std::uint64_t bytes = 200;
    double lost = 0;
    double pause = 0;  // seconds in which only some short packets come
    bool varies = false;
  };
  Counters second(const Way& way) {
    const auto chance = [this](double part) { return std::uniform_real_distribution<>(0, 1)(random_) < part; };
    if (way.pause > 0 && chance(way.pause)) {
      return {3, 3 * 41};
    }
    Counters came;
    for (std::int64_t i = 0; i < 1000 / way.interval.count(); ++i) {
      if (!chance(way.lost)) {
        came.packets += 1;
        came.bytes += way.varies ? way.bytes / 2 + random_() % way.bytes : way.bytes;
      }
    }
    return came;
  }
  void talk(int seconds, const Way& up, const Way& down) {
    for (int i = 0; i < seconds; ++i) {
      meter_.measured(second(up), second(down), 1s, line_, around_);
    }
  }

  std::mt19937 random_{17};
  LineState line_;
  CallMeter::Around around_;
  CallMeter meter_{20};
};

TEST_F(Talk, WithoutLossIsGood) {
  for (const Duration interval : {10ms, 20ms, 40ms}) {
    meter_ = CallMeter(20);
    talk(15, {.interval = interval}, {.interval = interval});
    EXPECT_EQ(meter_.lately().grade, Grade::good);
    EXPECT_EQ(meter_.lately().missing_permille, 0U);
    EXPECT_FALSE(meter_.lately().cause);
    EXPECT_FALSE(meter_.lately().delay) << "nobody looks at the line";
  }
}

TEST_F(Talk, IsKnownAfterFiveSeconds) {
  talk(3, {}, {});
  EXPECT_EQ(meter_.lately().grade, Grade::unknown);
  talk(2, {}, {});
  EXPECT_EQ(meter_.lately().grade, Grade::good);
}

TEST_F(Talk, ThatLosesPacketsIsJudgedWithinAThirdOfAMos) {
  for (const double lost : {0.01, 0.02, 0.05, 0.1}) {
    meter_ = CallMeter(20);
    talk(8, {}, {});
    talk(60, {}, {.lost = lost});
    const auto truth = mos_hundredths(static_cast<std::uint32_t>(lost * 1000), 0ms, g711);
    EXPECT_NEAR(meter_.whole().mos_hundredths.value_or(0), truth, 30) << lost;
    EXPECT_NEAR(meter_.lately().mos_hundredths.value_or(0), truth, 60) << lost;
  }
}

TEST_F(Talk, ThatLosesFromItsBeginOnIsKnownByTheOtherDirectionsClock) {
  talk(40, {}, {.lost = 0.05});
  ASSERT_TRUE(meter_.whole().mos_hundredths);
  EXPECT_NEAR(*meter_.whole().mos_hundredths, 392, 30);
}

TEST_F(Talk, ThatIsBadIsToldWithinFiveSecondsAndItsCauseIfTheLineIsSeen) {
  talk(20, {}, {});
  EXPECT_FALSE(meter_.is_bad());
  line_.down.queue = 0ms;
  int seconds = 0;
  for (; seconds < 20 && !meter_.is_bad(); ++seconds) {
    talk(1, {}, {.lost = 0.2});
  }
  EXPECT_LE(seconds, 7);
  EXPECT_EQ(meter_.lately().cause, QualityCause::far_end);
  line_.down.queue = 100ms;
  talk(3, {}, {.lost = 0.2});
  EXPECT_EQ(meter_.lately().cause, QualityCause::download);
  line_.down.queue.reset();
  talk(10, {}, {.lost = 0.2});
  EXPECT_FALSE(meter_.lately().cause) << "nothing tells";
  talk(12, {}, {});
  EXPECT_FALSE(meter_.is_bad());
}

TEST_F(Talk, WhosePhoneLosesPacketsBeforeTheRouterIsBadByTheHome) {
  talk(10, {}, {});
  talk(20, {.lost = 0.1}, {});
  EXPECT_EQ(meter_.lately().cause, QualityCause::home);
  EXPECT_LT(meter_.lately().mos_hundredths.value_or(450), 400U);
}

TEST_F(Talk, WhosePhoneLosesPacketsFromTheBeginOnIsKnownByWhatItHears) {
  talk(20, {.lost = 0.08}, {});
  EXPECT_EQ(meter_.lately().cause, QualityCause::home);
}

TEST_F(Talk, BehindAQueueHasItsDelay) {
  line_.up.queue = 400ms;
  line_.down.queue = 0ms;
  talk(15, {}, {});
  EXPECT_EQ(meter_.lately().delay, 400ms);
  EXPECT_EQ(meter_.lately().grade, Grade::bad);
  EXPECT_EQ(meter_.lately().cause, QualityCause::upload);
  EXPECT_EQ(meter_.lately().missing_permille, 0U);
}

TEST_F(Talk, OfWhichSomeComesLateHasLostNothing) {
  line_.down.queue = 0ms;
  talk(15, {}, {});
  // A queue grows to 500 ms in two seconds: 25 packets are late.
  meter_.measured({50, 10'000}, {38, 38 * 200}, 1s, line_, around_);
  line_.down.queue = 500ms;
  meter_.measured({50, 10'000}, {37, 37 * 200}, 1s, line_, around_);
  EXPECT_LE(meter_.lately().missing_permille.value_or(1000), 5U);
}

TEST_F(Talk, BehindAQueueThatIsNotSeenInEachSecondHasItsDelay) {
  talk(10, {}, {});
  for (int i = 0; i < 12; ++i) {
    line_.up.queue = i % 2 == 0 ? std::optional<Duration>(450ms) : std::nullopt;
    talk(1, {}, {});
  }
  EXPECT_EQ(meter_.lately().grade, Grade::bad);
  EXPECT_EQ(meter_.lately().cause, QualityCause::upload);
}

TEST_F(Talk, InWhichAQueueWasSeenOnceIsNotSpoiltByThat) {
  line_.down.queue = 0ms;
  talk(15, {}, {});
  line_.down.queue = 400ms;
  talk(1, {}, {});
  line_.down.queue = 0ms;
  talk(3, {}, {});
  EXPECT_EQ(meter_.lately().grade, Grade::good);
}

TEST_F(Talk, OnALineThatIsIdleLosesOutside) {
  talk(10, {}, {});
  talk(10, {}, {.lost = 0.15});
  EXPECT_FALSE(meter_.lately().cause) << "nobody has looked";
  around_.is_idle = true;
  talk(1, {}, {.lost = 0.15});
  EXPECT_EQ(meter_.lately().cause, QualityCause::far_end);
}

TEST_F(Talk, IsAsAWholeWhatItsTimesWere) {
  line_.up.queue = 0ms;
  talk(30, {}, {});
  line_.up.queue = 500ms;
  talk(30, {}, {});
  // Half of it is at 4.4 and half at 2.2; on the mean of the queue it would be 3.8.
  EXPECT_NEAR(meter_.whole().mos_hundredths.value_or(0), 335, 20);
  EXPECT_EQ(meter_.whole().cause, QualityCause::upload);
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

TEST_F(Talk, BehindAQueueThatGrowsFasterThanABufferIsLate) {
  around_.is_idle = true;
  talk(10, {}, {});
  around_.is_idle = false;
  line_.up.queue = 330ms;
  talk(5, {}, {});
  EXPECT_LT(meter_.lately().mos_hundredths.value_or(450), 200U);
  EXPECT_EQ(meter_.lately().cause, QualityCause::upload);
  talk(10, {}, {});
  EXPECT_NEAR(meter_.lately().mos_hundredths.value_or(0), 340, 20) << "buffers have followed";
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

// The air of the home is busy for half a second again and again: what the phone says meanwhile comes all at once after it.
TEST_F(Talk, WhosePhoneIsHeldBackIsBadByTheHome) {
  talk(10, {}, {});
  int came = 0;
  bool was_bad = false;
  for (int now = 0; now < 20'000; now += 1000) {
    int arrived = 0;
    const int sent = (now + 1000) / 20;
    for (int packet = 0; packet < sent; ++packet) {
      const int at = packet * 20;
      const int free = at % 1400 < 500 ? at - at % 1400 + 500 : at;
      arrived += free < now + 1000 ? 1 : 0;
    }
    const auto fresh = static_cast<std::uint64_t>(arrived - came);
    came = arrived;
    meter_.measured({fresh, fresh * 200}, {50, 10'000}, 1s, line_, around_);
    was_bad = was_bad || meter_.is_bad();
  }
  EXPECT_TRUE(was_bad);
  EXPECT_EQ(meter_.lately().cause, QualityCause::home);
  // A fifth of the packets are later than a buffer of 200 ms takes.
  EXPECT_NEAR(meter_.lately().mos_hundredths.value_or(450), 210, 50);
  EXPECT_LE(meter_.lately().missing_permille.value_or(1000), 20U) << "all have come";
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
