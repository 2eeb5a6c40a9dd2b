// Which flows the engine has read and listed, and when.
#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey call_flow = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);
const FlowKey other_flow = flow_key("192.168.1.31", 7078, "198.51.100.9", 3478);

TEST(EngineFlows, NothingIsWatchedWithoutFlowsButTheAudit) {
  Simulation world;
  world.run_for(10s);
  const std::size_t before = world.wakeups;
  world.run_for(1h);
  EXPECT_LE(world.wakeups - before, 24U + 2U);  // an audit of flows and one of QoS each five minutes
  EXPECT_EQ(world.readings, 0U);
}

TEST(EngineFlows, ACallIsReadOnceASecond) {
  Simulation world;
  world.traffic(call_flow, 50, 50);
  world.run_for(10s);
  const std::size_t before = world.readings;
  world.run_for(60s);
  EXPECT_EQ(world.readings - before, 60U);
}

TEST(EngineFlows, FlowsShareTheirReadings) {
  Simulation world;
  for (std::uint16_t i = 0; i < 10; ++i) {
    world.traffic(flow_key("192.168.1.30", static_cast<std::uint16_t>(7000 + i), "203.0.113.9", 3478), 50, 50);
    world.run_for(37ms);
  }
  world.run_for(10s);
  const std::size_t before = world.readings;
  const std::size_t flows_before = world.flows_read;
  world.run_for(60s);
  EXPECT_EQ(world.readings - before, 60U);
  EXPECT_EQ(world.flows_read - flows_before, 600U);
}

TEST(EngineFlows, AFullTableMakesRoomForANewcomer) {
  Settings settings;
  settings.monitor.max_watched_flows = 16;
  Simulation world(settings);
  world.traffic(other_flow, 50, 50);
  world.run_for(1s);
  for (std::uint16_t i = 0; i < 200; ++i) {
    world.traffic(flow_key("192.168.1.40", static_cast<std::uint16_t>(20'000 + i), "198.51.100.1", 6881), 1, 0);
    world.run_for(50ms);
  }
  world.run_for(4s);
  world.traffic(call_flow, 50, 50);
  world.run_for(1s);
  EXPECT_EQ(world.report.calls, 2);
}

TEST(EngineFlows, ACallThatBeginsWhileTheTableIsFullOfYoungFlowsIsFoundByAListing) {
  Settings settings;
  settings.monitor.max_watched_flows = 16;
  Simulation world(settings);
  for (std::uint16_t i = 0; i < 30; ++i) {
    world.traffic(flow_key("192.168.1.40", static_cast<std::uint16_t>(20'000 + i), "198.51.100.1", 6881), 2, 0);
  }
  world.run_for(100ms);
  world.traffic(call_flow, 50, 50);
  world.run_for(3s);
  EXPECT_EQ(world.report.calls, 1);
}

TEST(EngineFlows, AListingTakesNothingForACallThatHardlyCarriedAnything) {
  Settings settings;
  settings.monitor.max_watched_flows = 16;
  Simulation world(settings);
  for (std::uint16_t i = 0; i < 30; ++i) {
    world.traffic(flow_key("192.168.1.40", static_cast<std::uint16_t>(20'000 + i), "198.51.100.1", 6881), i < 16 ? 0 : 1, 0);
  }
  world.run_for(10s);
  const auto watched = [&world] {
    std::vector<FlowKey> keys;
    world.send(StatusRequested{});
    const auto answers = world.all<StatusReported>();
    for (const auto& flow : answers.back().status.flows) {
      keys.push_back(flow.key);
    }
    return keys;
  };
  const auto before = watched();
  world.send(FlowsLost{});
  world.run_for(2s);
  EXPECT_EQ(watched(), before);
}

TEST(EngineFlows, MissedBirthsAreListedAfterADelayThatGrows) {
  Simulation world;
  const std::size_t before = world.listings;
  world.send(FlowsLost{});
  EXPECT_EQ(world.listings, before);
  world.run_for(1s);
  EXPECT_EQ(world.listings, before + 1);
  for (int i = 0; i < 100; ++i) {
    world.send(FlowsLost{});
    world.run_for(100ms);
  }
  EXPECT_LE(world.listings, before + 10);
  world.run_for(60s);
  EXPECT_GE(world.listings, before + 3);
}

// What keeps the loop busy between the kernel's answer and the engine must not go into the rates.
TEST(Readings, ALoopThatStallsDoesNotBendTheRates) {
  Simulation world;
  std::size_t turns = 0;
  world.stall = [&turns] { return ++turns % 3 == 0 ? 250ms : 0ms; };
  world.traffic(flow_key("192.168.1.30", 7078, "203.0.113.9", 3478), 500, 500);  // so many that one packet more is nothing
  world.run_for(60s);
  const auto told = world.all<RatesMeasured>();
  ASSERT_GT(told.size(), 20U);
  for (const RatesMeasured& rates : told) {
    EXPECT_NEAR(static_cast<double>(rates.total.up_bit_per_s), 800'000, 16'000);
  }
}

}  // namespace
}  // namespace voip
