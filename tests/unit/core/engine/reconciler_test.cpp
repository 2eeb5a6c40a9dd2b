#include "core/engine/reconciler.h"

#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey call_flow = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);
constexpr Reconciler::Abilities draining{.switches = true, .drains = true};

SetMode lasting(Mode mode) {
  return {.mode = mode, .until_changed = true};
}

TEST(Reconciler, AFailureIsRetriedQuicklyThenReportedThenHealsByItself) {
  Simulation world;
  bool is_broken = true;
  world.fault = [&is_broken](Qos) { return is_broken ? std::string("qos-start: No such file or directory") : std::string(); };
  world.send(lasting(Mode::on));
  world.run_for(3s);
  EXPECT_EQ(world.report.error, "") << "still being tried";
  world.run_for(20s);
  EXPECT_EQ(world.report.error, "qos-start: No such file or directory");
  EXPECT_EQ(world.report.observed, Qos::off);
  EXPECT_EQ(world.all<QosFailed>().size(), 1U);
  world.run_for(1h);
  EXPECT_EQ(world.all<QosFailed>().size(), 1U) << "told once, not per attempt";
  const std::size_t attempts = world.ordered.size();
  EXPECT_LE(attempts, 5U + 62U);
  is_broken = false;
  world.run_for(61s);
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_EQ(world.report.observed, Qos::on);
  EXPECT_EQ(world.report.error, "");
}

TEST(Reconciler, AScriptThatLiesIsFoundOut) {
  Simulation world;
  world.lies = true;
  world.send(lasting(Mode::on));
  world.run_for(30s);
  EXPECT_EQ(world.report.observed, Qos::off);
  EXPECT_NE(world.report.error.find("ended without an error, but it is seen to be off"), std::string::npos) << world.report.error;
}

TEST(Reconciler, SwitchesNeverOverlap) {
  Simulation world;
  world.switch_time = 5s;
  for (int i = 0; i < 20; ++i) {
    world.send(lasting(i % 2 == 0 ? Mode::on : Mode::off));
    world.run_for(200ms);
  }
  EXPECT_LE(world.ordered.size(), 1U);
  world.send(lasting(Mode::on));
  world.run_for(30s);
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_EQ(world.report.observed, Qos::on);
}

TEST(Reconciler, AStormOfChangesIsLookedAtOnceInAWhile) {
  Simulation world;
  const std::size_t before = world.all<ObserveQos>().size();
  for (int i = 0; i < 1000; ++i) {
    world.send(ShapingTouched{});
    world.run_for(1ms);
  }
  EXPECT_LE(world.all<ObserveQos>().size() - before, 5U);
}

TEST(Reconciler, TheLineIsDrainedFirstAndThenSettled) {
  Simulation world({}, draining);
  world.traffic(call_flow, 50, 50);
  world.run_for(800ms);
  EXPECT_EQ(world.actual, Qos::draining);
  EXPECT_EQ(world.report.observed, Qos::draining);
  world.run_for(2s);
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_EQ(world.ordered, (std::vector{Qos::draining, Qos::on}));
  EXPECT_EQ(world.all<QosSwitched>().size(), 1U) << "draining is on for everybody outside";
}

TEST(Reconciler, DrainingCanBeSwitchedOffBySetting) {
  Settings settings;
  settings.qos.tc.drain = Drain::off;
  Simulation world(settings, draining);
  world.traffic(call_flow, 50, 50);
  world.run_for(3s);
  EXPECT_EQ(world.ordered, std::vector{Qos::on});
}

TEST(Reconciler, ADrainThatAKilledRunLeftIsSettledAtOnce) {
  Simulation world({}, draining, Qos::draining);
  world.run_for(1s);
  EXPECT_EQ(world.actual, Qos::on);
  world.run_for(30s);
  EXPECT_EQ(world.actual, Qos::off);
}

TEST(Reconciler, AnUnknownStateIsSwitchedOffToKnowIt) {
  Simulation world;
  Reconciler reconciler(QosSettings{}, 5min, {});
  std::vector<Action> actions;
  reconciler.advance(at(0s), actions);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<ObserveQos>(actions[0]));
  EXPECT_TRUE(reconciler.observed({std::nullopt, ""}, at(0s)));
  actions.clear();
  reconciler.advance(at(0s), actions);
  ASSERT_EQ(actions.size(), 1U);
  ASSERT_TRUE(std::holds_alternative<SwitchQos>(actions[0]));
  EXPECT_EQ(std::get<SwitchQos>(actions[0]).wanted, Qos::off);
}

TEST(Reconciler, ARemainderThatIsSeenIsPutRightAndReportedIfItStays) {
  Reconciler reconciler(QosSettings{}, 5min, {});
  std::vector<Action> actions;
  std::size_t switches = 0;
  for (Instant now = at(0s); now < at(60s); now += 100ms) {
    actions.clear();
    reconciler.advance(now, actions);
    for (const Action& action : actions) {
      if (std::holds_alternative<ObserveQos>(action)) {
        reconciler.observed({Qos::off, "left-over rules in FORWARD"}, now);
      } else if (const auto* wanted = std::get_if<SwitchQos>(&action)) {
        ++switches;
        reconciler.switch_finished({wanted->wanted, ""}, now);
      }
    }
  }
  EXPECT_EQ(reconciler.problem(), "left-over rules in FORWARD");
  EXPECT_GE(switches, 4U);
  EXPECT_LE(switches, 8U);
}

