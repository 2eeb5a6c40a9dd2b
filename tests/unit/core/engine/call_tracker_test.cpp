#include "core/engine/call_tracker.h"

#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

// Says what it is told to.
class ScriptedDetector : public Detector {
 public:
  explicit ScriptedDetector(std::vector<Verdict>& script) : script_(script) {}
  [[nodiscard]] bool wants(const FlowFacts& /*facts*/) const override { return true; }
  void flow_started(FlowSlot /*slot*/, const FlowFacts& /*facts*/, Instant /*now*/) override {}
  void flow_ended(FlowSlot /*slot*/, Instant /*now*/) override {}
  void flow_measured(FlowSlot /*slot*/, const FlowStep& /*step*/) override {}
  void judge(Instant /*now*/, std::vector<Verdict>& changes) override { changes = std::exchange(script_, {}); }
  [[nodiscard]] Interest interest(FlowSlot /*slot*/) const override { return Interest::undecided; }
  [[nodiscard]] Opinion opinion(FlowSlot /*slot*/) const override { return {}; }

 private:
  std::vector<Verdict>& script_;
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
    for (const Action& action : actions) {
      if (const auto* started = std::get_if<CallStarted>(&action)) {
        calls.push_back(started->call);
      } else if (const auto* ended = std::get_if<CallEnded>(&action)) {
        calls.push_back(ended->call);
      }
    }
    return calls;
  }

  std::vector<Verdict> script_;
  FlowTable flows_{8};
  CallTracker tracker_{Settings{}, std::make_unique<ScriptedDetector>(script_)};
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
