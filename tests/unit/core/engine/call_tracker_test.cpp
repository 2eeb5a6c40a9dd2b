#include "core/engine/call_tracker.h"

#include <gtest/gtest.h>

#include <array>

#include "unit/simulation.h"

namespace voip {
namespace {

// Says what it is told to.
class ScriptedDetector : public Detector {
 public:
  // Of each flow by its slot.
  struct Beliefs {
    std::array<CallKind, 8> kinds{};
    std::array<bool, 8> presumed{};
  };
  ScriptedDetector(std::vector<Verdict>& script, const Beliefs& beliefs) : script_(script), beliefs_(beliefs) {}
  [[nodiscard]] bool wants(const FlowFacts& /*facts*/) const override { return true; }
  void flow_started(FlowSlot /*slot*/, const FlowFacts& /*facts*/, Instant /*now*/) override {}
  void flow_ended(FlowSlot /*slot*/, Instant /*now*/) override {}
  void flow_measured(FlowSlot /*slot*/, const FlowStep& /*step*/) override {}
  void judge(Instant /*now*/, std::vector<Verdict>& changes) override { changes = std::exchange(script_, {}); }
  [[nodiscard]] Interest interest(FlowSlot /*slot*/) const override { return Interest::undecided; }
  [[nodiscard]] Opinion opinion(FlowSlot /*slot*/) const override { return {}; }
  [[nodiscard]] CallKind kind(FlowSlot slot) const override { return beliefs_.kinds.at(slot); }
  [[nodiscard]] bool is_presumed(FlowSlot slot) const override { return beliefs_.presumed.at(slot); }

 private:
  std::vector<Verdict>& script_;
  const Beliefs& beliefs_;
};

class CallTrackerTest : public testing::Test {
 protected:
  FlowSlot add(std::uint16_t client_port, const char* server) {
    Flow flow;
    flow.facts.key = flow_key("192.168.1.30", client_port, server, 3478);
    return *flows_.add(flow);
  }
  // What became of calls at that moment.
  std::vector<Call> judge(Instant now, std::vector<Verdict> verdicts) {
    script_ = std::move(verdicts);
    std::vector<Action> actions;
    tracker_.judge(now, flows_, actions);
    std::vector<Call> calls;
    found_.clear();
    for (const Action& action : actions) {
      if (const auto* started = std::get_if<CallStarted>(&action)) {
        calls.push_back(started->call);
      } else if (const auto* ended = std::get_if<CallEnded>(&action)) {
        calls.push_back(ended->call);
      } else if (const auto* found = std::get_if<CallKindFound>(&action)) {
        found_.push_back(found->call.kind);
      }
    }
    return calls;
  }

