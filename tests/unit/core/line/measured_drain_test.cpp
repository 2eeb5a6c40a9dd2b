// The draining step that lasts as long as is measured, in the whole engine.
#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey call_flow = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);
constexpr Reconciler::Abilities draining{.switches = true, .drains = true};

Settings measured() {
  Settings settings;
  settings.qos.tc.upload_kbit = 900;
  settings.qos.tc.drain = Drain::measured;
  return settings;
}

SetMode lasting(Mode mode) {
  return {.mode = mode, .until_changed = true};
}

bool is_measuring(const Simulation& world) {
  const auto orders = world.all<MeasureDelay>();
  return !orders.empty() && orders.back().is_wanted;
}

TEST(MeasuredDrain, TheLineIsWatchedOnlyWhileQosComesOn) {
  Simulation world(measured(), draining);
  world.run_for(10min);
  EXPECT_TRUE(world.all<MeasureDelay>().empty()) << "nothing to decide";
  world.send(lasting(Mode::on));
  EXPECT_TRUE(is_measuring(world));
  world.run_for(10s);
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_FALSE(is_measuring(world));
  EXPECT_EQ(world.all<MeasureDelay>().size(), 2U);
  EXPECT_EQ(world.ordered, (std::vector{Qos::draining, Qos::on}));
  world.send(lasting(Mode::off));
  world.run_for(1min);
  EXPECT_EQ(world.actual, Qos::off);
  EXPECT_EQ(world.all<MeasureDelay>().size(), 2U);
}

TEST(MeasuredDrain, WithoutNewsItIsTheFixedOne) {
  Simulation world(measured(), draining);
  world.send(lasting(Mode::on));
  world.run_for(1050ms);
  EXPECT_EQ(world.actual, Qos::draining);
  world.run_for(150ms);
  EXPECT_EQ(world.actual, Qos::on);
}

TEST(MeasuredDrain, ItEndsWithTheFirstShortDelay) {
  Simulation world(measured(), draining);
  world.send(lasting(Mode::on));
  world.run_for(300ms);
  EXPECT_EQ(world.actual, Qos::draining);
  world.send(DelayMeasured{1, world.now() - 20ms, 20ms});
  world.run_for(110ms);
  EXPECT_EQ(world.actual, Qos::on);
}

TEST(MeasuredDrain, ItLastsAsLongAsTheQueueNeeds) {
  Simulation world(measured(), draining);
  world.send(lasting(Mode::on));
  const Instant began = world.now() + world.switch_time;
  world.run_for(900ms);
  world.send(DelayMeasured{1, world.now() - 2s, 2s});
  world.run_until(began + 2400ms);
  EXPECT_EQ(world.actual, Qos::draining);
  world.run_until(began + 2700ms);
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_TRUE(is_measuring(world)) << "the ways, now that no queue stands in them";
  world.run_for(2500ms);
  EXPECT_FALSE(is_measuring(world));
}

TEST(MeasuredDrain, AWayThatIsKnownIsNoQueue) {
  Reconciler reconciler(measured().qos, 5min, draining);
  Instant now = at(0s);
  std::vector<Qos> ordered;
  // As the engine and an actuator that always works would do.
  const auto run = [&](bool on, Duration duration) {
    reconciler.want(on);
    for (const Instant end = now + duration; now < end; now += 20ms) {
      std::vector<Action> actions;
      reconciler.advance(now, actions);
      for (const Action& action : actions) {
        if (const auto* order = std::get_if<SwitchQos>(&action)) {
          ordered.push_back(order->wanted);
          reconciler.switch_finished({order->wanted, ""}, now);
        } else if (std::holds_alternative<ObserveQos>(action)) {
          reconciler.observed({ordered.empty() ? Qos::off : ordered.back(), ""}, now);
        }
      }
      reconciler.measured({1, now - 140ms, 140ms});
    }
  };
  run(false, 1s);
  reconciler.expect_call(true);
  run(false, 1s);
  run(true, 5s);
  EXPECT_EQ(ordered, (std::vector{Qos::draining, Qos::on})) << "140 ms may be a queue";
  reconciler.expect_call(false);
  run(false, 10s);
  ordered.clear();
  reconciler.expect_call(true);
  run(false, 1s);
  run(true, 5s);
  EXPECT_EQ(ordered, (std::vector{Qos::on}));
}

TEST(MeasuredDrain, WhereTheSecondStepFailsItIsTriedAgainAndNothingWaitsForThePast) {
  for (const bool lies : {false, true}) {
    Simulation world(measured(), draining);
    world.send(lasting(Mode::on));
    world.run_for(300ms);
    ASSERT_EQ(world.actual, Qos::draining);
    world.fault = [](Qos wanted) { return wanted == Qos::on ? "not now" : ""; };
    world.lies = lies;
    world.run_for(20s);
    EXPECT_EQ(world.actual, Qos::draining);
    EXPECT_LT(world.wakeups, 200U);
    world.fault = nullptr;
    world.lies = false;
    world.run_for(1min);
    EXPECT_EQ(world.actual, Qos::on);
    EXPECT_FALSE(is_measuring(world));
  }
}

