// The E-model, and what it says of calls.
#include <gtest/gtest.h>

#include "core/quality/e_model.h"
#include "unit/core/quality/talk.h"

namespace voip {
namespace {

using test::Talk;

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

// A short buffer: hardly a delay, but what it does not take is lost behind us.
TEST_F(Talk, OfWhichAFullUploadDropsIsWorseByTheUpload) {
  line_.up.queue = 30ms;
  around_.dropped_permille = 40;
  talk(15, {}, {});
  EXPECT_EQ(meter_.lately().grade, Grade::good) << "a voice's packets are small";
  around_.dropped_permille = 100;
  talk(75, {}, {});
  EXPECT_NEAR(meter_.lately().mos_hundredths.value_or(0), 390, 15);
  EXPECT_EQ(meter_.lately().missing_permille, 50U);
  EXPECT_EQ(meter_.lately().cause, QualityCause::upload);
  EXPECT_EQ(meter_.whole().cause, QualityCause::upload);
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
  // Half of it is at 4.4 and half at 2.0; on the mean of the queue it would be 3.7.
  EXPECT_NEAR(meter_.whole().mos_hundredths.value_or(0), 320, 20);
  EXPECT_EQ(meter_.whole().cause, QualityCause::upload);
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

}  // namespace
}  // namespace voip
