#include "core/engine/engine.h"

#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey call_flow = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);
const FlowKey other_flow = flow_key("192.168.1.31", 7078, "198.51.100.9", 3478);

Settings with_phone() {
  Settings settings;
  settings.devices.push_back({.name = "Kitchen phone", .address = IpPrefix::parse("192.168.1.30"), .mac = "", .hostname = ""});
  return settings;
}

TEST(Engine, ACallSwitchesQosOnAndItsEndSwitchesItOff) {
  Simulation world(with_phone());
  world.traffic(call_flow, 50, 50);
  world.run_for(1s);
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_EQ(world.report.observed, Qos::on);
  EXPECT_EQ(world.report.reason, Reason::call);
  EXPECT_EQ(world.report.calls, 1);
  EXPECT_EQ(world.report.devices.at(0).calls, 1);

  world.run_for(60s);
  const Instant hung_up = world.now();
  world.traffic(call_flow, 0, 0);
  world.run_for(20s);
  EXPECT_EQ(world.actual, Qos::off);
  EXPECT_EQ(world.report.reason, Reason::idle);
  EXPECT_EQ(world.ordered, (std::vector{Qos::on, Qos::off}));
  const auto ended = world.first<CallEnded>();
  ASSERT_TRUE(ended);
  EXPECT_LE(*ended - hung_up, 1500ms);
}

TEST(Engine, TheCallIsToldWithItsDeviceAndMeans) {
  Simulation world(with_phone());
  world.traffic(call_flow, 50, 40);
  world.run_for(30s);
  world.traffic(call_flow, 0, 0);
  world.run_for(5s);
  const auto started = world.all<CallStarted>();
  const auto ended = world.all<CallEnded>();
  ASSERT_EQ(started.size(), 1U);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(started[0].call.device, "Kitchen phone");
  EXPECT_EQ(started[0].call.first_flow, call_flow);
  EXPECT_NEAR(static_cast<double>(started[0].call.rates.up_bit_per_s), 80'000, 8'000);
  EXPECT_NEAR(static_cast<double>(ended[0].call.rates.up_bit_per_s), 80'000, 5'000);
  EXPECT_NEAR(static_cast<double>(ended[0].call.rates.down_bit_per_s), 64'000, 5'000);
  EXPECT_NEAR(static_cast<double>((*ended[0].call.ended - ended[0].call.started).count()), 30'000, 1'500);
}

TEST(Engine, QosStaysForTheReleaseDelayAndBridgesShortHoles) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(20s);
  world.traffic(call_flow, 0, 0);
  world.run_for(6s);
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_EQ(world.report.reason, Reason::release);
  world.traffic(call_flow, 50, 50);
  world.run_for(20s);
  EXPECT_EQ(world.ordered, std::vector{Qos::on});
}

TEST(Engine, AFlowThatTheKernelForgetsEndsItsCall) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(10s);
  world.expire(call_flow);
  world.run_for(2s);
  EXPECT_EQ(world.all<CallEnded>().size(), 1U);
  EXPECT_EQ(world.report.calls, 0);
}

TEST(Engine, TwoFlowsToNeighbouringServersAreOneCall) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.traffic(flow_key("192.168.1.30", 7079, "203.0.113.77", 3479), 50, 50);
  world.traffic(other_flow, 50, 50);
  world.run_for(3s);
  EXPECT_EQ(world.all<CallStarted>().size(), 2U);
  EXPECT_EQ(world.report.calls, 2);
  const auto rates = world.all<RatesMeasured>();
  ASSERT_FALSE(rates.empty());
  EXPECT_EQ(rates.back().total.flows, 3);
  EXPECT_EQ(rates.back().total.up_packets_per_s, 150);
}

TEST(Engine, RatesComeEachIntervalAndEndWithOneZero) {
  Simulation world(with_phone());
  world.traffic(call_flow, 50, 50);
  world.run_for(10s);
  const std::size_t during = world.all<RatesMeasured>().size();
  EXPECT_GE(during, 9U);
  EXPECT_LE(during, 11U);
  world.traffic(call_flow, 0, 0);
  world.run_for(60s);
  const auto rates = world.all<RatesMeasured>();
  EXPECT_EQ(rates.back().total, Rates{});
  EXPECT_EQ(rates.back().devices[0], Rates{});
  EXPECT_LE(rates.size(), during + 3);
  // Who shows both has the call's end by then, and no duration beside the zero.
  bool has_call = false;
  for (const auto& [when, action] : world.log) {
    if (const auto* changed = std::get_if<ReportChanged>(&action)) {
      has_call = changed->report.call_started.has_value();
    } else if (std::holds_alternative<RatesMeasured>(action)) {
      EXPECT_EQ(has_call, std::get<RatesMeasured>(action).total != Rates{});
    }
  }
}

TEST(Engine, OverrideEndsByItself) {
  Simulation world;
  world.send(SetMode{.mode = Mode::on, .until_changed = false, .time_limit = 30min});
  world.run_for(1s);
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_EQ(world.report.mode, Mode::on);
  EXPECT_EQ(world.report.reason, Reason::manual);
  ASSERT_TRUE(world.report.override_until);
  world.run_for(29min);
  EXPECT_EQ(world.actual, Qos::on);
  world.run_for(1min);
  EXPECT_EQ(world.actual, Qos::off);
  EXPECT_EQ(world.report.mode, Mode::automatic);
  EXPECT_FALSE(world.report.override_until);
}

TEST(Engine, AnOverrideWithoutALimitTakesTheConfiguredOne) {
  Simulation world;
  world.send(SetMode{.mode = Mode::on});
  world.run_for(2h - 1s);
  EXPECT_EQ(world.actual, Qos::on);
  world.run_for(3s);
  EXPECT_EQ(world.actual, Qos::off);
}