TEST(MeasuredDrain, TheWaysAreLearntNoLongerThanQosIsOn) {
  Settings settings = measured();
  settings.policy.min_on = 1s;
  Simulation world(settings, draining);
  world.send(lasting(Mode::on));
  world.run_for(1500ms);
  ASSERT_EQ(world.actual, Qos::on);
  EXPECT_TRUE(is_measuring(world));
  world.send(lasting(Mode::off));
  world.run_for(1s);
  EXPECT_EQ(world.actual, Qos::off);
  EXPECT_FALSE(is_measuring(world));
}

TEST(MeasuredDrain, ALineThatIsNotFullIsNotDrained) {
  Settings settings = measured();
  settings.policy.min_off = 3s;
  Simulation world(settings, draining);
  world.send(lasting(Mode::on));
  world.run_for(5s);
  world.send(lasting(Mode::off));
  world.run_for(20s);
  ASSERT_EQ(world.actual, Qos::off);
  world.ordered.clear();
  world.fault = [](Qos) { return "not now"; };
  world.send(lasting(Mode::on));
  world.run_for(500ms);
  world.fault = nullptr;
  EXPECT_FALSE(is_measuring(world)) << "not while it waits for another try";
  world.run_for(600ms);
  world.run_for(5s);
  EXPECT_EQ(world.actual, Qos::on);

  Reconciler reconciler(settings.qos, 5min, draining);
  std::vector<Action> actions;
  reconciler.advance(at(0s), actions);
  reconciler.observed({Qos::off, ""}, at(0s));
  reconciler.expect_call(true);
  actions.clear();
  reconciler.advance(at(1s), actions);
  ASSERT_EQ(actions.size(), 1U) << "a call is likely, so the line is watched before it is one";
  EXPECT_TRUE(std::get<MeasureDelay>(actions[0]).is_wanted);
  reconciler.measured({1, at(1100ms), 20ms});
  reconciler.measured({1, at(1300ms), 20ms});
  reconciler.want(true);
  actions.clear();
  reconciler.advance(at(1500ms), actions);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(std::get<SwitchQos>(actions[0]).wanted, Qos::on) << "no draining";
}

TEST(MeasuredDrain, ACallThatIsLikelyForLongAndNeverComesIsNotWaitedFor) {
  Reconciler reconciler(measured().qos, 5min, draining);
  std::vector<Action> actions;
  reconciler.advance(at(0s), actions);
  reconciler.observed({Qos::off, ""}, at(0s));
  reconciler.expect_call(true);
  std::size_t watched = 0;
  for (Instant now = at(1s); now < at(10min); now += 250ms) {
    actions.clear();
    reconciler.advance(now, actions);
    for (const Action& action : actions) {
      if (const auto* order = std::get_if<MeasureDelay>(&action)) {
        EXPECT_EQ(order->is_wanted, now == at(1s));
        ++watched;
      } else if (std::holds_alternative<ObserveQos>(action)) {
        reconciler.observed({Qos::off, ""}, now);
      }
    }
  }
  EXPECT_EQ(watched, 2U);
}

TEST(MeasuredDrain, NobodyWatchesWhereTheDrainIsFixedOrImpossible) {
  Simulation fixed({}, draining);
  fixed.send(lasting(Mode::on));
  fixed.run_for(10s);
  EXPECT_TRUE(fixed.all<MeasureDelay>().empty());
  Simulation cannot(measured());
  cannot.send(lasting(Mode::on));
  cannot.run_for(10s);
  EXPECT_TRUE(cannot.all<MeasureDelay>().empty());
}

TEST(MeasuredDrain, AScriptThatFailsForHoursDoesNotKeepTheSocketOpen) {
  Simulation world(measured(), draining);
  world.fault = [](Qos) { return "it failed"; };
  world.send(lasting(Mode::on));
  world.run_for(1h);
  Duration open{};
  std::optional<Instant> since;
  for (const auto& [when, action] : world.log) {
    if (const auto* order = std::get_if<MeasureDelay>(&action)) {
      open += order->is_wanted || !since ? Duration{} : when - *since;
      since = order->is_wanted ? std::optional(when) : std::nullopt;
    }
  }
  EXPECT_FALSE(is_measuring(world));
  EXPECT_LT(open, 20s);
}

TEST(MeasuredDrain, EveryFaultEndsInTheWantedStateAndWithTheSocketShut) {
  for (unsigned pattern = 0; pattern < 64; ++pattern) {
    Simulation world(measured(), draining);
    unsigned attempt = 0;
    world.switch_time = 50ms + (pattern % 5) * 400ms;
    world.fault = [&](Qos) { return attempt < 6 && ((pattern >> attempt++) & 1U) != 0 ? std::string("it failed") : ""; };
    for (unsigned i = 0; i < 6; ++i) {
      world.send(lasting(((pattern >> i) & 1U) != 0 ? Mode::on : Mode::off));
      world.run_for(300ms * (1 + i));
      world.send(DelayMeasured{i, world.now() - 100ms * i, 100ms * i, i % 3 != 0});
    }
    world.send(lasting(pattern % 2 == 0 ? Mode::on : Mode::off));
    world.run_for(5min);
    EXPECT_EQ(world.actual, pattern % 2 == 0 ? Qos::on : Qos::off) << pattern;
    EXPECT_FALSE(is_measuring(world)) << pattern;
  }
}

}  // namespace
}  // namespace voip
