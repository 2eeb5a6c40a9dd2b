// How the daemon ends: nothing of its own is left, and nothing keeps it for ever.
#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

TEST(Stopping, TakesAwayWhatAFailedSwitchLeft) {
  Simulation world;
  world.fault = [](Qos wanted) { return wanted == Qos::off ? std::string() : std::string("no HFSC in this kernel"); };
  world.flaw = "qos-scripts is half on";
  world.send(SetMode{.mode = Mode::on, .until_changed = true});
  world.run_for(1min);
  EXPECT_EQ(world.report.observed, Qos::off);
  world.ordered.clear();
  world.send(StopRequested{});
  world.run_for(5s);
  EXPECT_TRUE(world.engine().finished());
  EXPECT_EQ(world.ordered, std::vector<Qos>{Qos::off}) << "although it was seen to be off";
  EXPECT_EQ(world.flaw, "");
}

// The last look is from before that switch, and says "off".
TEST(Stopping, WhileASwitchOnIsOnItsWayStillSwitchesOff) {
  for (const Duration after : {0ms, 50ms, 99ms, 100ms, 101ms}) {
    Simulation world;
    world.run_for(1s);
    world.send(SetMode{.mode = Mode::on, .until_changed = true});
    ASSERT_EQ(world.ordered, std::vector<Qos>{Qos::on});
    world.run_for(after);
    world.send(StopRequested{});
    world.run_for(5s);
    EXPECT_TRUE(world.engine().finished());
    EXPECT_EQ(world.actual, Qos::off) << "stopped after " << to_string(after);
    EXPECT_EQ(world.engine().left_on(), "");
  }
}

TEST(Stopping, DoesNotWaitForEverForWhatStays) {
  Simulation world;
  world.lies = true;
  world.flaw = "rules are left over";
  world.run_for(1s);
  world.ordered.clear();
  world.send(StopRequested{});
  world.run_for(20s);
  EXPECT_TRUE(world.engine().finished());
  EXPECT_LE(world.ordered.size(), 3U);
}

TEST(Stopping, TriesAtOnceWhatHasFailedBefore) {
  Simulation world;
  world.send(SetMode{.mode = Mode::on, .until_changed = true});
  world.run_for(10s);
  bool is_broken = true;
  world.fault = [&is_broken](Qos) { return std::string(is_broken ? "the lock is taken" : ""); };
  world.send(SetMode{.mode = Mode::off, .until_changed = true});
  world.run_for(1min);
  ASSERT_EQ(world.actual, Qos::on);
  is_broken = false;
  world.send(StopRequested{});
  world.run_for(1s);
  EXPECT_EQ(world.actual, Qos::off);
  EXPECT_TRUE(world.engine().finished());
  EXPECT_EQ(world.engine().left_on(), "");
}

TEST(Stopping, SaysWhyItIsLeftOn) {
  Simulation world;
  world.send(SetMode{.mode = Mode::on, .until_changed = true});
  world.run_for(10s);
  world.fault = [](Qos) { return std::string("the lock is taken"); };
  world.send(StopRequested{});
  world.run_for(1min);
  EXPECT_TRUE(world.engine().finished());
  EXPECT_EQ(world.engine().left_on(), "the lock is taken");
}

TEST(Stopping, BeforeAnotherLifeThatCannotTakeItOverSwitchesOffInAnyCase) {
  Settings settings;
  settings.policy.on_exit = OnExit::leave;
  Simulation world(settings);
  world.traffic(flow_key("192.168.1.30", 7078, "203.0.113.9", 3478), 50, 50);
  world.run_for(5s);
  ASSERT_EQ(world.actual, Qos::on);
  world.send(StopRequested{.hands_over = true});
  world.run_for(5s);
  EXPECT_TRUE(world.engine().finished());
  EXPECT_EQ(world.actual, Qos::off);
  EXPECT_TRUE(std::all_of(world.marks.begin(), world.marks.end(), [](const auto& flow) { return !flow.second; }));
}

TEST(Stopping, IsDoneAtOnceWhereAllIsOff) {
  Simulation world;
  world.run_for(1s);
  world.send(StopRequested{});
  EXPECT_TRUE(world.engine().finished());
  EXPECT_TRUE(world.ordered.empty());
}

// Of a daemon that cannot go on, for which nothing is left but to do what policy.on_exit says.
TEST(Stopping, AsTheFirstThingStillLooksAndSwitchesOff) {
  const auto first_switch = [](OnExit on_exit, Qos found) -> std::optional<Qos> {
    Settings settings;
    settings.policy.on_exit = on_exit;
    Engine engine(settings, std::make_unique<PlainDetector>(), {.switches = true, .drains = false});
    engine.step(at(1s), StopRequested{});
    if (!engine.finished()) {
      QosObserved seen;
      seen.qos = found;
      for (const Action& action : engine.step(at(2s), seen)) {
        if (const auto* order = std::get_if<SwitchQos>(&action)) {
          return order->wanted;
        }
      }
    }
    EXPECT_TRUE(engine.finished());
    return std::nullopt;
  };
  EXPECT_EQ(first_switch(OnExit::off, Qos::on), Qos::off);
  EXPECT_EQ(first_switch(OnExit::off, Qos::off), std::nullopt);
  EXPECT_EQ(first_switch(OnExit::leave, Qos::on), std::nullopt);
}

TEST(Stopping, ASwitchOffThatHangsCostsNoMoreStepsThanAnythingElse) {
  Simulation world;
  world.traffic(flow_key("192.168.1.30", 7078, "203.0.113.9", 3478), 50, 50);
  world.run_for(5s);
  world.switch_time = 10min;
  world.steps = 0;
  world.send(StopRequested{});
  world.run_for(2min);
  EXPECT_TRUE(world.engine().finished());
  EXPECT_LT(world.steps, 100U) << "the watched flow is not read any more, so nothing comes due for it";
  EXPECT_FALSE(world.engine().deadline());
}

}  // namespace
}  // namespace voip