  std::vector<Verdict> script_;
  ScriptedDetector::Beliefs beliefs_;
  std::vector<CallKind> found_;  // at the last moment
  FlowTable flows_{8};
  CallTracker tracker_{Settings{}, std::make_unique<ScriptedDetector>(script_, beliefs_)};
};

TEST_F(CallTrackerTest, MediaThatHopsBetweenPeersOfOneSocketIsOneCall) {
  const FlowSlot relay = add(40000, "203.0.113.9");
  const FlowSlot peer = add(40000, "198.51.100.7");
  const FlowSlot other = add(40002, "192.0.2.7");
  EXPECT_EQ(judge(at(1s), {{relay, true, "clock"}}).size(), 1U);
  EXPECT_TRUE(judge(at(9s), {{peer, true, "clock"}}).empty()) << "it goes on";
  EXPECT_TRUE(judge(at(12s), {{relay, false, "silent", at(9s)}}).empty());
  EXPECT_EQ(tracker_.calls(), 1);
  EXPECT_EQ(judge(at(13s), {{other, true, "clock"}}).size(), 1U) << "another socket";
  const auto ended = judge(at(20s), {{peer, false, "silent", at(17s)}});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started, at(1s));
  EXPECT_EQ(ended[0].ended, at(17s));
  EXPECT_FALSE(ended[0].was_none);
}

TEST_F(CallTrackerTest, ACallIsPresumedUntilOneOfItsFlowsIsKnown) {
  const FlowSlot relay = add(40000, "203.0.113.9");
  const FlowSlot peer = add(40000, "198.51.100.7");
  beliefs_.presumed = {true, true};
  const auto started = judge(at(1s), {{relay, true, "presumed: rough"}});
  ASSERT_EQ(started.size(), 1U);
  EXPECT_TRUE(started[0].is_presumed);
  EXPECT_TRUE(tracker_.certainty(no_device).is_presumed);
  EXPECT_TRUE(tracker_.active_calls(flows_).at(0).is_presumed);
  beliefs_.presumed = {false, true};
  judge(at(2s), {});
  EXPECT_FALSE(tracker_.certainty(no_device).is_presumed);
  judge(at(3s), {{peer, true, "presumed: rough"}});
  beliefs_.presumed = {true, true};
  judge(at(4s), {});
  EXPECT_FALSE(tracker_.certainty(no_device).is_presumed) << "what is known stays so";
  EXPECT_FALSE(tracker_.active_calls(flows_).at(0).is_presumed);
}

TEST_F(CallTrackerTest, NothingIsPresumedWhereACallIsKnown) {
  const FlowSlot one = add(40000, "203.0.113.9");
  const FlowSlot other = add(40002, "198.51.100.7");
  EXPECT_FALSE(tracker_.certainty(no_device).is_presumed) << "there is none";
  beliefs_.presumed = {false, true};
  judge(at(1s), {{one, true, "clock"}, {other, true, "presumed: rough"}});
  EXPECT_FALSE(tracker_.certainty(no_device).is_presumed);
  judge(at(9s), {{one, false, "silent", at(8s)}});
  EXPECT_TRUE(tracker_.certainty(no_device).is_presumed) << "the other one is by itself";
}

TEST_F(CallTrackerTest, TheKindOfACallIsTheMostThatItHad) {
  const FlowSlot audio = add(40000, "203.0.113.9");
  const FlowSlot video = add(40002, "203.0.113.9");
  const auto started = judge(at(1s), {{audio, true, "clock"}});
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].kind, CallKind::unknown);
  EXPECT_TRUE(found_.empty());
  beliefs_.kinds = {CallKind::voice};
  judge(at(4s), {});
  EXPECT_EQ(found_, std::vector{CallKind::voice});
  judge(at(5s), {});
  EXPECT_TRUE(found_.empty()) << "no news";
  judge(at(6s), {{video, true, "rich"}});
  beliefs_.kinds = {CallKind::voice, CallKind::video};
  judge(at(7s), {});
  EXPECT_EQ(found_, std::vector{CallKind::video});
  EXPECT_EQ(tracker_.certainty(no_device).kind, CallKind::video);
  EXPECT_EQ(tracker_.active_calls(flows_).at(0).kind, CallKind::video);
  judge(at(9s), {{video, false, "silent", at(8s)}});
  EXPECT_EQ(tracker_.certainty(no_device).kind, CallKind::video) << "the camera was switched off";
  const auto ended = judge(at(20s), {{audio, false, "silent", at(17s)}});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].kind, CallKind::video);
  EXPECT_EQ(tracker_.certainty(no_device).kind, CallKind::unknown);
}

TEST_F(CallTrackerTest, WhatNeverWasACallIsOfNoKind) {
  const FlowSlot slot = add(40000, "203.0.113.9");
  beliefs_.kinds = {CallKind::voice};
  judge(at(1s), {{slot, true, "clock"}});
  const auto ended = judge(at(3s), {{slot, false, "snapshot", std::nullopt, true}});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].kind, CallKind::unknown);
}

TEST_F(CallTrackerTest, ACallThatIsTakenBackNeverWasOne) {
  const FlowSlot slot = add(40000, "203.0.113.9");
  judge(at(1s), {{slot, true, "clock"}});
  const auto ended = judge(at(3s), {{slot, false, "snapshot", std::nullopt, true}});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_TRUE(ended[0].was_none);
  EXPECT_EQ(ended[0].reason, "snapshot");
  EXPECT_FALSE(tracker_.heard_until()) << "nothing is released by it";
  EXPECT_EQ(tracker_.calls(), 0);
}

TEST_F(CallTrackerTest, ACallOfWhichOneFlowIsTakenBackWasOne) {
  const FlowSlot media = add(40000, "203.0.113.9");
  const FlowSlot doubtful = add(40000, "203.0.113.10");
  judge(at(1s), {{media, true, "clock"}, {doubtful, true, "clock"}});
  EXPECT_TRUE(judge(at(9s), {{media, false, "silent", at(8s)}}).empty());
  const auto ended = judge(at(10s), {{doubtful, false, "snapshot", std::nullopt, true}});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_FALSE(ended[0].was_none);
  EXPECT_TRUE(tracker_.heard_until());
}

}  // namespace
}  // namespace voip
