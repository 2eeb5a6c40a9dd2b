#include "commands/doctor/network.h"

#include <utility>

#include "unit/commands/doctor/checks.h"

namespace voip {
namespace {

const QosSettings qos;

Interface device(std::string name, const std::string& address, unsigned length) {
  Interface interface;
  interface.name = std::move(name);
  interface.is_up = true;
  interface.addresses.push_back({*IpAddress::parse(address), IpPrefix(*IpAddress::parse(address), length)});
  return interface;
}

// As read_network() would find it.
NetworkFacts home(const Settings& settings = {}, DefaultRoutes routes = {"wan", "wan", {"wan"}}) {
  NetworkFacts facts;
  facts.interfaces = {device("wan", "192.0.2.2", 24), device("br-lan", "192.168.1.1", 24), device("lte0", "198.51.100.7", 24)};
  facts.routes = std::move(routes);
  facts.network.wan = choose_wan(settings.qos.wan, facts.interfaces, facts.routes);
  facts.network.lan = choose_lan(settings.monitor.lan, facts.network.wan, facts.interfaces, facts.routes);
  facts.network.lan_devices = choose_lan_devices(facts.network.lan, facts.network.wan, facts.interfaces, facts.routes);
  facts.found.resize(settings.devices.size());
  return facts;
}

TEST(DoctorLan, TheWatchedNetworksAreNamed) {
  expect_ok(judge_lan(home(), {}), "lan");
  EXPECT_EQ(judge_lan(home(), {}).front().seen, "watched: 192.168.1.0/24 on br-lan");
}

TEST(DoctorLan, NoneAndOneThatIsNowhereAreTold) {
  NetworkFacts facts = home();
  facts.network.lan = Lan();
  expect_check(judge_lan(facts, {}), "lan", CheckResult::failed, "no private network", "set monitor.lan = [");
  Settings elsewhere;
  elsewhere.monitor.lan = {*IpPrefix::parse("10.7.0.0/16"), *IpPrefix::parse("192.168.1.0/24")};
  expect_check(judge_lan(home(elsewhere), elsewhere), "lan", CheckResult::warning, "no address in 10.7.0.0/16", "monitor.lan");
  elsewhere.monitor.lan = {*IpPrefix::parse("192.168.0.0/16")};
  expect_ok(judge_lan(home(elsewhere), elsewhere), "lan");
  facts.error = "list network interfaces: no";
  expect_check(judge_lan(facts, {}), "lan", CheckResult::failed, "list network interfaces", "root");
  EXPECT_TRUE(judge_wan(facts, qos).empty());
}

TEST(DoctorLan, TheRoutersOwnAddressIsNoNetworkOfPhones) {
  Settings own;
  own.monitor.lan = {*IpPrefix::parse("192.168.1.1")};
  expect_check(judge_lan(home(own), own), "lan", CheckResult::failed, "192.168.1.1 (monitor.lan) is this router's own address",
               "monitor.lan = [\"192.168.1.0/24\"]");
}

TEST(DoctorLan, EachInterfaceIsNamedWithWhyItIsALanOrNone) {
  NetworkFacts facts = home();
  facts.interfaces.push_back(device("wg0", "10.8.0.2", 24));
  facts.interfaces.back().kind = "wireguard";
  facts.interfaces.back().is_ethernet = false;
  expect_ok(judge_lan(facts, {}), "interfaces");
  const std::string seen = one_of(judge_lan(facts, {}), "interfaces").seen;
  EXPECT_EQ(seen,
            "wan is none: it is the WAN, br-lan is a LAN, lte0 is none: the router has no private network there, "
            "wg0 is none: it is a tunnel or a point-to-point link (wireguard)");
}

TEST(DoctorLan, AnInterfaceThatLooksLikeAVpnIsToldWhereCallsWouldNotBeHeardForIt) {
  NetworkFacts facts = home();
  facts.interfaces.push_back(device("veth7", "10.8.0.2", 24));
  Checks checks = judge_lan(facts, {});
  checks.erase(checks.begin() + 1);
  expect_check(checks, "interfaces", CheckResult::warning, "veth7 is taken for a LAN", "monitor.lan = [\"192.168.1.0/24\"]");
  facts.interfaces.erase(facts.interfaces.begin() + 1);
  expect_ok(judge_lan(facts, {}), "interfaces");  // where it is the only one, it is the LAN
}

TEST(DoctorLan, ADeviceThatIsToBeShapedAndIsNotThereIsTold) {
  Settings settings;
  settings.qos.actuator = "tc";
  settings.qos.tc.lan = {"br-lan", "br-guest"};
  expect_check(judge_lan(home(settings), settings), "lan", CheckResult::warning, "no device br-guest", "qos.tc.lan");
  settings.qos.tc.lan = {"br-lan"};
  expect_ok(judge_lan(home(settings), settings), "lan");
}

TEST(DoctorDevices, ThoseInTheLanAreOk) {
  Settings settings;
  EXPECT_TRUE(judge_devices(home(), settings).empty()) << "there are none";
  settings.devices = {{.name = "Phone", .address = IpPrefix::parse("192.168.1.30"), .mac = "", .hostname = ""}};
  expect_ok(judge_devices(home(settings), settings), "device");
  settings.devices.push_back({.name = "All", .address = IpPrefix::parse("192.168.0.0/16"), .mac = "", .hostname = ""});
  settings.devices.push_back({.name = "Laptop", .address = {}, .mac = "", .hostname = "laptop"});
  NetworkFacts facts = home(settings);
  facts.found[2] = {*IpAddress::parse("192.168.1.40")};
  expect_ok(judge_devices(facts, settings), "device");
  EXPECT_NE(judge_devices(facts, settings).front().seen.find("all 3"), std::string::npos);
}

TEST(DoctorDevices, OneOutsideIsNeverSeenAndOneThatIsNotKnownIsOff) {
  Settings settings;
  settings.devices = {{.name = "Phone", .address = IpPrefix::parse("10.0.0.3"), .mac = "", .hostname = ""}};
  expect_check(judge_devices(home(settings), settings), "device", CheckResult::failed, "\"Phone\": 10.0.0.3 is in none",
               "monitor.lan");
  settings.devices = {{.name = "Desk", .address = {}, .mac = "00:11:22:33:44:55", .hostname = ""}};
  expect_check(judge_devices(home(settings), settings), "device", CheckResult::note, "mac 00:11:22:33:44:55", "ip neigh");
  NetworkFacts facts = home(settings);
  facts.found[0] = {*IpAddress::parse("192.168.1.40"), *IpAddress::parse("10.0.0.4")};
  expect_check(judge_devices(facts, settings), "device", CheckResult::warning, "10.0.0.4", "monitor.lan");
}

TEST(DoctorWan, OneThatIsUpAndHasTheDefaultRouteIsOk) {
  expect_ok(judge_wan(home(), qos), "wan");
  EXPECT_NE(judge_wan(home({}, {"wan", "", {"wan"}}), qos).front().seen.find("of IPv4"), std::string::npos);
  Settings named;
  named.qos.wan = "cable";
  NetworkFacts facts = home(named);
  facts.network.wan = "wan";
  EXPECT_NE(judge_wan(facts, named.qos).front().seen.find("OpenWrt's interface \"cable\""), std::string::npos);
}

TEST(DoctorWan, OneThatIsNotThereIsToldAndNoOtherIsNamedForIt) {
  Settings named;
  named.qos.wan = "pppoe-wan";
  expect_check(judge_wan(home(named), named.qos), "wan", CheckResult::failed, "no device pppoe-wan", "qos.wan");
}

TEST(DoctorWan, WithoutOneNothingCanBeSwitched) {
  expect_check(judge_wan(home({}, {}), qos), "wan", CheckResult::failed, "no default route", "ip route show default");
  Settings named;
  named.qos.wan = "wan";
  expect_check(judge_wan(home(named, {}), named.qos), "wan", CheckResult::failed, "no way out", "ip route show default");
  NetworkFacts facts = home();
  facts.interfaces[0].has_carrier = false;
  expect_check(judge_wan(facts, qos), "wan", CheckResult::failed, "no carrier", "cable");
  facts.interfaces[0].is_up = false;
  expect_check(judge_wan(facts, qos), "wan", CheckResult::failed, "wan is down", "ip link set wan up");
}

TEST(DoctorWan, AnotherWayOutIsNotSwitched) {
  Settings named;
  named.qos.wan = "lte0";
  expect_check(judge_wan(home(named), named.qos), "wan", CheckResult::warning, "through wan", "qos.wan = \"auto\"");
  expect_check(judge_wan(home({}, {"wan", "6in4", {"wan", "6in4"}}), qos), "wan", CheckResult::warning, "IPv6 through 6in4",
               "qos.wan");
  expect_check(judge_wan(home({}, {"wan", "wan", {"wan", "lte0"}}), qos), "wan", CheckResult::warning,
               "through wan, lte0: only wan", "qos.wan");
}

}  // namespace
}  // namespace voip
