// What others change of the shaping is put right, without a fight.
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey call_flow = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);
constexpr Reconciler::Abilities draining{.switches = true, .drains = true};

TEST(Repairs, WhatSomebodyElseSwitchedOffComesBack) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  world.actual = Qos::off;
  world.send(ShapingTouched{});
  world.run_for(1s);
  EXPECT_EQ(world.actual, Qos::on);
  const auto switched = world.all<QosSwitched>();
  ASSERT_EQ(switched.size(), 3U);
  EXPECT_FALSE(switched[1].is_on);
  EXPECT_TRUE(switched[2].is_on);
}

TEST(Repairs, WhoSwitchedIsTold) {
  Simulation world;
  world.run_for(10s);
  world.actual = Qos::on;
  world.send(ShapingTouched{});
  world.run_for(1s);
  EXPECT_EQ(world.actual, Qos::off);
  const auto switched = world.all<QosSwitched>();
  ASSERT_EQ(switched.size(), 2U);
  EXPECT_TRUE(switched[0].is_on);
  EXPECT_TRUE(switched[0].by_others);
  EXPECT_FALSE(switched[1].by_others);
}

TEST(Repairs, WhatAStartOfOthersBesideOurStopLeavesIsFoundSecondsAfterIt) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  world.traffic(call_flow, 0, 0);
  world.run_for(1min);
  ASSERT_EQ(world.actual, Qos::off);
  const auto off_at = world.log.empty() ? Instant{} : [&] {
    Instant last{};
    for (const auto& [when, action] : world.log) {
      if (const auto* order = std::get_if<SwitchQos>(&action); order != nullptr && order->wanted == Qos::off) {
        last = when;
      }
    }
    return last;
  }();
  std::size_t soon = 0;
  for (const auto& [when, action] : world.log) {
    soon += std::holds_alternative<ObserveQos>(action) && when > off_at + 1s && when < off_at + 10s ? 1U : 0U;
  }
  EXPECT_EQ(soon, 1U) << "one look besides the one right after the switch";
}

TEST(Repairs, AFightOverWhatCannotBeToldIsCountedToo) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  world.ordered.clear();
  for (int i = 0; i < 600; ++i) {  // for a minute
    if (world.report.observed == Qos::on) {
      world.actual.reset();
      world.flaw = "CAKE has another bandwidth";
    }
    world.send(ShapingTouched{});
    world.run_for(100ms);
  }
  EXPECT_LE(world.ordered.size(), 10U) << "the pauses grow";
  EXPECT_NE(world.report.error.find("something else has changed it"), std::string::npos) << world.report.error;
  EXPECT_NE(world.report.error.find("CAKE has another bandwidth"), std::string::npos);
}

TEST(Repairs, WhatOthersStartedAndIsLeftIsNotSwitchedOffButServesACall) {
  Simulation world;
  world.run_for(10s);
  world.actual = Qos::on;
  world.is_left = true;
  world.send(ShapingTouched{});
  world.run_for(10min);
  EXPECT_TRUE(world.ordered.empty());
  EXPECT_EQ(world.report.observed, Qos::on);
  EXPECT_FALSE(world.report.wanted);
  EXPECT_EQ(world.report.error, "");
  world.send(SetMode{.mode = Mode::off, .until_changed = true, .request = {RequestId::Asker::control, 7}});
  world.run_for(1s);
  const auto answers = world.all<OrderTaken>();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].result, OrderTaken::Result::failed);
  EXPECT_NE(answers[0].error.find("somebody else has switched it on"), std::string::npos) << answers[0].error;
}

TEST(Repairs, WhatIsLeftAtTheStartIsNotAdopted) {
  Simulation world({}, {.switches = true, .drains = false}, Qos::off);
  world.is_left = true;
  world.actual = Qos::on;
  world.send(ShapingTouched{});
  world.run_for(1min);
  world.send(StopRequested{});
  world.run_for(1s);
  EXPECT_TRUE(world.engine().finished()) << "nothing is to be switched off";
  EXPECT_TRUE(world.ordered.empty());
}

