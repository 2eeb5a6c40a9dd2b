// One device that opens flows without end must not take the sight of the others.
#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey call_flow = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);

FlowKey flow_of(const std::string& client, int number) {
  return flow_key(client, static_cast<std::uint16_t>(20'000 + number), "198.51.100.1", 6881);
}

Settings with_room_for(std::uint32_t flows) {
  Settings settings;
  settings.monitor.max_watched_flows = flows;
  return settings;
}

std::size_t watched_of(Simulation& world, const std::string& client) {
  world.send(StatusRequested{});
  const auto flows = world.all<StatusReported>().back().status.flows;
  return static_cast<std::size_t>(std::count_if(
      flows.begin(), flows.end(), [&](const FlowReport& flow) { return flow.key.client.address == *IpAddress::parse(client); }));
}

TEST(Quota, ACallIsFoundAtOnceWhereOneDeviceHasTakenAllFlowsWithYoungOnes) {
  Simulation world(with_room_for(16));
  for (int i = 0; i < 30; ++i) {
    world.traffic(flow_of("192.168.1.40", i), 20, 0);
  }
  world.traffic(call_flow, 50, 50);
  const std::size_t listings = world.listings;
  world.run_for(600ms);
  EXPECT_EQ(world.report.calls, 1);
  EXPECT_EQ(world.listings, listings) << "nothing had to be looked for";
}

TEST(Quota, ACallIsFoundWhereOneDeviceHasTakenAllFlowsWithSuchAsLookLikeCalls) {
  Simulation world(with_room_for(64));
  for (int i = 0; i < 100; ++i) {
    world.traffic(flow_key("192.168.1.40", static_cast<std::uint16_t>(20'000 + i), "198.51.100.1", 3478), 50, 50);
  }
  world.run_for(10s);
  ASSERT_EQ(watched_of(world, "192.168.1.40"), 64U);
  ASSERT_EQ(world.report.calls, 1);
  world.traffic(call_flow, 50, 50);
  world.run_for(2s);
  EXPECT_EQ(world.report.calls, 2);
  // And it stays, whatever the other does.
  for (int i = 100; i < 400; ++i) {
    world.traffic(flow_key("192.168.1.40", static_cast<std::uint16_t>(20'000 + i), "198.51.100.1", 3478), 50, 50);
    world.run_for(50ms);
  }
  EXPECT_EQ(watched_of(world, "192.168.1.30"), 1U);
  EXPECT_EQ(world.report.calls, 2);
}

TEST(Quota, AQuietFlowOfAnotherDeviceStaysWhileOneDeviceOpensFlowsWithoutEnd) {
  Simulation world(with_room_for(32));
  world.traffic(call_flow, 1, 1);  // on hold
  for (int i = 0; i < 600; ++i) {
    world.traffic(flow_of("192.168.1.40", i), 2, 1);
    world.run_for(50ms);
  }
  EXPECT_EQ(watched_of(world, "192.168.1.30"), 1U);
  world.traffic(call_flow, 50, 50);
  world.run_for(5s);
  EXPECT_EQ(world.report.calls, 1);
}

TEST(Quota, DevicesThatAllWantEverythingShareIt) {
  Simulation world(with_room_for(60));
  for (int i = 0; i < 400; ++i) {
    world.traffic(flow_of("192.168.1.40", i), 2, 1);
    world.traffic(flow_of("192.168.1.41", i), 2, 1);
    if (i > 100) {
      world.traffic(flow_of("192.168.1.42", i), 2, 1);
    }
    world.run_for(20ms);
  }
  for (const char* const client : {"192.168.1.40", "192.168.1.41", "192.168.1.42"}) {
    EXPECT_NEAR(static_cast<double>(watched_of(world, client)), 20, 1) << client;
  }
}

TEST(Quota, ACallIsFoundSoonWhileAnotherDeviceOpensHundredsOfFlowsASecond) {
  Simulation world;
  int opened = 0;
  const auto flood = [&](int turns) {
    for (int i = 0; i < turns; ++i) {
      world.traffic(flow_of("192.168.1.40", opened++ % 40'000), 3, 3);
      world.run_for(5ms);
    }
  };
  flood(4000);
  world.traffic(call_flow, 50, 50);
  flood(300);
  EXPECT_EQ(world.report.calls, 1) << "after 1.5 s";
}

}  // namespace
}  // namespace voip