TEST(Engine, AnOverrideInACallHandsOverToTheDetectorWithoutAGap) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.send(SetMode{.mode = Mode::on, .until_changed = false, .time_limit = 1min});
  world.run_for(3min);
  EXPECT_EQ(world.ordered, std::vector{Qos::on});
  EXPECT_EQ(world.report.reason, Reason::call);
}

TEST(Engine, OffMeansOffEvenInACall) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  world.send(SetMode{.mode = Mode::off, .until_changed = true});
  world.run_for(1h);
  EXPECT_EQ(world.actual, Qos::off);
  EXPECT_EQ(world.report.calls, 1);
  world.send(SetMode{.mode = Mode::automatic});
  world.run_for(1s);
  EXPECT_EQ(world.actual, Qos::on);
}

TEST(Engine, ModeOnStaysUntilItIsChanged) {
  Simulation world;
  world.send(SetMode{.mode = Mode::on, .until_changed = true});
  world.run_for(48h);
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_FALSE(world.report.override_until);
}

TEST(Engine, ACallThatNeverEndsLosesQosAfterTheLongestTime) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(4h + 2s);
  EXPECT_EQ(world.actual, Qos::off);
  EXPECT_EQ(world.report.reason, Reason::too_long);
  world.traffic(call_flow, 0, 0);
  world.run_for(1min);
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  EXPECT_EQ(world.actual, Qos::on);
}

TEST(Engine, TheShortestTimesKeepItFromFlapping) {
  Settings settings;
  settings.policy.release_after = 0s;
  Simulation world(settings);
  for (int i = 0; i < 60; ++i) {
    world.traffic(call_flow, 50, 50);
    world.run_for(1500ms);
    world.traffic(call_flow, 0, 0);
    world.run_for(1500ms);
  }
  // Three minutes of calls that come and go each three seconds: at most one on and one off in min_on + min_off.
  EXPECT_LE(world.ordered.size(), 2U * 180 / 15 + 2);
}

TEST(Engine, WhatIsFoundSwitchedOnIsAdoptedAndReleasedLater) {
  Simulation world({}, {}, Qos::on);
  EXPECT_EQ(world.report.observed, Qos::on);
  EXPECT_EQ(world.report.reason, Reason::adopted);
  world.run_for(5s);
  EXPECT_TRUE(world.ordered.empty());
  world.run_for(10s);
  EXPECT_EQ(world.actual, Qos::off);
}

TEST(Engine, AnAdoptedCallGoesOnWithoutAGap) {
  Simulation world({}, {}, Qos::on);
  world.traffic(call_flow, 50, 50);
  world.run_for(60s);
  EXPECT_TRUE(world.ordered.empty());
  EXPECT_EQ(world.report.reason, Reason::call);
}

TEST(Engine, AnActuatorThatOnlyWatchesIsNeverOrdered) {
  Simulation world({}, {.switches = false, .drains = false});
  world.traffic(call_flow, 50, 50);
  world.run_for(30s);
  EXPECT_TRUE(world.ordered.empty());
  EXPECT_TRUE(world.marks.empty());
  EXPECT_TRUE(world.report.wanted);
  EXPECT_EQ(world.report.observed, Qos::off);
  EXPECT_EQ(world.report.error, "");
  EXPECT_EQ(world.report.calls, 1);
}

TEST(Engine, DevicesThatNeverCallAreNotWatched) {
  Settings settings = with_phone();
  settings.devices[0].role = Role::never;
  settings.devices[0].address = IpPrefix::parse("192.168.1.0/24");
  settings.devices.push_back({.name = "Desk", .address = IpPrefix::parse("192.168.1.31"), .mac = "", .hostname = ""});
  Simulation world(settings);
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  EXPECT_EQ(world.report.calls, 0);
  world.traffic(other_flow, 50, 50);
  world.run_for(5s);
  EXPECT_EQ(world.report.calls, 1);
  EXPECT_EQ(world.report.devices.at(1).calls, 1);
}

TEST(Engine, StoppingSwitchesOffAndThenIsFinished) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  world.send(StopRequested{});
  EXPECT_FALSE(world.engine().finished());
  world.run_for(1s);
  EXPECT_TRUE(world.engine().finished());
  EXPECT_EQ(world.actual, Qos::off);
  EXPECT_FALSE(world.marks.at(call_flow));
}

TEST(Engine, StoppingLeavesQosWhereThatIsAskedFor) {
  Settings settings;
  settings.policy.on_exit = OnExit::leave;
  Simulation world(settings);
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  world.send(StopRequested{});
  EXPECT_TRUE(world.engine().finished());
  EXPECT_EQ(world.actual, Qos::on);
  EXPECT_TRUE(world.marks.at(call_flow));
}

TEST(Engine, AScriptThatHangsDoesNotKeepItFromStopping) {
  Simulation world;
  world.switch_time = 24h;
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  world.send(StopRequested{});
  world.run_for(60s);
  EXPECT_TRUE(world.engine().finished());
}

TEST(Engine, StatusShowsFlowsWithTheirScores) {
  Simulation world(with_phone());
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  const RequestId asked{RequestId::Asker::control, 7};
  world.send(StatusRequested{asked});
  const auto answers = world.all<StatusReported>();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].request, asked);
  ASSERT_EQ(answers[0].status.flows.size(), 1U);
  EXPECT_EQ(answers[0].status.flows[0].device, "Kitchen phone");
  EXPECT_TRUE(answers[0].status.flows[0].in_call);
  EXPECT_EQ(answers[0].status.calls.size(), 1U);
}

}  // namespace
}  // namespace voip
