// The networks that homes have, as the kernel shows them, and what setup proposes for each: the line, and where the phones are.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "commands/setup/propose_network.h"

namespace voip {
namespace {

using Addresses = std::vector<std::pair<std::string, unsigned>>;

Interface device(std::string name, const Addresses& addresses, std::string kind = "") {
  Interface interface;
  interface.name = std::move(name);
  interface.kind = std::move(kind);
  interface.is_up = true;
  interface.is_loopback = interface.name == "lo";
  interface.is_ethernet = !interface.name.starts_with("ppp") && interface.kind != "ip6tnl" && interface.kind != "wireguard";
  for (const auto& [text, length] : addresses) {
    const auto address = *IpAddress::parse(text);
    interface.addresses.push_back({address, IpPrefix(address, length)});
  }
  return interface;
}

const Addresses lan_addresses{{"192.168.1.1", 24}, {"fd09:1::1", 64}, {"2001:db8:1::1", 64}, {"fe80::1", 64}};

NetworkFacts network(std::vector<Interface> interfaces, DefaultRoutes routes) {
  NetworkFacts facts;
  facts.interfaces = std::move(interfaces);
  facts.routes = std::move(routes);
  facts.interfaces.insert(facts.interfaces.begin(), device("lo", {{"127.0.0.1", 8}, {"::1", 128}}));
  facts.network.wan = choose_wan("auto", facts.interfaces, facts.routes);
  return facts;
}

// "wan=auto (eth0) lan=auto (br-lan)": what is written, and what it means now.
std::string proposed(const NetworkFacts& facts, const Settings& now = {}) {
  const WanProposal wan = propose_wan(facts, now);
  const LanProposal lan = propose_lan(facts, wan.device, now);
  std::string text = "wan=" + wan.setting + " (" + wan.device + ") lan=";
  for (const IpPrefix& prefix : lan.setting) {
    text += prefix.to_string() + " ";
  }
  text += lan.setting.empty() ? "auto (" : "(";
  std::string devices;
  for (const LanCandidate& candidate : lan.candidates) {
    devices += candidate.is_proposed ? (devices.empty() ? "" : " ") + candidate.device : "";
  }
  return text + devices + ")";
}

TEST(TenNetworks, Plain) {
  EXPECT_EQ(proposed(network({device("eth0", {{"192.168.178.20", 24}}), device("br-lan", lan_addresses, "bridge")},
                             {"eth0", "eth0", {"eth0"}})),
            "wan=auto (eth0) lan=auto (br-lan)");
}

TEST(TenNetworks, Pppoe) {
  Interface modem = device("eth1", {{"192.168.100.2", 24}});
  modem.carries_pppoe = true;
  EXPECT_EQ(proposed(network({modem, device("pppoe-wan", {{"203.0.113.7", 32}}), device("br-lan", lan_addresses, "bridge")},
                             {"pppoe-wan", "pppoe-wan", {"pppoe-wan"}})),
            "wan=auto (pppoe-wan) lan=auto (br-lan)");
}

TEST(TenNetworks, Vlan) {
  EXPECT_EQ(
      proposed(network({device("eth0", {}), device("eth0.7", {{"203.0.113.7", 24}}, "vlan"), device("eth1", {}),
                        device("eth1.10", {{"192.168.10.1", 24}}, "vlan"), device("eth1.20", {{"192.168.20.1", 24}}, "vlan")},
                       {"eth0.7", "", {"eth0.7"}})),
      "wan=auto (eth0.7) lan=auto (eth1.10 eth1.20)");
}

TEST(TenNetworks, TwoWans) {
  const NetworkFacts facts =
      network({device("wan", {{"203.0.113.7", 24}}), device("wwan0", {{"10.64.3.9", 30}}), device("br-lan", lan_addresses)},
              {"wan", "", {"wan", "wwan0"}});
  EXPECT_EQ(proposed(facts), "wan=auto (wan) lan=auto (br-lan)");
  EXPECT_EQ(propose_wan(facts, {}).others, (std::vector<std::string>{"wwan0"}));
  EXPECT_NE(propose_wan(facts, {}).why.find("other lines"), std::string::npos);
}

TEST(TenNetworks, BridgeWithGuests) {
  EXPECT_EQ(proposed(network({device("wan", {{"203.0.113.7", 24}}), device("br-lan", lan_addresses, "bridge"),
                              device("br-guest", {{"192.168.3.1", 24}}, "bridge"), device("lan1", {})},
                             {"wan", "wan", {"wan"}})),
            "wan=auto (wan) lan=auto (br-lan br-guest)");
}

TEST(TenNetworks, Ipv6Only) {
  EXPECT_EQ(proposed(network({device("wan", {{"2001:db8:ffff::2", 64}, {"fe80::2", 64}}),
                              device("br-lan", {{"fd09:1::1", 64}, {"2001:db8:1::1", 64}}, "bridge")},
                             {"", "wan", {"wan"}})),
            "wan=auto (wan) lan=auto (br-lan)");
}

TEST(TenNetworks, DsLite) {
  const NetworkFacts facts = network({device("wan", {{"2001:db8:ffff::2", 64}}), device("ds-wan", {{"192.0.0.2", 29}}, "ip6tnl"),
                                      device("br-lan", lan_addresses, "bridge")},
                                     {"ds-wan", "wan", {"ds-wan", "wan"}});
  EXPECT_EQ(proposed(facts), "wan=wan (wan) lan=auto (br-lan)");
  EXPECT_NE(propose_wan(facts, {}).why.find("tunnel ds-wan"), std::string::npos);
}

TEST(TenNetworks, DockerOnTheRouter) {
  const NetworkFacts facts =
      network({device("enp1s0", {{"203.0.113.7", 24}}), device("enp2s0", {{"192.168.1.1", 24}, {"fd09:1::1", 64}}),
               device("docker0", {{"172.17.0.1", 16}}, "bridge"), device("br-0123456789ab", {{"172.18.0.1", 16}}, "bridge")},
              {"enp1s0", "", {"enp1s0"}});
  EXPECT_EQ(proposed(facts), "wan=auto (enp1s0) lan=192.168.1.0/24 fd09:1::/64 (enp2s0)");
  EXPECT_NE(propose_lan(facts, "enp1s0", {}).why.find("docker0, br-0123456789ab"), std::string::npos);
}

TEST(TenNetworks, NoPrivateWanAddress) {
  // A public network of one's own on the WAN, and behind another provider's NAT (RFC 6598): neither is a LAN.
  EXPECT_EQ(proposed(network({device("wan", {{"198.51.100.10", 29}}), device("br-lan", lan_addresses)}, {"wan", "", {"wan"}})),
            "wan=auto (wan) lan=auto (br-lan)");
  EXPECT_EQ(proposed(network({device("wan", {{"100.64.3.9", 10}}), device("br-lan", lan_addresses)}, {"wan", "", {"wan"}})),
            "wan=auto (wan) lan=auto (br-lan)");
}

TEST(TenNetworks, WanDown) {
  Interface wan = device("wan", {{"192.168.178.20", 24}});
  wan.has_carrier = false;
  const NetworkFacts facts = network({wan, device("br-lan", lan_addresses, "bridge")}, {});
  EXPECT_EQ(proposed(facts), "wan=auto () lan=auto (br-lan)");
  EXPECT_EQ(propose_wan(facts, {}).others, (std::vector<std::string>{"wan"}));
  EXPECT_NE(propose_wan(facts, {}).why.find("no default route"), std::string::npos);
}

TEST(TenNetworks, WanDownOnOpenWrt) {
  // Its device is known by netifd, whatever it is called and whatever its address is.
  Interface line = device("eth0.2", {{"192.168.178.1", 24}}, "vlan");
  const NetworkFacts facts = network({line, device("br-lan", lan_addresses, "bridge")}, {});
  const WanProposal wan = propose_wan(facts, {}, "eth0.2");
  EXPECT_EQ(wan.setting, "auto");
  EXPECT_EQ(wan.device, "eth0.2");
  const LanProposal lan = propose_lan(facts, wan.device, {});
  ASSERT_EQ(lan.candidates.size(), 1U);
  EXPECT_EQ(lan.candidates[0].device, "br-lan");
}

// ---- what the ten leave open ----

TEST(ProposeNetwork, AVpnForEverythingIsNoLine) {
  EXPECT_EQ(proposed(network({device("eth0", {{"203.0.113.7", 24}}), device("wg0", {{"10.8.0.2", 24}}, "wireguard"),
                              device("br-lan", lan_addresses)},
                             {"wg0", "", {"wg0", "eth0"}})),
            "wan=eth0 (eth0) lan=auto (br-lan)");
  // The only way there is.
  EXPECT_EQ(
      proposed(network({device("wg0", {{"10.8.0.2", 24}}, "wireguard"), device("br-lan", lan_addresses)}, {"wg0", "", {"wg0"}})),
      "wan=auto (wg0) lan=auto (br-lan)");
}

TEST(ProposeNetwork, WhatTheOwnerHasChosenIsProposedAgain) {
  NetworkFacts facts =
      network({device("wan", {{"203.0.113.7", 24}}), device("lte", {{"198.51.100.9", 24}}), device("br-lan", lan_addresses)},
              {"wan", "", {"wan", "lte"}});
  Settings now;
  now.qos.wan = "lte";
  now.monitor.lan = {*IpPrefix::parse("192.168.1.0/24")};
  facts.network.wan = "lte";
  EXPECT_EQ(proposed(facts, now), "wan=lte (lte) lan=192.168.1.0/24 (br-lan)");
}

TEST(ProposeNetwork, ALanThatIsChosenByItsDevicesIsAListUnlessItIsAll) {
  const NetworkFacts facts = network(
      {device("wan", {{"203.0.113.7", 24}}), device("br-lan", {{"192.168.1.1", 24}}), device("br-guest", {{"192.168.3.1", 24}})},
      {"wan", "", {"wan"}});
  const LanProposal proposal = propose_lan(facts, "wan", {});
  EXPECT_TRUE(lan_setting_for(proposal, {"br-lan", "br-guest"}).empty());
  EXPECT_EQ(lan_setting_for(proposal, {"br-lan"}), (std::vector<IpPrefix>{*IpPrefix::parse("192.168.1.0/24")}));
}

TEST(ProposeNetwork, WithoutAnyNetworkItSaysSo) {
  const NetworkFacts facts = network({device("eth0", {{"203.0.113.7", 24}})}, {"eth0", "", {"eth0"}});
  EXPECT_EQ(proposed(facts), "wan=auto (eth0) lan=auto ()");
  EXPECT_NE(propose_lan(facts, "eth0", {}).why.find("No private network"), std::string::npos);
}

}  // namespace
}  // namespace voip
