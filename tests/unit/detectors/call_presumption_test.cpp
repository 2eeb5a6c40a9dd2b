// Calls that are presumed on less evidence than it takes to know one, and what becomes of them.
#include <array>

#include "unit/detectors/call_shape_fixture.h"

namespace voip {
namespace {

struct Packets {
  std::uint64_t up;
  std::uint64_t down;
};

// Voice on a link that keeps no clock, as the router counts it quarter by quarter.
constexpr std::array<Packets, 8> voice_without_clock{{{7, 18}, {8, 17}, {6, 23}, {9, 16}, {7, 14}, {5, 17}, {8, 19}, {6, 15}}};
// Present, but with nothing that speaks for a codec.
constexpr std::array<Packets, 1> leftovers{{{3, 3}}};

class CallPresumptions : public CallShapeTest {
 protected:
  // The first change of verdict, if any, while these counts come again and again.
  template <std::size_t n>
  std::optional<Verdict> carry(FlowSlot slot, const std::array<Packets, n>& packets, Duration length) {
    const Instant end = now_ + length;
    for (std::size_t i = 0; now_ < end; ++i) {
      now_ += 250ms;
      const auto [up, down] = packets.at(i % n);
      detector_->flow_measured(slot, {250ms, {up, up * (90 + 9 * (i % 3))}, {down, down * (180 + 7 * (i % 4))}});
      std::vector<Verdict> changes;
      detector_->judge(now_, changes);
      if (!changes.empty()) {
        return changes.front();
      }
    }
    return std::nullopt;
  }
  static bool is_presumed(const Verdict& verdict) { return verdict.in_call && verdict.reason.starts_with("presumed: "); }
};

TEST_F(CallPresumptions, VoiceWithoutAClockIsPresumedBeforeItIsKnown) {
  make();
  start(0, udp_flow(40000, 40002));
  const auto verdict = carry(0, voice_without_clock, 5s);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(is_presumed(*verdict)) << verdict->reason;
  EXPECT_LE(elapsed(), 1250ms);
  EXPECT_FALSE(carry(0, voice_without_clock, 10s)) << "it is known soon after, and stays";
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
