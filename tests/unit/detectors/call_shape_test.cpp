#include <array>
#include <optional>

#include "unit/detectors/call_shape_fixture.h"

namespace voip {
namespace {

TEST_F(CallShapeTest, AVoiceCallIsKnownWithinASecondAndSaysWhy) {
  make();
  start(0, udp_flow(40000, 40002));
  const auto verdict = run(0, g711, {20ms, 200, 13ms}, 10s);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->in_call);
  EXPECT_LE(elapsed(), 1s);
  EXPECT_NE(verdict->reason.find("clock"), std::string::npos) << verdict->reason;
  EXPECT_EQ(detector_->interest(0), Interest::promising) << "it may turn out to be none";
  EXPECT_FALSE(run(0, g711, {20ms, 200, 13ms}, 5s));
  EXPECT_EQ(detector_->interest(0), Interest::in_call);
}

TEST_F(CallShapeTest, TheReasonOfAFlowInACallIsOfNow) {
  make();
  start(0, udp_flow(40000, 3478));
  ASSERT_TRUE(run(0, g711, silence, 10s));
  EXPECT_EQ(detector_->opinion(0).reason.find("down clock"), std::string::npos) << detector_->opinion(0).reason;
  EXPECT_FALSE(run(0, g711, silence, 6s, 1s));
  const std::int32_t score = detector_->opinion(0).score;
  EXPECT_FALSE(run(0, g711, g711, 10s, 1s));
  EXPECT_NE(detector_->opinion(0).reason.find("down clock"), std::string::npos) << detector_->opinion(0).reason;
  EXPECT_EQ(detector_->opinion(0).score, score) << "that is settled";
}

TEST_F(CallShapeTest, BothSidesMayBeginLongFramesInOneMomentWhateverTheReadings) {
  for (const Duration reading : {235ms, 250ms, 265ms}) {
    for (const Stream& voice : {Stream{40ms, 360, 7ms}, Stream{60ms, 520, 7ms}, Stream{60ms, 180, 7ms}}) {
      make();
      now_ = {};
      start(0, udp_flow(40000, 40002));
      EXPECT_TRUE(run(0, voice, voice, 10s, reading)) << voice.period.count() << " ms, read each " << reading.count();
      EXPECT_LE(elapsed(), 2500ms);
    }
  }
}

TEST_F(CallShapeTest, AReplyForEachRequestIsNoCall) {
  for (const Duration period : {100ms, 125ms, 250ms}) {
    make();
    start(0, udp_flow(40000, 40002));
    EXPECT_FALSE(run(0, {period, 120, 7ms}, {period, 130, 8ms}, 20s)) << period.count();
  }
}

TEST_F(CallShapeTest, RepliesToIrregularRequestsAreNoCallButTwoIrregularSpeakersAre) {
  constexpr std::array<std::uint64_t, 16> speech{7, 9, 6, 11, 5, 10, 7, 8, 12, 6, 9, 5, 10, 8, 11, 6};
  for (const bool replies : {true, false}) {
    make();
    start(0, udp_flow(40000, 40002));
    bool is_call = false;
    for (std::size_t i = 0; i < 40; ++i) {
      const std::uint64_t sent = speech.at(i % speech.size());
      const std::uint64_t heard = replies ? sent : speech.at((i * 5 + 3) % speech.size());
      now_ += 250ms;
      detector_->flow_measured(0, {250ms, {sent, sent * (120 + 9 * (i % 3))}, {heard, heard * (150 + 7 * (i % 4))}});
      std::vector<Verdict> changes;
      detector_->judge(now_, changes);
      is_call = is_call || !changes.empty();
    }
    EXPECT_EQ(is_call, !replies);
  }
}

TEST_F(CallShapeTest, TheCallEndsWithItsPackets) {
  make();
  start(0, udp_flow(40000, 40002));
  ASSERT_TRUE(run(0, g711, g711, 10s));
  const Instant hang_up = now_;
  const auto verdict = run(0, silence, silence, 10s);
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->in_call);
  EXPECT_LE(now_ - hang_up, 5s);
  // It takes seconds to be sure, but the silence is no part of the call.
  ASSERT_TRUE(verdict->heard_until);
  EXPECT_GE(*verdict->heard_until, hang_up);
  EXPECT_LE(*verdict->heard_until - hang_up, 1s);
}

TEST_F(CallShapeTest, TheCallEndsEvenIfNoCountersCome) {
  make();
  start(0, udp_flow(40000, 40002));
  ASSERT_TRUE(run(0, g711, g711, 10s));
  const Instant hang_up = now_;
  std::vector<Verdict> changes;
  while (changes.empty() && now_ - hang_up < 30s) {
    now_ += 1250ms;
    detector_->judge(now_, changes);
  }
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_FALSE(changes[0].in_call);
  EXPECT_LE(now_ - hang_up, 6s);
}

TEST_F(CallShapeTest, APauseOfThreeSecondsIsNoEnd) {
  make();
  start(0, udp_flow(40000, 40002));
  ASSERT_TRUE(run(0, g711, g711, 10s));
  EXPECT_FALSE(run(0, silence, silence, 3s));
  EXPECT_FALSE(run(0, g711, g711, 10s));
}

TEST_F(CallShapeTest, ASlowReadingKeepsACallGoing) {
  make();
  start(0, udp_flow(40000, 40002));
  ASSERT_TRUE(run(0, g711, g711, 10s));
  EXPECT_FALSE(run(0, g711, g711, 60s, 1s));
}