TEST(Repairs, WhatSomebodyElseBrokeIsPutRightAtOnceButNotInAFight) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  world.ordered.clear();
  world.actual = Qos::off;
  world.flaw = "the rules are missing";
  world.send(ShapingTouched{});
  world.run_for(500ms);
  EXPECT_EQ(world.ordered, std::vector<Qos>{Qos::on});
  EXPECT_EQ(world.flaw, "");
  world.run_for(5s);

  world.ordered.clear();
  for (int i = 0; i < 300; ++i) {  // for half a minute
    world.actual = Qos::off;
    world.flaw = "the rules are missing";
    world.send(ShapingTouched{});
    world.run_for(100ms);
  }
  EXPECT_GE(world.ordered.size(), 3U);
  EXPECT_LE(world.ordered.size(), 31U) << "one a second at most";
}

TEST(Repairs, ARepairDrainsNothing) {
  Simulation world({}, draining);
  world.traffic(call_flow, 50, 50);
  world.run_for(10s);
  ASSERT_EQ(world.ordered, (std::vector{Qos::draining, Qos::on}));
  world.ordered.clear();
  world.actual = Qos::off;
  world.send(ShapingTouched{});
  world.run_for(1s);
  EXPECT_EQ(world.ordered, std::vector{Qos::on}) << "at once, and nobody is slowed down for it";
  world.ordered.clear();
  world.traffic(call_flow, 0, 0);
  world.run_for(2min);
  world.traffic(call_flow, 50, 50);
  world.run_for(10s);
  EXPECT_EQ(world.ordered, (std::vector{Qos::off, Qos::draining, Qos::on})) << "the next call starts as the first did";
}

TEST(Repairs, AFightIsToldAndNotFoughtAtAnyPrice) {
  Simulation world({}, draining);
  world.traffic(call_flow, 50, 50);
  world.run_for(10s);
  world.log.clear();
  world.ordered.clear();
  std::vector<Instant> repaired;
  for (const Instant end = world.now() + 30min; world.now() < end; world.run_for(500ms)) {
    if (world.actual == Qos::on) {
      repaired.push_back(world.now());
      world.actual = Qos::off;  // by another program, for a reason of its own
      world.send(ShapingTouched{});
    }
  }
  EXPECT_EQ(std::count(world.ordered.begin(), world.ordered.end(), Qos::draining), 0);
  ASSERT_GE(repaired.size(), 25U) << "it is tried for ever";
  EXPECT_LE(repaired.size(), 45U);
  EXPECT_LE(repaired[1] - repaired[0], 2s);
  EXPECT_GE(repaired.back() - repaired[repaired.size() - 2], 55s) << "the pauses grow";
  EXPECT_LE(repaired.back() - repaired[repaired.size() - 2], 65s);
  EXPECT_NE(world.report.error.find("something else has changed it"), std::string::npos) << world.report.error;
  EXPECT_EQ(world.all<QosFailed>().size(), 1U) << "told once";

  world.run_for(5min);  // the other one has given up
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_EQ(world.report.error, "");
  world.actual = Qos::off;
  world.send(ShapingTouched{});
  world.run_for(1s);
  EXPECT_EQ(world.actual, Qos::on) << "put right at once again";
}

TEST(Repairs, AFewChangesAreNoFight) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  for (int i = 0; i < 20; ++i) {  // a firewall that is loaded anew each five minutes
    world.run_for(5min);
    world.actual = Qos::off;
    world.send(ShapingTouched{});
    world.run_for(1s);
    EXPECT_EQ(world.actual, Qos::on);
  }
  EXPECT_TRUE(world.all<QosFailed>().empty());
}

TEST(Repairs, AnAuditFindsWhatNobodyTold) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  world.actual = Qos::off;
  world.run_for(31s);
  EXPECT_EQ(world.actual, Qos::on);
}

}  // namespace
}  // namespace voip
