#include "ports/network/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/json_reader.h"

namespace voip {
namespace {

Interface device(std::string name, const std::vector<std::pair<std::string, unsigned>>& addresses) {
  Interface interface;
  interface.name = std::move(name);
  interface.is_up = true;
  interface.is_loopback = interface.name == "lo";
  for (const auto& [text, length] : addresses) {
    const auto address = *IpAddress::parse(text);
    interface.addresses.push_back({address, IpPrefix(address, length)});
  }
  return interface;
}

std::vector<Interface> home() {
  return {device("lo", {{"127.0.0.1", 8}, {"::1", 128}}),
          device("wan", {{"192.168.100.7", 24}, {"2001:db8:ffff::2", 64}, {"fe80::1", 64}}),
          device("br-lan", {{"192.168.1.1", 24}, {"fd09:1::1", 64}, {"2001:db8:1::1", 64}, {"fe80::2", 64}}),
          device("br-guest", {{"10.0.7.1", 24}}),
          device("6in4", {{"2001:db8:aaaa::2", 64}}),
          device("wg0", {{"10.99.0.2", 32}}),
          device("dmz", {{"203.0.113.1", 28}})};
}

std::vector<std::string> prefixes(const Lan& lan) {
  std::vector<std::string> texts;
  for (const IpPrefix& prefix : lan.prefixes()) {
    texts.push_back(prefix.to_string());
  }
  return texts;
}

TEST(Interfaces, AutoTakesEveryPrivateNetworkButTheWans) {
  const Lan lan = choose_lan({}, "wan", home(), {"wan", "wan"});
  EXPECT_EQ(prefixes(lan), (std::vector<std::string>{"10.0.7.0/24", "2001:db8:1::/64", "192.168.1.0/24", "fd09:1::/64"}));
  EXPECT_EQ(choose_lan_devices(lan, "wan", home(), {"wan", "wan"}), (std::vector<std::string>{"br-lan", "br-guest"}));
}

TEST(Interfaces, AnInterfaceThatIsDownIsNoLan) {
  auto interfaces = home();
  interfaces[3].is_up = false;
  const Lan lan = choose_lan({}, "wan", interfaces, {"wan", ""});
  EXPECT_FALSE(lan.contains(*IpAddress::parse("10.0.7.9")));
  EXPECT_TRUE(lan.contains(*IpAddress::parse("192.168.1.9")));
}

TEST(Interfaces, TheWayOfAnotherDefaultRouteIsNoLan) {
  const Lan lan = choose_lan({}, "wan", home(), {"br-guest", "wan"});
  EXPECT_FALSE(lan.contains(*IpAddress::parse("10.0.7.9")));
}

TEST(Interfaces, WhereTheRouterItselfGoesElsewhereIsNoLan) {
  // Whatever says so: a hop of a multipath route, a table of its own, the kind of the link, PPPoE on it, no room for clients.
  auto interfaces = home();
  for (const auto& [name, address] :
       {std::pair{"hop2", "10.1.0.2"}, {"rule", "10.2.0.2"}, {"tap0", "10.3.0.2"}, {"ppp5", "10.4.0.2"}, {"eth1", "10.5.0.2"}}) {
    interfaces.push_back(device(name, {{address, 24}}));
  }
  interfaces.push_back(device("link", {{"10.6.0.0", 31}}));
  const auto at = [&](const std::string& name) -> Interface& {
    return *std::find_if(interfaces.begin(), interfaces.end(), [&](const Interface& one) { return one.name == name; });
  };
  at("tap0").kind = "tun";
  at("ppp5").is_ethernet = false;
  at("eth1").carries_pppoe = true;
  const DefaultRoutes routes{"wan", "wan", {"wan", "hop2"}, {"rule"}};
  const Lan lan = choose_lan({}, "wan", interfaces, routes);
  EXPECT_EQ(prefixes(lan), (std::vector<std::string>{"10.0.7.0/24", "2001:db8:1::/64", "192.168.1.0/24", "fd09:1::/64"}));
  EXPECT_EQ(choose_lan_devices(lan, "wan", interfaces, routes), (std::vector<std::string>{"br-lan", "br-guest"}));
  // Somebody may name more as the LAN; what leaves by those is the download no more for it.
  const Lan wide = choose_lan({*IpPrefix::parse("10.0.0.0/8")}, "wan", interfaces, routes);
  EXPECT_EQ(choose_lan_devices(wide, "wan", interfaces, routes), (std::vector<std::string>{"br-guest", "wg0", "link"}));
}

TEST(Interfaces, TheUsualHousesLansAreFound) {
  const auto found = [](std::vector<Interface> interfaces, const std::string& wan) {
    interfaces.push_back(device("lo", {{"127.0.0.1", 8}}));
    return prefixes(choose_lan({}, wan, interfaces, {wan, "", {wan}, {}}));
  };
  // Behind another router, with VLANs for guests and things, and containers.
  EXPECT_EQ(found({device("wan", {{"192.168.178.20", 24}}), device("br-lan", {{"192.168.1.1", 24}}),
                   device("br-lan.20", {{"192.168.20.1", 24}}), device("docker0", {{"172.17.0.1", 16}})},
                  "wan"),
            (std::vector<std::string>{"172.17.0.0/16", "192.168.1.0/24", "192.168.20.0/24"}));
  // The router's address may be any.
  EXPECT_EQ(found({device("ppp0", {{"203.0.113.7", 32}}), device("eth0", {{"10.0.0.77", 24}})}, "ppp0"),
            (std::vector<std::string>{"10.0.0.0/24"}));
  // A host with one interface routes for nobody.
  EXPECT_EQ(found({device("eth0", {{"172.17.0.2", 16}})}, "eth0"), std::vector<std::string>());
}

TEST(Interfaces, AGuestHasNeitherTheFirstNorTheLastAddress) {
  EXPECT_FALSE(looks_like_guest(device("br-lan", {{"192.168.1.1", 24}, {"2001:db8:1::7", 64}})));
  EXPECT_FALSE(looks_like_guest(device("br-lan", {{"192.168.1.254", 24}})));
  EXPECT_FALSE(looks_like_guest(device("br-lan", {{"192.168.1.7", 24}, {"10.0.0.1", 8}})));
  EXPECT_TRUE(looks_like_guest(device("wg0", {{"10.8.0.2", 24}})));
  EXPECT_FALSE(looks_like_guest(device("dmz", {{"203.0.113.5", 24}})));
}

TEST(Interfaces, PppoeNamesItsCarriers) {
  const std::string text =
      "Id       Address              Device\n0C450000 00:90:1a:a3:5c:12     eth1\n01000000 00:90:1a:a3:5c:13   eth0.7\n";
  EXPECT_EQ(pppoe_carriers(text), (std::vector<std::string>{"eth1", "eth0.7"}));
  EXPECT_EQ(pppoe_carriers(""), std::vector<std::string>());
  EXPECT_EQ(pppoe_carriers("Id       Address              Device\n0C45"), std::vector<std::string>());
}

TEST(Interfaces, ASocketOfSipIsKnown) {
  const std::string header = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
  EXPECT_TRUE(names_sip_socket(header + "  395: 00000000:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0\n"));
  EXPECT_TRUE(names_sip_socket("1: 00000000000000000000000000000000:13C5 00000000000000000000000000000000:0000 07 0"));
  EXPECT_FALSE(names_sip_socket(header + "  395: 00000000:0035 00000000:13C4 01 00000000:00000000 00:00000000 00000000     0\n"));
  EXPECT_FALSE(names_sip_socket(""));
}

TEST(Interfaces, ConfiguredNetworksAreTakenAsTheyAre) {
  const Lan lan = choose_lan({*IpPrefix::parse("192.168.1.0/24")}, "wan", home(), {"wan", ""});
  EXPECT_EQ(prefixes(lan), (std::vector<std::string>{"192.168.1.0/24"}));
  EXPECT_EQ(choose_lan_devices(lan, "wan", home(), {"wan", "wan"}), (std::vector<std::string>{"br-lan"}));
}

TEST(Interfaces, TheLanKnowsTheRoutersOwnAddresses) {
  const Lan lan = choose_lan({}, "wan", home(), {"wan", "wan"});
  const Endpoint phone{*IpAddress::parse("192.168.1.5"), 40000};
  const Endpoint wan{*IpAddress::parse("192.168.100.7"), 53};
  EXPECT_FALSE(lan.orient(phone, wan, wan, phone, protocol_udp));
}

TEST(Interfaces, TheWanIsTheNamedDeviceOrTheDefaultRoutes) {
  const DefaultRoutes routes{"wan", "6in4"};
  EXPECT_EQ(choose_wan("dmz", home(), routes), "dmz");
  EXPECT_EQ(choose_wan("auto", home(), routes), "wan");
  EXPECT_EQ(choose_wan("auto", home(), {"", "6in4"}), "6in4");
  EXPECT_EQ(choose_wan("auto", home(), {}), "");
}

TEST(Interfaces, AWanThatIsNotThereIsNoOtherOne) {
  const DefaultRoutes routes{"wan", "wan"};
  EXPECT_EQ(choose_wan("pppoe-wan", home(), routes), "pppoe-wan");
}

TEST(Interfaces, AnInterfaceOfOpenWrtIsItsDevice) {
  constexpr std::string_view configuration = R"(
config device
	option name 'br-lan'
	option type 'bridge'

config interface 'dsl'
	option device 'eth1'
	option proto 'pppoe'

config interface 'dsl6'
	option device '@dsl'
	option proto 'dhcpv6'

config interface "cable"
	option ifname "eth0.2"
	option proto dhcp
	option metric '10'

config interface 'air'
	option proto 'dhcp'

config interface 'lte'
	option proto 'qmi'

config interface 'loop'
	option device '@loop'
	option proto 'dhcp'
)";
  const OpenWrt openwrt{.configuration = std::string(configuration)};
  auto interfaces = home();
  for (const char* const name : {"eth1", "eth0.2"}) {
    interfaces.push_back(device(name, {}));
  }
  EXPECT_EQ(choose_wan("cable", interfaces, {"wan", ""}, openwrt), "eth0.2");
  EXPECT_EQ(choose_wan("dsl", interfaces, {"wan", ""}, openwrt), "pppoe-dsl") << "the line is down, and eth1 is not it";
  EXPECT_EQ(choose_wan("lte", interfaces, {"wan", ""}, openwrt), "qmi-lte");
  EXPECT_EQ(choose_wan("air", interfaces, {"wan", ""}, openwrt), "air");
  EXPECT_EQ(choose_wan("dsl6", interfaces, {"wan", ""}, openwrt), "pppoe-dsl");
  EXPECT_EQ(choose_wan("loop", interfaces, {"wan", ""}, openwrt), "loop");
  interfaces.push_back(device("br-cable", {}));
  EXPECT_EQ(choose_wan("cable", interfaces, {"wan", ""}, openwrt), "br-cable");
}

// As on routers with DSA: "wan" is the port under PPPoE, and the interface of that name.
TEST(Interfaces, TheNameOfAnInterfaceOfOpenWrtGoesBeforeThatOfADevice) {
  const OpenWrt configured{.configuration = "config interface 'wan'\n\toption device 'wan'\n\toption proto 'pppoe'\n"};
  EXPECT_EQ(choose_wan("wan", home(), {"wan", ""}), "wan") << "no OpenWrt";
  EXPECT_EQ(choose_wan("wan", home(), {"wan", ""}, configured), "pppoe-wan") << "it is down, and the port is not it";
  const OpenWrt plain{.configuration = "config interface 'wan'\n\toption device 'wan'\n\toption proto 'dhcp'\n"};
  EXPECT_EQ(choose_wan("wan", home(), {"wan", ""}, plain), "wan");
}

TEST(Interfaces, WhatNetifdSaysOfAnInterfaceGoesBeforeItsConfiguration) {
  const auto said = [](const char* status) {
    return OpenWrt{.configuration = "config interface 'wan'\n\toption device 'eth9'\n\toption proto 'dhcp'\n",
                   .status = read_json(status)};
  };
  EXPECT_EQ(choose_wan("wan", home(), {}, said(R"({"up":true,"l3_device":"wwan0","proto":"qmi"})")), "wwan0");
  EXPECT_EQ(choose_wan("wan", home(), {}, said(R"({"up":true,"l3_device":"pppoe-wan","proto":"pppoe","device":"wan"})")),
            "pppoe-wan");
  EXPECT_EQ(choose_wan("wan", home(), {}, said(R"({"up":false,"proto":"pppoe","device":"wan"})")), "pppoe-wan") << "down";
  EXPECT_EQ(choose_wan("wan", home(), {}, said(R"({"up":false,"proto":"dhcp","device":"eth7"})")), "eth7");
  EXPECT_EQ(choose_wan("wan", home(), {}, said(R"({"up":true,"l3_device":7})")), "eth9") << "nothing that can be understood";
  EXPECT_EQ(choose_wan("wan", home(), {}, said("[]")), "eth9");
  EXPECT_EQ(choose_wan("auto", home(), {"wan", ""}, said(R"({"up":true,"l3_device":"wwan0"})")), "wan");
}

TEST(Interfaces, CanBeReadWithoutPrivilege) {
  const auto interfaces = read_interfaces();
  ASSERT_TRUE(interfaces) << interfaces.error();
  ASSERT_FALSE(interfaces->empty());
  EXPECT_TRUE(read_default_routes(*interfaces));
}

}  // namespace
}  // namespace voip
