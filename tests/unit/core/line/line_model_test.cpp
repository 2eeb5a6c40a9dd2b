#include "core/line/line_model.h"

#include <gtest/gtest.h>

#include "unit/core/line/line_samples.h"

namespace voip {
namespace {

using test::a_network;
using test::another_network;
using test::answers;
using test::SampleCase;

class Model : public testing::Test {
 protected:
  void see(const SampleCase& what, Duration length = 250ms, bool is_shaping = false) {
    for (const Instant end = now_ + length; now_ < end;) {
      now_ += test::sample_length;
      model_.sampled(test::sample(now_, what), is_shaping);
    }
  }
  [[nodiscard]] const LineState& state() const { return model_.state(); }

  LineModel model_{TcSettings{}};
  Instant now_ = at(100s);
};

TEST_F(Model, AnUploadThatFillsTheLineTellsItByWhatArrives) {
  see({.up_kbit = 1600,
       .arrived_kbit = 1000,
       .down_kbit = 40,
       .networks = {answers(a_network, 450ms, 0ms), answers(another_network, 460ms, 1ms)}},
      4s);
  EXPECT_NEAR(state().up.kbit.value_or(0), 1000, 10) << "not what enters the modem, which drops some of it";
  EXPECT_EQ(state().up.queue, 450ms);
  EXPECT_EQ(state().down.queue, 0ms);
  EXPECT_FALSE(state().down.kbit);
  EXPECT_EQ(state().bottleneck, Bottleneck::upload);
  EXPECT_TRUE(model_.is_full(Direction::up));
  EXPECT_TRUE(model_.is_calm(Direction::down));
}

TEST_F(Model, WhatAFullUploadDropsIsKnownWhileItIsFull) {
  const auto networks = std::vector{answers(a_network, 45ms, 0ms), answers(another_network, 46ms, 1ms)};
  EXPECT_EQ(model_.dropped_permille(now_), 0U);
  see({.up_kbit = 1000, .arrived_kbit = 950, .networks = networks}, 12s);
  EXPECT_NEAR(model_.dropped_permille(now_), 50, 2);
  see({.up_kbit = 1000, .arrived_kbit = 1000, .networks = networks}, 11s);
  EXPECT_EQ(model_.dropped_permille(now_), 0U);
  see({.up_kbit = 1000, .arrived_kbit = 900, .networks = networks}, 6s);
  EXPECT_GT(model_.dropped_permille(now_), 20U);
  see({.up_kbit = 500, .arrived_kbit = 400, .networks = {answers(a_network, 1ms, 0ms)}}, 3s);
  EXPECT_EQ(model_.dropped_permille(now_), 0U) << "no queue: the far end loses it";
}

// The provider keeps queues short itself, or the other ends are slow: what passes so needs no shaping.
TEST_F(Model, WhatPassesWithoutAQueueIsKnown) {
  const SampleCase calm{.up_kbit = 3000,
                        .arrived_kbit = 3000,
                        .down_kbit = 12'000,
                        .networks = {answers(a_network, 1ms, 2ms), answers(another_network, 0ms, 3ms)}};
  see(calm, 2s);
  EXPECT_EQ(state().up.calm_kbit, 0U) << "a burst passes, too";
  see(calm, 2s);
  EXPECT_NEAR(state().up.calm_kbit, 3000, 50);
  EXPECT_NEAR(state().down.calm_kbit, 12'000, 100);
  EXPECT_FALSE(state().up.kbit);
  see({.up_kbit = 5000, .arrived_kbit = 5000, .networks = {answers(a_network, 300ms, 0ms), answers(another_network, 300ms, 0ms)}},
      4s);
  EXPECT_NEAR(state().up.calm_kbit, 3000, 50);
}

TEST_F(Model, ADownloadThatFillsTheLineTellsItByWhatComes) {
  see({.up_kbit = 200,
       .arrived_kbit = 200,
       .down_kbit = 5000,
       .networks = {answers(a_network, 2ms, 150ms), answers(another_network, 0ms, 140ms)}},
      4s);
  EXPECT_NEAR(state().down.kbit.value_or(0), 5000, 50);
  EXPECT_EQ(state().down.queue, 140ms);
  EXPECT_FALSE(state().up.kbit);
  EXPECT_EQ(state().bottleneck, Bottleneck::download);
}

TEST_F(Model, BothDirectionsMayBeFullAtOnce) {
  see({.up_kbit = 1000,
       .arrived_kbit = 1000,
       .down_kbit = 5000,
       .networks = {answers(a_network, 400ms, 150ms), answers(another_network, 400ms, 150ms)}},
      4s);
  EXPECT_TRUE(state().up.kbit);
  EXPECT_TRUE(state().down.kbit);
  EXPECT_EQ(state().bottleneck, Bottleneck::upload) << "the longer queue";
}

TEST_F(Model, WhereOneNetworkWaitsAndOthersDoNotTheFarEndIsNarrow) {
  see({.up_kbit = 800,
       .arrived_kbit = 800,
       .down_kbit = 30,
       .networks = {answers(a_network, 300ms, 0ms), answers(another_network, 0ms, 0ms)}},
      60s);
  EXPECT_FALSE(state().up.kbit);
  EXPECT_EQ(state().bottleneck, Bottleneck::far_end);
  EXPECT_FALSE(model_.is_full(Direction::up));
}

TEST_F(Model, ANetworkThatHasSeenTheQueueAndSeesNoneDeniesThatOfAnother) {
  const SampleCase full{.up_kbit = 1000,
                        .arrived_kbit = 1000,
                        .down_kbit = 30,
                        .networks = {answers(a_network, 300ms, 0ms), answers(another_network, 300ms, 0ms)}};
  see(full, 4s);
  ASSERT_NEAR(state().up.kbit.value_or(0), 1000, 10);
  see({.up_kbit = 500,
       .arrived_kbit = 500,
       .down_kbit = 30,
       .networks = {answers(a_network, 300ms, 0ms), answers(another_network, 0ms, 0ms)}},
      30s);
  EXPECT_NEAR(state().up.kbit.value_or(0), 1000, 10) << "it is not taken for a slower line";
  EXPECT_EQ(state().up.queue, 0ms);
}

TEST_F(Model, ASingleNetworkIsBelievedToWaitForTheLineWhereTheLineIsKnownToCarryJustThat) {
  see({.up_kbit = 1000,
       .arrived_kbit = 1000,
       .down_kbit = 30,
       .networks = {answers(a_network, 300ms, 0ms), answers(another_network, 300ms, 0ms)}},
      4s);
  see({.up_kbit = 1000, .arrived_kbit = 980, .down_kbit = 30, .networks = {answers(a_network, 300ms, 0ms)}});
  EXPECT_EQ(state().bottleneck, Bottleneck::upload);
  see({.up_kbit = 500, .arrived_kbit = 500, .down_kbit = 30, .networks = {answers(a_network, 300ms, 0ms)}});
  EXPECT_EQ(state().bottleneck, Bottleneck::unknown);
}

TEST_F(Model, WithoutAQueueNothingIsLearnt) {
  see({.up_kbit = 900,
       .arrived_kbit = 900,
       .down_kbit = 4000,
       .networks = {answers(a_network, 0ms, 3ms), answers(another_network, 5ms, 0ms)}},
      60s);
  EXPECT_FALSE(state().up.kbit);
  EXPECT_FALSE(state().down.kbit);
  EXPECT_EQ(state().bottleneck, Bottleneck::none);
}

TEST_F(Model, APacketThatWaitsForAnotherIsNoQueueOnASlowLine) {
  // 24 ms for two packets of a line of 1 Mbit/s.
  see({.up_kbit = 1000,
       .arrived_kbit = 1000,
       .down_kbit = 30,
       .networks = {answers(a_network, 30ms, 0ms), answers(another_network, 30ms, 0ms)}},
      10s);
  EXPECT_FALSE(state().up.kbit);
  see({.up_kbit = 20'000,
       .arrived_kbit = 20'000,
       .down_kbit = 600,
       .networks = {answers(a_network, 30ms, 0ms), answers(another_network, 30ms, 0ms)}},
      10s);
  EXPECT_TRUE(state().up.kbit) << "on a fast one it is";
}

TEST_F(Model, WithoutClocksTheDirectionThatCarriesByFarTheMostHasTheQueue) {
  const auto without_clock = [](const IpPrefix& remote) {
    return NetworkDelays{.remote = remote, .answers = 10, .queues = 300ms};
  };
  see({.up_kbit = 1000,
       .arrived_kbit = 1000,
       .down_kbit = 40,
       .networks = {without_clock(a_network), without_clock(another_network)}},
      4s);
  EXPECT_TRUE(state().up.kbit);
  EXPECT_EQ(state().bottleneck, Bottleneck::upload);
  see({.up_kbit = 1000,
       .arrived_kbit = 1000,
       .down_kbit = 1000,
       .networks = {without_clock(a_network), without_clock(another_network)}},
      4s);
  EXPECT_EQ(state().bottleneck, Bottleneck::unknown);
}

TEST_F(Model, AQueueOfTheHomeIsToldUnlessWeMakeIt) {
  const SampleCase slow_wifi{
      .up_kbit = 60, .arrived_kbit = 60, .down_kbit = 3000, .networks = {answers(a_network, 0ms, 0ms)}, .home_queue = 180ms};
  see(slow_wifi);
  EXPECT_EQ(state().bottleneck, Bottleneck::home);
  see(slow_wifi, 250ms, true);
  EXPECT_EQ(state().bottleneck, Bottleneck::none);
}

TEST_F(Model, WhatWasNotSeenWholeTeachesNoUpload) {
  for (int i = 0; i < 20; ++i) {
    now_ += test::sample_length;
    LineSampled told = test::sample(now_, {.up_kbit = 1000,
                                           .arrived_kbit = 1000,
                                           .down_kbit = 40,
                                           .networks = {answers(a_network, 300ms, 0ms), answers(another_network, 300ms, 0ms)}});
    told.tcp->payload_sent = 0;
    model_.sampled(told, false);
  }
  EXPECT_FALSE(state().up.kbit);
  EXPECT_EQ(state().bottleneck, Bottleneck::upload) << "the queue is seen all the same";
}

TEST_F(Model, RatesAreInBytesOfTheLine) {
  TcSettings adsl;
  adsl.overhead = 40;
  adsl.link_layer = LinkLayer::atm;
  model_ = LineModel(adsl);
  see({.up_kbit = 1000,
       .arrived_kbit = 1000,
       .down_kbit = 40,
       .networks = {answers(a_network, 300ms, 0ms), answers(another_network, 300ms, 0ms)}},
      4s);
  EXPECT_NEAR(state().up.kbit.value_or(0), 1000 * 33 * 53 / 1500, 40) << "1500 bytes are 33 cells of 53";
}

TEST_F(Model, WhatStandsInQueuesIsNotKnownWhenNobodyLooks) {
  see({.up_kbit = 1000,
       .arrived_kbit = 1000,
       .down_kbit = 40,
       .networks = {answers(a_network, 300ms, 0ms), answers(another_network, 300ms, 0ms)}},
      4s);
  model_.looked_away();
  EXPECT_FALSE(state().up.queue);
  EXPECT_EQ(state().bottleneck, Bottleneck::unknown);
  EXPECT_FALSE(model_.is_full(Direction::up));
  EXPECT_TRUE(state().up.kbit);
  model_.forget();
  EXPECT_FALSE(state().up.kbit) << "another line";
}

}  // namespace
}  // namespace voip
