// What the report says of calls that are not certain yet, and of their kind.
#include <gtest/gtest.h>

#include "detectors/detectors.h"
#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey call_flow = flow_key("192.168.1.30", 40000, "203.0.113.9", 40002);

Settings with_phones() {
  Settings settings;
  settings.devices.push_back({.name = "Kitchen phone", .address = IpPrefix::parse("192.168.1.30"), .mac = "", .hostname = ""});
  settings.devices.push_back({.name = "Attic", .address = IpPrefix::parse("192.168.1.31"), .mac = "", .hostname = ""});
  return settings;
}

class Certainty : public testing::Test {
 protected:
  Simulation world_{with_phones(), {.switches = true, .drains = false}, Qos::off, find_detector("calls")->make(with_phones())};
};

TEST_F(Certainty, VoiceIsReportedOnceItIsKnownAndOfItsDeviceOnly) {
  world_.traffic(call_flow, 50, 50);
  world_.run_for(1500ms);
  ASSERT_EQ(world_.report.calls, 1);
  EXPECT_FALSE(world_.report.is_presumed) << "a clock is certain";
  EXPECT_EQ(world_.report.call_kind, CallKind::unknown);
  world_.run_for(4s);
  EXPECT_EQ(world_.report.call_kind, CallKind::voice);
  EXPECT_EQ(world_.report.devices.at(0).call_kind, CallKind::voice);
  EXPECT_EQ(world_.report.devices.at(1).call_kind, CallKind::unknown);
  world_.traffic(call_flow, 0, 0);
  world_.run_for(20s);
  EXPECT_EQ(world_.report.call_kind, CallKind::unknown);
  EXPECT_EQ(world_.report.devices.at(0).call_kind, CallKind::unknown);
  const auto ended = world_.all<CallEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].call.kind, CallKind::voice);
}

TEST_F(Certainty, ACallIsReportedAsPresumedUntilItIsConfirmed) {
  world_.traffic(call_flow, 26, 56);  // steady, of the size of voice, but at rates that no codec has without feedback
  for (int i = 0; i < 20 && world_.report.calls == 0; ++i) {
    world_.run_for(250ms);
  }
  ASSERT_EQ(world_.report.calls, 1);
  EXPECT_TRUE(world_.report.is_presumed);
  EXPECT_TRUE(world_.report.devices.at(0).is_presumed);
  EXPECT_FALSE(world_.report.devices.at(1).is_presumed);
  EXPECT_TRUE(world_.all<CallStarted>().at(0).call.is_presumed);
  EXPECT_EQ(world_.report.reason, Reason::call) << "QoS comes for it as for any other";
  world_.run_for(10s);
  EXPECT_EQ(world_.report.calls, 1);
  EXPECT_FALSE(world_.report.is_presumed);
  EXPECT_FALSE(world_.report.devices.at(0).is_presumed);
}

TEST_F(Certainty, WhatIsTakenBackLeavesNothingPresumed) {
  world_.traffic(call_flow, 17, 70);
  world_.run_for(10s);
  const auto ended = world_.all<CallEnded>();
  ASSERT_FALSE(ended.empty());
  EXPECT_TRUE(ended[0].call.was_none);
  EXPECT_EQ(ended[0].call.kind, CallKind::unknown);
  EXPECT_EQ(world_.report.calls, 0);
  EXPECT_FALSE(world_.report.is_presumed);
}

}  // namespace
}  // namespace voip
