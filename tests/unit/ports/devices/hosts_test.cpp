#include "ports/devices/hosts.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

IpAddress address(const std::string& text) {
  return *IpAddress::parse(text);
}

HostEntry lease(const std::string& at, const std::string& mac, std::vector<std::string> names) {
  return {.address = address(at), .hardware = parse_hardware_address(mac), .names = std::move(names), .is_lease = true};
}

TEST(Hosts, NeighboursAndLeasesOfOneHardwareAddressAreOneHost) {
  const auto mac = *parse_hardware_address("00:15:65:aa:0b:03");
  const auto hosts = join_hosts({{address("192.168.1.30"), mac}, {address("2001:db8::30"), mac}},
                                {lease("192.168.1.30", "00:15:65:aa:0b:03", {"kitchen"})});
  ASSERT_EQ(hosts.size(), 1U);
  EXPECT_EQ(hosts[0].mac, "00:15:65:aa:0b:03");
  EXPECT_EQ(hosts[0].name, "kitchen");
  EXPECT_EQ(hosts[0].addresses, (std::vector<IpAddress>{address("192.168.1.30"), address("2001:db8::30")}));
}

TEST(Hosts, AHostsFileNamesWhomTheNeighbourTableShows) {
  const auto mac = *parse_hardware_address("02:00:00:00:00:01");
  const auto hosts = join_hosts({{address("192.168.1.30"), mac}},
                                {{.address = address("192.168.1.30"), .hardware = {}, .names = {"desk.lan", "desk"}},
                                 {.address = address("192.168.1.31"), .hardware = {}, .names = {"nobody"}}});
  ASSERT_EQ(hosts.size(), 1U);
  EXPECT_EQ(hosts[0].name, "desk.lan");
}

TEST(Hosts, WithoutANameOrAtRestTheyAreThereToo) {
  const auto hosts = join_hosts({{address("192.168.1.40"), *parse_hardware_address("02:00:00:00:00:02")}},
                                {lease("192.168.1.41", "02:00:00:00:00:01", {})});
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_EQ(hosts[0].mac, "02:00:00:00:00:01");
  EXPECT_EQ(hosts[1].name, "");
}

}  // namespace
}  // namespace voip
