// Calls that are presumed on less evidence than it takes to know one, and what becomes of them.
#include <array>

#include "unit/detectors/call_shape_fixture.h"

namespace voip {
namespace {

struct Packets {
  std::uint64_t up;
  std::uint64_t down;
};

struct Quarter {
  std::uint64_t up;
  std::uint64_t up_bytes;
  std::uint64_t down;
  std::uint64_t down_bytes;
};

// Voice on a link that keeps no clock, as the router counts it quarter by quarter.
constexpr std::array<Packets, 8> voice_without_clock{{{7, 18}, {8, 17}, {6, 23}, {9, 16}, {7, 14}, {5, 17}, {8, 19}, {6, 15}}};
// Present, but with nothing that speaks for a codec.
constexpr std::array<Packets, 1> leftovers{{{3, 3}}};

class CallPresumptions : public CallShapeTest {
 protected:
  // The first change of verdict, if any, while these counts come again and again, from one of them on.
  template <std::size_t n>
  std::optional<Verdict> carry(FlowSlot slot, const std::array<Quarter, n>& quarters, Duration length, std::size_t first = 0) {
    const Instant end = now_ + length;
    for (std::size_t i = first; now_ < end; ++i) {
      now_ += 250ms;
      const Quarter& quarter = quarters.at(i % n);
      detector_->flow_measured(slot, {250ms, {quarter.up, quarter.up_bytes}, {quarter.down, quarter.down_bytes}});
      std::vector<Verdict> changes;
      detector_->judge(now_, changes);
      if (!changes.empty()) {
        return changes.front();
      }
    }
    return std::nullopt;
  }
  // Of sizes as voice has them.
  template <std::size_t n>
  std::optional<Verdict> carry(FlowSlot slot, const std::array<Packets, n>& packets, Duration length) {
    std::array<Quarter, 12 * n> quarters{};  // until the sizes come again, too
    for (std::size_t i = 0; i < quarters.size(); ++i) {
      const auto [up, down] = packets.at(i % n);
      quarters.at(i) = {up, up * (90 + 9 * (i % 3)), down, down * (180 + 7 * (i % 4))};
    }
    return carry(slot, quarters, length);
  }
  static bool is_presumed(const Verdict& verdict) { return verdict.in_call && verdict.reason.starts_with("presumed: "); }
};

TEST_F(CallPresumptions, VoiceWithoutAClockIsPresumedBeforeItIsKnown) {
  make();
  start(0, udp_flow(40000, 40002));
  const auto verdict = carry(0, voice_without_clock, 5s);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(is_presumed(*verdict)) << verdict->reason;
  EXPECT_TRUE(detector_->is_presumed(0));
  EXPECT_LE(elapsed(), 1250ms);
  EXPECT_FALSE(carry(0, voice_without_clock, 10s)) << "it is known soon after, and stays";
  EXPECT_FALSE(detector_->is_presumed(0));
}

TEST_F(CallPresumptions, WhatStopsAndGoesIsNotPresumed) {
  make();
  start(0, udp_flow(40000, 40002));
  constexpr std::array<Packets, 3> pages{{{7, 18}, {8, 17}, {0, 0}}};
  const auto verdict = carry(0, pages, 10s);
  EXPECT_FALSE(verdict && is_presumed(*verdict)) << verdict->reason;
}

TEST_F(CallPresumptions, WhatIsNotConfirmedWasNoneAndIsNotPresumedAgain) {
  make();
  start(0, udp_flow(40000, 40002));
  const auto verdict = carry(0, voice_without_clock, 2s);
  ASSERT_TRUE(verdict && is_presumed(*verdict));
  const Instant began = now_;
  const auto end = carry(0, leftovers, 10s);
  ASSERT_TRUE(end);
  EXPECT_FALSE(end->in_call);
  EXPECT_TRUE(end->was_none);
  EXPECT_LE(now_ - began, 3s);
  EXPECT_FALSE(carry(0, leftovers, 4s));
  const auto again = carry(0, voice_without_clock, 10s);
  ASSERT_TRUE(again) << "with all the evidence it can still be a call";
  EXPECT_FALSE(is_presumed(*again)) << again->reason;
}

TEST_F(CallPresumptions, WhereCallsAreCommonHalfASecondIsEnough) {
  for (const bool is_same_socket : {true, false}) {
    now_ = {};
    make();
    start(1, udp_flow(40000, 3478, "198.51.100.7"));
    start(0, udp_flow(is_same_socket ? 40000 : 40010, 40002));
    const auto verdict = carry(0, voice_without_clock, 5s);
    ASSERT_TRUE(verdict);
    EXPECT_EQ(elapsed() <= 500ms, is_same_socket) << elapsed().count();
  }
}

TEST_F(CallPresumptions, ManyPacketsOfVoiceSizeNeedHalfASecond) {
  make();
  start(0, udp_flow(40000, 40002));
  constexpr std::array<Packets, 4> busy{{{10, 18}, {13, 22}, {11, 19}, {9, 16}}};
  const auto verdict = carry(0, busy, 5s);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(is_presumed(*verdict)) << verdict->reason;
  EXPECT_EQ(elapsed(), 500ms);
}

TEST_F(CallPresumptions, ClocksThatNoCodecHasAreNotPresumed) {
  constexpr std::array<Quarter, 1> at_40_a_second{{{10, 1100, 8, 1300}}};
  constexpr std::array<Quarter, 1> input_of_a_player{{{15, 1000, 9, 1800}}};
  make();
  start(0, udp_flow(40000, 40002));
  start(1, udp_flow(40001, 40003));
  EXPECT_FALSE(carry(0, at_40_a_second, 1s));
  EXPECT_FALSE(carry(1, input_of_a_player, 1s));
}

TEST_F(CallPresumptions, OnAPortOfCallsAQuarterOfMediaIsEnough) {
  constexpr std::array<Quarter, 1> media{{{18, 5000, 12, 6200}}};
  for (const bool is_port_of_calls : {true, false}) {
    now_ = {};
    make();
    start(1, udp_flow(40000, 3478, "198.51.100.7"));
    start(0, udp_flow(40000, is_port_of_calls ? 3478 : 40002));
    EXPECT_EQ(bool(carry(0, media, 250ms)), is_port_of_calls) << "elsewhere it may be a download that found its way by STUN";
  }
}

TEST_F(CallPresumptions, BesideAPortOfCallsAQuarterOfVoiceIsEnough) {
  make();
  start(1, udp_flow(40000, 3478, "198.51.100.7"));
  start(0, udp_flow(40000, 40002));
  constexpr std::array<Quarter, 1> voice{{{7, 900, 12, 1300}}};
  EXPECT_TRUE(carry(0, voice, 250ms));
}

TEST_F(CallPresumptions, AReplyToEachRequestIsNoMediaOnAPortOfCallsEither) {
  make();
  start(0, udp_flow(40000, 3478));
  constexpr std::array<Quarter, 1> handshake{{{14, 1700, 14, 6200}}};
  EXPECT_FALSE(carry(0, handshake, 250ms));
}

TEST_F(CallPresumptions, VoiceOneWayCountsOnAPortOfCallsWhereTheOtherSideIsHeard) {
  constexpr std::array<Quarter, 1> spoken{{{12, 1300, 0, 0}}};
  constexpr std::array<Quarter, 1> heard{{{0, 0, 2, 200}}};
  for (const bool is_heard : {true, false}) {
    now_ = {};
    make();
    start(0, udp_flow(40000, 3478));
    start(1, udp_flow(40000, 3479, "203.0.113.10"));
    if (is_heard) {
      EXPECT_FALSE(carry(1, heard, 250ms));
    }
    EXPECT_EQ(bool(carry(0, spoken, 250ms)), is_heard);
  }
}

TEST_F(CallPresumptions, WhatIsNearACallHasLongerToBecomeOne) {
  make();
  start(0, udp_flow(40000, 40002));
  // Voice one way, and voice with a shared screen the other, on a link that is throttled.
  constexpr std::array<Quarter, 20> shared{{{11, 1163, 19, 4077}, {9, 789, 24, 6367}, {8, 686, 27, 8345},   {10, 1079, 24, 6514},
                                            {8, 748, 19, 4717},   {9, 875, 31, 5032}, {6, 608, 39, 6602},   {13, 1171, 24, 6053},
                                            {9, 771, 14, 4380},   {9, 732, 25, 6454}, {14, 1295, 29, 7730}, {8, 796, 19, 4248},
                                            {7, 691, 23, 3676},   {5, 663, 7, 697},   {1, 92, 2, 328},      {4, 391, 5, 392},
                                            {6, 592, 5, 633},     {8, 903, 8, 894},   {10, 911, 24, 4279},  {6, 596, 19, 2965}}};
  const auto verdict = carry(0, shared, 5s);
  ASSERT_TRUE(verdict && is_presumed(*verdict));
  const auto end = carry(0, shared, 4s, static_cast<std::size_t>(elapsed() / 250ms));
  EXPECT_FALSE(end) << end->reason;
}

TEST_F(CallPresumptions, SomeContraryQuartersDoNotEndIt) {
  make();
  start(0, udp_flow(40000, 40002));
  const auto verdict = carry(0, voice_without_clock, 2s);
  ASSERT_TRUE(verdict && is_presumed(*verdict));
  constexpr std::array<Packets, 1> burst{{{6, 34}}};
  EXPECT_FALSE(carry(0, burst, 500ms));
  const auto end = carry(0, voice_without_clock, 10s);
  EXPECT_FALSE(end) << end->reason;
}

TEST_F(CallPresumptions, LowSensitivityPresumesNothing) {
  Settings settings;
  settings.detector.calls.sensitivity = Sensitivity::low;
  make(settings);
  start(0, udp_flow(40000, 3478));
  const auto verdict = carry(0, voice_without_clock, 10s);
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(is_presumed(*verdict)) << verdict->reason;
}

TEST_F(CallPresumptions, NothingIsPresumedOnAPortOfAnything) {
  make();
  start(0, udp_flow(40000, 443));
  const auto verdict = carry(0, voice_without_clock, 3s);
  EXPECT_FALSE(verdict) << verdict->reason;
}

}  // namespace
}  // namespace voip