TEST(Reconciler, ARemainderIsPutRightAlsoWhereTheWishHasComeToMeetIt) {
  // A run that was killed while it switched off left parts; the next wants QoS on for a moment, and off before it tried.
  Reconciler reconciler(QosSettings{}, 5min, {});
  reconciler.want(true);
  std::vector<Action> actions;
  reconciler.advance(at(0s), actions);
  reconciler.observed({Qos::off, "parts of our shaping are left over"}, at(0s));
  reconciler.want(false);
  actions.clear();
  reconciler.advance(at(100ms), actions);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(std::get<SwitchQos>(actions[0]).wanted, Qos::off);
  reconciler.switch_finished({Qos::off, ""}, at(200ms));
  actions.clear();
  reconciler.advance(at(200ms), actions);
  reconciler.observed({Qos::off, ""}, at(200ms));
  actions.clear();
  reconciler.advance(at(300ms), actions);
  EXPECT_TRUE(actions.empty());
}

TEST(Reconciler, WhatEndsByItselfIsRenewedAtOnceAndIsNoSwitchAndNoProblem) {
  Reconciler reconciler(QosSettings{}, 5min, {});
  reconciler.want(true);
  std::vector<Action> actions;
  std::vector<Instant> renewed;
  Instant ends = at(-1s);
  for (Instant now = at(0s); now < at(10min); now += 100ms) {
    actions.clear();
    reconciler.advance(now, actions);
    for (const Action& action : actions) {
      if (std::holds_alternative<ObserveQos>(action)) {
        reconciler.observed({Qos::on, "", now + 45s > ends}, now);
      } else if (std::holds_alternative<SwitchQos>(action)) {
        renewed.push_back(now);
        ends = now + 60s;
        reconciler.switch_finished({Qos::on, ""}, now);
      }
    }
    EXPECT_EQ(reconciler.problem(), "");
  }
  ASSERT_GE(renewed.size(), 19U);
  EXPECT_LE(renewed.size(), 21U);
  for (std::size_t i = 1; i < renewed.size(); ++i) {
    EXPECT_LT(renewed[i] - renewed[i - 1], 60s) << "it would have ended in between";
  }
  EXPECT_EQ(reconciler.switches(), 0U);
  reconciler.want(false);
  actions.clear();
  reconciler.observed({Qos::on, "", true}, at(11min));
  reconciler.advance(at(11min), actions);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(std::get<SwitchQos>(actions[0]).wanted, Qos::off);
}

TEST(Reconciler, ARefusalIsNoSwitch) {
  Reconciler reconciler(QosSettings{}, 5min, {.switches = true});
  reconciler.observed({Qos::off, ""}, at(0s));
  reconciler.want(true);
  for (const bool was_tried : {false, true}) {
    std::vector<Action> actions;
    for (Instant now = at(0s); actions.empty() || !std::holds_alternative<SwitchQos>(actions.back()); now += 1s) {
      reconciler.advance(now, actions);
      if (!actions.empty() && std::holds_alternative<ObserveQos>(actions.back())) {
        reconciler.observed({Qos::off, ""}, now);
      }
    }
    reconciler.switch_finished({Qos::on, "no", was_tried}, at(10min));
    EXPECT_EQ(reconciler.switches(), was_tried ? 1U : 0U);
    reconciler.observed({Qos::off, ""}, at(10min));
  }
}

TEST(Reconciler, ARenewalThatDoesNotTakeIsAProblemAndIsNotTriedInALoop) {
  Reconciler reconciler(QosSettings{}, 5min, {});
  reconciler.want(true);
  std::vector<Action> actions;
  std::size_t switches = 0;
  for (Instant now = at(0s); now < at(60s); now += 10ms) {
    actions.clear();
    reconciler.advance(now, actions);
    for (const Action& action : actions) {
      if (std::holds_alternative<ObserveQos>(action)) {
        reconciler.observed({Qos::on, "", true}, now);
      } else if (std::holds_alternative<SwitchQos>(action)) {
        ++switches;
        reconciler.switch_finished({Qos::on, ""}, now);
      }
    }
  }
  EXPECT_LE(switches, 8U);
  EXPECT_NE(reconciler.problem().find("though not as it is to be now"), std::string::npos) << reconciler.problem();
}

TEST(Reconciler, EveryFaultAtEveryMomentEndsInTheWantedState) {
  // A switch that fails, lies or takes long, at each of the first twenty attempts, while wishes change at awkward moments.
  for (unsigned pattern = 0; pattern < 256; ++pattern) {
    Simulation world({}, draining);
    unsigned attempt = 0;
    world.switch_time = 50ms + (pattern % 5) * 400ms;
    world.fault = [&](Qos) {
      const bool fails = attempt < 8 && ((pattern >> attempt) & 1U) != 0;
      ++attempt;
      return fails ? std::string("it failed") : std::string();
    };
    for (int i = 0; i < 6; ++i) {
      world.send(lasting(((pattern >> static_cast<unsigned>(i)) & 1U) != 0 ? Mode::on : Mode::off));
      world.run_for(300ms * (1 + i));
    }
    world.send(lasting(pattern % 2 == 0 ? Mode::on : Mode::off));
    world.run_for(5min);
    EXPECT_EQ(world.actual, pattern % 2 == 0 ? Qos::on : Qos::off) << pattern;
    EXPECT_EQ(world.report.observed, world.actual) << pattern;
    EXPECT_EQ(world.report.error, "") << pattern;
  }
}

}  // namespace
}  // namespace voip