TEST_F(CallShapeTest, ReadingsOfUnevenLengthAreScaled) {
  make();
  start(0, udp_flow(40000, 40002));
  std::optional<Verdict> verdict;
  for (int i = 0; i < 8 && !verdict; ++i) {
    verdict = run(0, g711, {20ms, 200, 13ms}, 1ms, i % 2 == 0 ? 310ms : 190ms);
  }
  EXPECT_TRUE(verdict);
}

TEST_F(CallShapeTest, AGameClockIsNoCall) {
  make();
  start(0, udp_flow(40000, 40002));
  EXPECT_FALSE(run(0, {16ms, 90}, {16ms, 430}, 60s));
}

TEST_F(CallShapeTest, VideoDownloadsAreNoCalls) {
  make();
  start(0, udp_flow(40000, 40002));
  EXPECT_FALSE(run(0, {3ms, 52}, {1ms, 1400}, 30s));
}

TEST_F(CallShapeTest, APhonesMediaIsACallAtOnce) {
  make();
  FlowFacts facts = udp_flow(40000, 40002);
  facts.role = Role::phone;
  start(0, facts);
  EXPECT_TRUE(run(0, {60ms, 100}, silence, 250ms));
}

TEST_F(CallShapeTest, AnnouncedMediaIsACallAtOnce) {
  make();
  FlowFacts facts = udp_flow(40000, 40002);
  facts.is_expected = true;
  start(0, facts);
  EXPECT_TRUE(run(0, g711, silence, 250ms));
}

TEST_F(CallShapeTest, KeepAlivesOfAPhoneAreNoCall) {
  make();
  FlowFacts facts = udp_flow(40000, 40002);
  facts.role = Role::phone;
  start(0, facts);
  EXPECT_FALSE(run(0, {500ms, 60}, {500ms, 60}, 60s));
}

TEST_F(CallShapeTest, PortsAndRolesDecideWhatIsWanted) {
  make();
  EXPECT_TRUE(detector_->wants(udp_flow(40000, 40002)));
  EXPECT_FALSE(detector_->wants(udp_flow(40000, 53)));
  EXPECT_FALSE(detector_->wants(udp_flow(40000, 5060)));
  EXPECT_FALSE(detector_->wants(udp_flow(51820, 51820)));
  EXPECT_FALSE(detector_->wants(udp_flow(40000, 5000, "239.1.2.3")));
  FlowFacts facts = udp_flow(40000, 40002);
  facts.role = Role::never;
  EXPECT_FALSE(detector_->wants(facts));
  facts = udp_flow(40000, 40002);
  facts.key.protocol = protocol_tcp;
  EXPECT_FALSE(detector_->wants(facts));
  Settings settings;
  settings.detector.calls.voip_ports = {51820, 7000};
  settings.detector.calls.never_ports = {7000, 40002};
  make(settings);
  EXPECT_TRUE(detector_->wants(udp_flow(40000, 51820)));
  EXPECT_FALSE(detector_->wants(udp_flow(40000, 7000)));
  EXPECT_FALSE(detector_->wants(udp_flow(40000, 40002)));
}

TEST_F(CallShapeTest, WhatIsSilentOrContraryIsReadSeldom) {
  make();
  start(0, udp_flow(40000, 40002));
  EXPECT_EQ(detector_->interest(0), Interest::undecided);
  run(0, silence, silence, 5s);
  EXPECT_EQ(detector_->interest(0), Interest::quiet);
  run(0, {3ms, 52}, {1ms, 1400}, 8s);
  EXPECT_EQ(detector_->interest(0), Interest::dismissed);
}

TEST_F(CallShapeTest, MediaSplitOverTwoRelaysIsOneCall) {
  make();
  start(0, udp_flow(40000, 40002, "203.0.113.9"));
  start(1, udp_flow(40000, 40002, "203.0.113.77"));
  std::vector<Verdict> changes;
  while (changes.empty() && now_ < Instant(10s)) {
    const Instant from = now_;
    now_ += 250ms;
    detector_->flow_measured(0, {250ms, g711.between(from, now_), {}});
    detector_->flow_measured(1, {250ms, {}, g711.between(from, now_)});
    detector_->judge(now_, changes);
  }
  EXPECT_FALSE(changes.empty());
  EXPECT_LE(elapsed(), 1500ms);
}

TEST_F(CallShapeTest, ASlotCanBeUsedAgain) {
  make();
  start(0, udp_flow(40000, 40002));
  ASSERT_TRUE(run(0, g711, g711, 10s));
  detector_->flow_ended(0, now_);
  start(0, udp_flow(40010, 40012));
  EXPECT_EQ(detector_->opinion(0).score, 0);
  EXPECT_FALSE(run(0, silence, silence, 20s));
}

TEST_F(CallShapeTest, SensitivityChangesWithoutLosingTheCall) {
  make();
  start(0, udp_flow(40000, 40002));
  start(1, udp_flow(40004, 40006, "198.51.100.7"));
  ASSERT_TRUE(run(0, g711, g711, 10s));
  const auto threshold = detector_->opinion(1).threshold;
  detector_->set_sensitivity(Sensitivity::low);
  EXPECT_GT(detector_->opinion(1).threshold, threshold) << "of flows that live already";
  EXPECT_FALSE(run(0, g711, g711, 10s)) << "the call goes on";
  EXPECT_EQ(detector_->interest(0), Interest::in_call);
  start(2, udp_flow(40008, 40010, "192.0.2.7"));
  EXPECT_EQ(detector_->opinion(2).threshold, detector_->opinion(1).threshold) << "and of new ones";
  detector_->set_sensitivity(Sensitivity::normal);
  EXPECT_EQ(detector_->opinion(1).threshold, threshold);
}

}  // namespace
}  // namespace voip
