// Whether a call is voice or video, and when that is told.
#include <algorithm>
#include <initializer_list>

#include "unit/detectors/call_shape_fixture.h"

namespace voip {
namespace {

constexpr Stream camera{16ms, 900, 3ms};  // 450 kbit/s
constexpr Stream opus{20ms, 110, 7ms};

class CallKinds : public CallShapeTest {
 protected:
  struct Carried {
    FlowSlot slot;
    Stream up;
    Stream down;
  };

  // All of it is read for that long.
  void carry(std::initializer_list<Carried> flows, Duration length, Duration reading = 250ms) {
    for (const Instant end = now_ + length; now_ < end;) {
      const Instant from = now_;
      now_ += reading;
      for (const Carried& flow : flows) {
        detector_->flow_measured(flow.slot, {reading, flow.up.between(from, now_), flow.down.between(from, now_)});
      }
      std::vector<Verdict> changes;
      detector_->judge(now_, changes);
      for (const Verdict& verdict : changes) {
        in_call_ = verdict.in_call ? std::optional(verdict.slot) : std::nullopt;
        told_at_ = now_;
      }
    }
  }
  // Of the call that is up.
  [[nodiscard]] CallKind kind() const { return in_call_ ? detector_->kind(*in_call_) : CallKind::unknown; }
  // How long after the call was told; nothing where it does not become that.
  std::optional<Duration> until(CallKind wanted, std::initializer_list<Carried> flows, Duration longest) {
    for (const Instant end = now_ + longest; now_ < end;) {
      carry(flows, 250ms);
      if (kind() == wanted) {
        return now_ - told_at_;
      }
    }
    return std::nullopt;
  }

  std::optional<FlowSlot> in_call_;
  Instant told_at_{};
};

TEST_F(CallKinds, VoiceIsToldWithinThreeSecondsAndNotAtOnce) {
  for (const Stream& codec : {g711, opus, Stream{30ms, 280, 7ms}, Stream{60ms, 210, 7ms}}) {
    make();
    in_call_.reset();
    start(0, udp_flow(40000, 40002));
    const auto after = until(CallKind::voice, {{0, codec, codec}}, 10s);
    ASSERT_TRUE(after) << codec.size;
    EXPECT_GE(*after, 2500ms) << "pictures may follow";
    EXPECT_LE(*after, 3s);
    detector_->flow_ended(0, now_);
  }
}

TEST_F(CallKinds, VoiceOfHighFidelityIsNoVideo) {
  make();
  start(0, udp_flow(40000, 40002));
  const Stream music{20ms, 500, 7ms};  // 184 kbit/s
  carry({{0, music, music}}, 20s);
  ASSERT_TRUE(in_call_);
  EXPECT_NE(kind(), CallKind::video);
}

TEST_F(CallKinds, PicturesOnTheFlowOfTheVoiceAreVideo) {
  make();
  start(0, udp_flow(40000, 3478));
  const auto after = until(CallKind::video, {{0, camera, camera}}, 10s);
  ASSERT_TRUE(after);
  EXPECT_LE(*after, 3s);
}

TEST_F(CallKinds, PicturesOneWayAreVideo) {
  make();
  start(0, udp_flow(40000, 3478));
  EXPECT_TRUE(until(CallKind::video, {{0, opus, camera}}, 10s));
}

TEST_F(CallKinds, PicturesOnAFlowBesideAreVideo) {
  make();
  start(0, udp_flow(40000, 40002));
  start(1, udp_flow(40004, 40006));
  EXPECT_TRUE(until(CallKind::video, {{0, opus, opus}, {1, camera, silence}}, 10s));
}

TEST_F(CallKinds, PicturesToSomebodyElseAreNotOfTheCall) {
  make();
  start(0, udp_flow(40000, 40002));
  start(1, udp_flow(40004, 443, "198.51.100.7"));
  carry({{0, opus, opus}, {1, silence, camera}}, 10s);
  EXPECT_EQ(kind(), CallKind::voice);
}

TEST_F(CallKinds, ACameraThatComesLaterMakesVideoOfVoiceForGood) {
  make();
  start(0, udp_flow(40000, 40002));
  ASSERT_TRUE(until(CallKind::voice, {{0, opus, opus}}, 10s));
  carry({{0, opus, opus}}, 10s, 1s);
  EXPECT_TRUE(until(CallKind::video, {{0, camera, opus}}, 5s));
  carry({{0, opus, opus}}, 30s, 1s);
  EXPECT_EQ(kind(), CallKind::video);
}

TEST_F(CallKinds, AProbeOfTheLineIsNoPicture) {
  make();
  start(0, udp_flow(40000, 40002));
  carry({{0, opus, opus}}, 1s);
  ASSERT_TRUE(in_call_);
  carry({{0, Stream{8ms, 1100, 1ms}, opus}}, 1s);
  EXPECT_EQ(kind(), CallKind::unknown);
  EXPECT_TRUE(until(CallKind::voice, {{0, opus, opus}}, 5s)) << "once that is seconds ago";
}

// More than voice has, but in small packets: many voices at once, or few pictures.
TEST_F(CallKinds, WhatIsNeitherStaysUnknown) {
  make();
  start(0, udp_flow(40000, 3478));
  const Stream bundle{11ms, 290, 3ms};
  carry({{0, bundle, opus}}, 20s);
  ASSERT_TRUE(in_call_);
  EXPECT_EQ(kind(), CallKind::unknown);
}

TEST_F(CallKinds, TheNextCallIsLookedAtAnew) {
  make();
  start(0, udp_flow(40000, 40002));
  ASSERT_TRUE(until(CallKind::video, {{0, camera, opus}}, 20s));
  carry({{0, silence, silence}}, 20s);
  ASSERT_FALSE(in_call_);
  carry({{0, opus, opus}}, 1500ms);
  ASSERT_TRUE(in_call_);
  EXPECT_EQ(kind(), CallKind::unknown);
  EXPECT_TRUE(until(CallKind::voice, {{0, opus, opus}}, 5s));
}

TEST_F(CallKinds, ADetectorThatDoesNotLookForItKnowsNone) {
  Settings settings;
  settings.detector.use = "threshold";
  detector_ = find_detector("threshold")->make(settings);
  start(0, udp_flow(40000, 40002));
  carry({{0, g711, g711}}, 20s);
  ASSERT_TRUE(in_call_);
  EXPECT_EQ(kind(), CallKind::unknown);
  EXPECT_FALSE(detector_->is_presumed(0));
}

}  // namespace
}  // namespace voip
