#include "ports/interfaces.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

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
  EXPECT_EQ(choose_lan_devices(lan, "wan", home()), (std::vector<std::string>{"br-lan", "br-guest"}));
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

TEST(Interfaces, ConfiguredNetworksAreTakenAsTheyAre) {
  const Lan lan = choose_lan({*IpPrefix::parse("192.168.1.0/24")}, "wan", home(), {"wan", ""});
  EXPECT_EQ(prefixes(lan), (std::vector<std::string>{"192.168.1.0/24"}));
  EXPECT_EQ(choose_lan_devices(lan, "wan", home()), (std::vector<std::string>{"br-lan"}));
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
  EXPECT_EQ(choose_wan("a name of another system", home(), routes), "wan");
  EXPECT_EQ(choose_wan("auto", home(), {"", "6in4"}), "6in4");
  EXPECT_EQ(choose_wan("auto", home(), {}), "");
}

TEST(Interfaces, CanBeReadWithoutPrivilege) {
  const auto interfaces = read_interfaces();
  ASSERT_TRUE(interfaces) << interfaces.error();
  ASSERT_FALSE(interfaces->empty());
  EXPECT_TRUE(read_default_routes(*interfaces));
}

}  // namespace
}  // namespace voip
