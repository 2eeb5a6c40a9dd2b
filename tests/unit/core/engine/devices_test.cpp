// Devices that are known by hardware address or host name: the engine learns their addresses while it runs.
#include <gtest/gtest.h>

#include <array>

#include "core/engine/engine.h"
#include "unit/simulation.h"

namespace voip {
namespace {

const IpAddress address_a = *IpAddress::parse("192.168.1.30");
const IpAddress address_b = *IpAddress::parse("192.168.1.77");
const FlowKey flow_a = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);
const FlowKey flow_b = flow_key("192.168.1.77", 7078, "203.0.113.9", 3478);

Settings with_mac(Role role = Role::any) {
  Settings settings;
  settings.devices.push_back({.name = "Mobile", .address = {}, .mac = "00:11:22:aa:bb:cc", .hostname = "", .role = role});
  return settings;
}

void add_prefix(Settings& settings, const std::string& name, const std::string& prefix, Role role = Role::any) {
  settings.devices.push_back({.name = name, .address = IpPrefix::parse(prefix), .mac = "", .hostname = "", .role = role});
}

std::string device_of_only_flow(Simulation& world) {
  world.send(StatusRequested{});
  const auto answers = world.all<StatusReported>();
  const auto& flows = answers.back().status.flows;
  return flows.size() == 1 ? flows[0].device : std::to_string(flows.size()) + " flows";
}

TEST(EngineDevices, ACallFromAFoundAddressIsTheDevices) {
  Simulation world(with_mac());
  world.send(DeviceFound{0, address_a});
  world.traffic(flow_a, 50, 50);
  world.run_for(2s);
  EXPECT_EQ(world.report.devices.at(0).calls, 1);
  EXPECT_EQ(world.all<CallStarted>().at(0).call.device, "Mobile");
}

TEST(EngineDevices, AFlowGetsItsDeviceWhenThatIsKnownLater) {
  Simulation world(with_mac());
  world.traffic(flow_a, 1, 1);
  world.run_for(2s);
  EXPECT_EQ(device_of_only_flow(world), "192.168.1.30");
  world.send(DeviceFound{0, address_a});
  EXPECT_EQ(device_of_only_flow(world), "Mobile");
}

TEST(EngineDevices, ACallGetsItsDeviceWhenThatIsKnownLaterAndEndsWithItsName) {
  Simulation world(with_mac());
  world.traffic(flow_a, 50, 50);
  world.run_for(5s);
  EXPECT_EQ(world.report.devices.at(0).calls, 0);
  world.send(DeviceFound{0, address_a});
  EXPECT_EQ(world.report.devices.at(0).calls, 1);
  EXPECT_EQ(world.report.calls, 1);
  world.run_for(2s);
  EXPECT_EQ(world.all<RatesMeasured>().back().devices[0].flows, 1);
  world.traffic(flow_a, 0, 0);
  world.run_for(5s);
  ASSERT_EQ(world.all<CallStarted>().size(), 1U);
  ASSERT_EQ(world.all<CallEnded>().size(), 1U);
  EXPECT_EQ(world.all<CallEnded>()[0].call.device, "Mobile");
}

TEST(EngineDevices, AFlowOfADeviceThatNeverCallsIsDroppedAndItsCallEnds) {
  Simulation world(with_mac(Role::never));
  world.traffic(flow_a, 50, 50);
  world.run_for(2s);
  EXPECT_EQ(world.report.calls, 1);
  world.send(DeviceFound{0, address_a});
  EXPECT_EQ(world.report.calls, 0);
  EXPECT_EQ(world.all<CallEnded>().size(), 1U);
  EXPECT_FALSE(world.marks.at(flow_a));
  EXPECT_EQ(device_of_only_flow(world), "0 flows");
  const std::size_t before = world.flows_read;
  world.run_for(20min);
  EXPECT_EQ(world.flows_read, before);
}

TEST(EngineDevices, FlowsOfANeverDeviceAreLookedAtOnceTheirAddressIsSomebodyElses) {
  Simulation world(with_mac(Role::never));
  world.send(DeviceFound{0, address_a});
  world.traffic(flow_a, 50, 50);
  world.run_for(5s);
  EXPECT_EQ(world.report.calls, 0);
  world.send(DeviceLost{address_a});
  world.run_for(3s);
  EXPECT_EQ(world.report.calls, 1);
}

TEST(EngineDevices, APhoneThatIsKnownLaterIsJudgedAsAPhone) {
  Simulation world(with_mac(Role::phone));
  world.traffic(flow_a, 5, 5);
  world.run_for(5s);
  EXPECT_EQ(world.report.calls, 0);
  world.send(DeviceFound{0, address_a});
  world.run_for(2s);
  EXPECT_EQ(world.report.calls, 1);
}

TEST(EngineDevices, ARoleThatIsKnownInACallIsTakenAfterIt) {
  Simulation world(with_mac(Role::phone));
  world.traffic(flow_a, 50, 50);
  world.run_for(5s);
  world.send(DeviceFound{0, address_a});
  world.run_for(5s);
  EXPECT_EQ(world.all<CallStarted>().size(), 1U);
  EXPECT_TRUE(world.all<CallEnded>().empty());
  world.traffic(flow_a, 0, 0);
  world.run_for(10s);
  EXPECT_EQ(world.report.calls, 0);
  world.traffic(flow_a, 5, 5);
  world.run_for(10s);
  EXPECT_EQ(world.report.calls, 1);
}

TEST(EngineDevices, ADeviceThatChangesItsAddressInACallStaysTheSameDeviceInOneCall) {
  Simulation world(with_mac());
  world.send(DeviceFound{0, address_a});
  world.traffic(flow_a, 50, 50);
  world.run_for(10s);
  world.send(DeviceFound{0, address_b});
  world.traffic(flow_b, 50, 50);
  world.run_for(500ms);
  world.traffic(flow_a, 0, 0);
  world.run_for(10s);
  EXPECT_EQ(world.report.devices.at(0).calls, 1);
  EXPECT_EQ(world.all<CallStarted>().size(), 1U);
  EXPECT_TRUE(world.all<CallEnded>().empty());
  EXPECT_EQ(world.ordered, std::vector{Qos::on});
  world.traffic(flow_b, 0, 0);
  world.run_for(5s);
  ASSERT_EQ(world.all<CallEnded>().size(), 1U);
  const Call call = world.all<CallEnded>()[0].call;
  EXPECT_EQ(call.device, "Mobile");
  EXPECT_GE(*call.ended - call.started, 20s);
}

TEST(EngineDevices, IPv6PrivacyAddressesAreTheSameDevice) {
  Simulation world(with_mac());
  world.send(DeviceFound{0, *IpAddress::parse("2001:db8:1::aaaa")});
  world.send(DeviceFound{0, *IpAddress::parse("2001:db8:1::bbbb")});
  world.traffic(flow_key("2001:db8:1::aaaa", 7078, "2001:db8:ff::9", 3478), 50, 50);
  world.traffic(flow_key("2001:db8:1::bbbb", 7080, "2001:db8:ff::9", 3478), 50, 50);
  world.run_for(3s);
  EXPECT_EQ(world.report.calls, 1);
  EXPECT_EQ(world.report.devices.at(0).calls, 1);
}

TEST(EngineDevices, TheNextOwnerOfAnAddressHasNoPartInTheCallThatGoesOn) {
  Settings settings = with_mac();
  settings.devices.push_back({.name = "Console", .address = {}, .mac = "00:11:22:aa:bb:dd", .hostname = "", .role = Role::never});
  Simulation world(settings);
  world.send(DeviceFound{0, address_a});
  world.traffic(flow_a, 50, 50);
  world.run_for(5s);
  world.send(DeviceFound{1, address_a});
  world.run_for(5s);
  EXPECT_EQ(world.report.devices.at(0).calls, 1);
  EXPECT_EQ(world.report.devices.at(1).calls, 0);
  world.traffic(flow_a, 0, 0);
  world.run_for(10s);
  EXPECT_EQ(world.all<CallEnded>().at(0).call.device, "Mobile");
  EXPECT_EQ(device_of_only_flow(world), "0 flows");
}

TEST(EngineDevices, WhatIsFoundIsMoreThanANetworkAndEqualsAHost) {
  Settings settings;
  add_prefix(settings, "Guests", "192.168.1.0/24");
  add_prefix(settings, "Desk", "192.168.1.77");
  settings.devices.push_back(with_mac().devices[0]);
  const auto found = [](DeviceMap devices, std::int32_t device, const IpAddress& address) {
    devices.found(device, address);
    return devices.device_of(address);
  };
  EXPECT_EQ(found(DeviceMap(settings.devices), 2, address_a), 2);
  EXPECT_EQ(found(DeviceMap(settings.devices), 2, address_b), 1) << "of equals the first in the file";
  std::swap(settings.devices[1], settings.devices[2]);
  EXPECT_EQ(found(DeviceMap(settings.devices), 1, address_b), 1);
}

TEST(EngineDevices, TwoMachinesOfANetworkAreNotInOneCall) {
  Settings settings;
  add_prefix(settings, "Guests", "192.168.1.0/24");
  Simulation world(settings);
  world.traffic(flow_a, 50, 50);
  world.traffic(flow_b, 50, 50);
  world.run_for(3s);
  EXPECT_EQ(world.report.devices.at(0).calls, 2);
}

TEST(EngineDevices, TheAddressThatWasToldLongestAgoIsForgotten) {
  DeviceMap devices(with_mac().devices);
  devices.found(0, address_b);
  devices.found(0, address_a);
  devices.found(0, address_b);
  // One more than there is room for.
  for (std::size_t i = 0; i + 1 < most_found_addresses; ++i) {
    const std::array<std::uint8_t, 4> bytes{10, 0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256)};
    devices.found(0, IpAddress::from_bytes(bytes));
  }
  EXPECT_EQ(devices.found_addresses(), most_found_addresses);
  EXPECT_EQ(devices.device_of(address_a), no_device);
  EXPECT_EQ(devices.device_of(address_b), 0);
  EXPECT_EQ(devices.device_of(*IpAddress::parse("10.0.3.200")), 0);
  devices.lost(*IpAddress::parse("10.0.3.200"));
  EXPECT_EQ(devices.device_of(*IpAddress::parse("10.0.3.200")), no_device);
}

TEST(EngineDevices, ADeviceThatIsNotInTheFileIsIgnored) {
  Simulation world(with_mac());
  world.send(DeviceFound{7, address_a});
  world.traffic(flow_a, 50, 50);
  world.run_for(2s);
  EXPECT_EQ(world.all<CallStarted>().at(0).call.device, "192.168.1.30");
}

}  // namespace
}  // namespace voip
