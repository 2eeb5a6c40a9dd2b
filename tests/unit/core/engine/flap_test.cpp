// What policy promises against flapping, over hours of restless traffic: each limit as the clock of the simulation sees it.
#include <gtest/gtest.h>

#include <vector>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey call_flow = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);

// The moments at which QoS was seen to come on and go off, alternating.
std::vector<Instant> changes(const Simulation& world) {
  std::vector<Instant> moments;
  for (const auto& [when, action] : world.log) {
    if (std::holds_alternative<QosSwitched>(action)) {
      moments.push_back(when);
    }
  }
  return moments;
}

// Calls of eight seconds to half a minute with pauses of up to half a minute between them; the same ones at each run.
void play_restless_calls(Simulation& world, Duration length) {
  std::uint32_t state = 12'345;
  const auto next = [&state](std::uint32_t below) {
    state = state * 1'664'525U + 1'013'904'223U;
    return (state >> 16U) % below;
  };
  for (const Instant end = world.now() + length; world.now() < end;) {
    world.traffic(call_flow, 50, 50);
    world.run_for(1ms * (8'000 + next(22'000)));
    world.traffic(call_flow, 0, 0);
    world.run_for(1ms * (200 + next(30'000)));
  }
}

TEST(Flapping, QosIsNeverOnNorOffForLessThanTheShortestTimes) {
  for (const auto& [min_on, min_off] : {std::pair<Duration, Duration>{10s, 5s}, {45s, 30s}, {1s, 120s}}) {
    Settings settings;
    settings.policy.release_after = 0s;
    settings.policy.min_on = min_on;
    settings.policy.min_off = min_off;
    Simulation world(settings);
    play_restless_calls(world, 6h);
    const auto moments = changes(world);
    ASSERT_GT(moments.size(), 20U);
    for (std::size_t i = 1; i < moments.size(); ++i) {
      const bool was_on = i % 2 == 1;
      // The wish is timed; it is seen a switch later, at both ends.
      EXPECT_GE(moments[i] - moments[i - 1], (was_on ? min_on : min_off) - 1ms) << (was_on ? "on" : "off") << " at change " << i;
    }
    EXPECT_LE(moments.size(), static_cast<std::size_t>(2 * (6h / (min_on + min_off)) + 2)) << "so many an hour at most";
    EXPECT_EQ(world.ordered.size(), moments.size()) << "one order for each change";
  }
}

TEST(Flapping, AReleaseDelayBridgesEveryPauseThatIsShorter) {
  Settings settings;
  settings.policy.release_after = 40s;
  Simulation world(settings);
  play_restless_calls(world, 3h);
  EXPECT_EQ(changes(world).size(), 1U) << "no pause was longer than 30 s";
  EXPECT_EQ(world.report.observed, Qos::on);
}

TEST(Flapping, TheLongestTimeHoldsForOneCallAndANewOneIsBelievedAgain) {
  Settings settings;
  settings.policy.max_on = 1h;
  Simulation world(settings);
  world.traffic(call_flow, 50, 50);
  world.run_for(10h);
  EXPECT_EQ(world.report.observed, Qos::off);
  EXPECT_EQ(world.report.reason, Reason::too_long);
  ASSERT_EQ(changes(world).size(), 2U) << "and it does not come back while that call goes on";
  const Duration on_for = changes(world)[1] - changes(world)[0];
  EXPECT_GE(on_for, 1h - 1s);
  EXPECT_LE(on_for, 1h + 1s);
  world.traffic(call_flow, 0, 0);
  world.run_for(1min);
  world.traffic(call_flow, 50, 50);
  world.run_for(10s);
  EXPECT_EQ(world.report.observed, Qos::on);
}

TEST(Flapping, TheLongestTimeDoesNotEndWhatAPersonOrdered) {
  Settings settings;
  settings.policy.max_on = 1h;
  Simulation world(settings);
  world.traffic(call_flow, 50, 50);
  world.send(SetMode{.mode = Mode::on, .until_changed = true});
  world.run_for(5h);
  EXPECT_EQ(world.report.observed, Qos::on);
  world.send(SetMode{.mode = Mode::automatic});
  world.run_for(59min);
  EXPECT_EQ(world.report.observed, Qos::on) << "it counts from when the detector had the word again";
  world.run_for(2min);
  EXPECT_EQ(world.report.observed, Qos::off);
}

TEST(Flapping, WhatIsAdoptedAtStartFallsUnderTheLongestTimeToo) {
  Settings settings;
  settings.policy.max_on = 1h;
  Simulation world(settings, {.switches = true, .drains = false}, Qos::on);
  world.traffic(call_flow, 50, 50);
  world.run_for(59min);
  EXPECT_EQ(world.report.observed, Qos::on);
  world.run_for(2min);
  EXPECT_EQ(world.report.observed, Qos::off);
  EXPECT_EQ(world.report.reason, Reason::too_long);
}

TEST(Flapping, AShaperThatOthersKeepTakingAwayIsNotFoughtOverInALoop) {
  Settings settings;
  Simulation world(settings);
  world.traffic(call_flow, 50, 50);
  world.run_for(10s);
  const std::size_t before = world.ordered.size();
  for (int i = 0; i < 600; ++i) {  // every tenth of a second, for a minute
    world.actual = Qos::off;
    world.send(ShapingTouched{});
    world.run_for(100ms);
  }
  EXPECT_LE(world.ordered.size() - before, 130U) << "at most one for each look, which waits for the burst to end";
  world.run_for(10s);
  EXPECT_EQ(world.report.observed, Qos::on) << "and it is put right when they stop";
}

}  // namespace
}  // namespace voip
