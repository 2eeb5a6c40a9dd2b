// What looked like a call and is none, and what looked like none and is a call.
#include <array>

#include "unit/detectors/call_shape_fixture.h"

namespace voip {
namespace {

const Stream game_client{16ms, 190};
const Stream game_server{16ms, 500};

class CallDoubts : public CallShapeTest {
 protected:
  // Reads several flows that all carry the same; returns how many became calls.
  std::size_t calls_of(std::size_t flows, const Stream& up, const Stream& down, Duration length) {
    std::size_t calls = 0;
    for (const Instant end = now_ + length; now_ < end;) {
      const Instant from = now_;
      now_ += 250ms;
      for (FlowSlot slot = 0; slot < flows; ++slot) {
        // Shifted, so that their sum has a clock of its own.
        const Duration shift = up.period * slot / static_cast<Duration::rep>(flows);
        const Stream sent{up.period, up.size, up.phase + shift};
        const Stream heard{down.period, down.size, down.phase + shift};
        detector_->flow_measured(slot, {250ms, sent.between(from, now_), heard.between(from, now_)});
      }
      std::vector<Verdict> changes;
      detector_->judge(now_, changes);
      for (const Verdict& change : changes) {
        calls += change.in_call ? 1 : 0;
      }
    }
    return calls;
  }
};

TEST_F(CallDoubts, AYoungCallThatTurnsOutToBeAGameIsTakenBack) {
  make();
  start(0, udp_flow(40000, 40002));
  ASSERT_TRUE(run(0, g711, g711, 2s));
  const Instant began = now_;
  const auto verdict = run(0, game_client, game_server, 10s);
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->in_call);
  EXPECT_TRUE(verdict->was_none);
  EXPECT_NE(verdict->reason.find("snapshot"), std::string::npos) << verdict->reason;
  EXPECT_LE(now_ - began, 5s);
  EXPECT_FALSE(run(0, game_client, game_server, 20s));
}

TEST_F(CallDoubts, ACallThatIsNoLongerYoungIsNotTakenBack) {
  make();
  start(0, udp_flow(40000, 40002));
  ASSERT_TRUE(run(0, g711, g711, 2s));
  EXPECT_FALSE(run(0, g711, g711, 6s));
  EXPECT_FALSE(run(0, game_client, game_server, 20s)) << "video may look like it for a while";
}

TEST_F(CallDoubts, WhatWasTakenBackNeedsMoreEvidenceAndCanStillBeACall) {
  make();
  start(0, udp_flow(40000, 40002));
  ASSERT_TRUE(run(0, g711, g711, 2s));
  const auto verdict = run(0, game_client, game_server, 10s);
  ASSERT_TRUE(verdict && verdict->was_none);
  const Instant began = now_;
  ASSERT_TRUE(run(0, g711, g711, 10s));
  EXPECT_GT(now_ - began, 500ms);
  EXPECT_LE(now_ - began, 3s);
}

TEST_F(CallDoubts, APhonesCallIsNeverTakenBack) {
  make();
  FlowFacts facts = udp_flow(40000, 40002);
  facts.role = Role::phone;
  start(0, facts);
  ASSERT_TRUE(run(0, game_client, game_server, 2s));
  EXPECT_FALSE(run(0, game_client, game_server, 20s));
}

TEST_F(CallDoubts, ADismissedFlowThatCarriesMoreIsYoungAgain) {
  make();
  start(0, udp_flow(40000, 40002));
  const Stream keystrokes{100ms, 60};
  EXPECT_FALSE(run(0, keystrokes, keystrokes, 8s));
  ASSERT_EQ(detector_->interest(0), Interest::dismissed);
  EXPECT_FALSE(run(0, keystrokes, keystrokes, 16s, 4s));
  const auto verdict = run(0, g711, g711, 1s, 1s);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->in_call);
}

TEST_F(CallDoubts, OneSocketWithManyPeersIsNoCall) {
  for (const std::uint16_t ports : {std::uint16_t{0}, std::uint16_t{2}}) {
    make();
    const std::array servers{"203.0.113.9", "198.51.100.7", "192.0.2.7"};
    for (FlowSlot slot = 0; slot < servers.size(); ++slot) {
      start(slot, udp_flow(static_cast<std::uint16_t>(40000 + ports * slot), 40002, servers.at(slot)));
    }
    const bool is_one_socket = ports == 0;
    EXPECT_EQ(calls_of(3, g711, g711, 10s), is_one_socket ? 0U : 3U);
  }
}

TEST_F(CallDoubts, RelaysOfOneNetworkAreNotManyPeers) {
  make();
  const std::array servers{"203.0.113.9", "203.0.113.10", "203.0.113.11"};
  for (FlowSlot slot = 0; slot < servers.size(); ++slot) {
    start(slot, udp_flow(40000, 40002, servers.at(slot)));
  }
  EXPECT_EQ(calls_of(3, g711, g711, 10s), 3U);
}

TEST_F(CallDoubts, TheSumOfManySparseFlowsIsNoCall) {
  for (const FlowSlot flows : {FlowSlot{2}, FlowSlot{5}}) {
    make();
    for (FlowSlot slot = 0; slot < flows; ++slot) {
      start(slot, udp_flow(static_cast<std::uint16_t>(40000 + slot), 40002));
    }
    const Stream part{20ms * flows, 200};
    EXPECT_EQ(calls_of(flows, part, part, 10s) > 0, flows == 2) << flows;
  }
}

TEST_F(CallDoubts, AClockThatIsOnlyAcknowledgedIsNoCall) {
  make();
  start(0, udp_flow(40000, 40002));
  // It may begin, as a call that is not heard yet does; then it ends at once.
  if (run(0, g711, {3s, 40, 100ms}, 30s)) {
    const auto verdict = run(0, g711, {3s, 40, 100ms}, 5s);
    ASSERT_TRUE(verdict);
    EXPECT_TRUE(verdict->was_none);
  }
  EXPECT_FALSE(run(0, g711, {3s, 40, 100ms}, 30s));
}

TEST_F(CallDoubts, ACallThatTurnsOutToBeAcknowledgedIsTakenBack) {
  make();
  start(0, udp_flow(40000, 40002));
  const Stream nothing{1h, 0, 1h};
  ASSERT_TRUE(run(0, g711, nothing, 2s)) << "a far end that is not heard";
  const Instant began = now_;
  const auto verdict = run(0, g711, {3s, 40, 900ms}, 30s);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->was_none);
  EXPECT_LE(now_ - began, 5s);
}

TEST_F(CallDoubts, AnExactAnswerToEachQueryIsNoCall) {
  make();
  start(0, udp_flow(40000, 40002));
  EXPECT_FALSE(run(0, {24ms, 70, 3ms}, {24ms, 160, 9ms}, 30s)) << "42 a second";
}

TEST_F(CallDoubts, ACameraWithAMutedFarEndIsACall) {
  make();
  start(0, udp_flow(40000, 40002));
  constexpr std::array<std::uint64_t, 5> video{90, 97, 76, 104, 83};
  std::vector<Verdict> changes;
  for (std::size_t i = 0; changes.empty() && i < 40; ++i) {
    now_ += 250ms;
    const std::uint64_t sent = video.at(i % video.size());
    detector_->flow_measured(0, {250ms, {sent, sent * 870}, {1, 148}});
    detector_->judge(now_, changes);
  }
  ASSERT_FALSE(changes.empty());
  EXPECT_LE(elapsed(), 4s);
}

}  // namespace
}  // namespace voip
