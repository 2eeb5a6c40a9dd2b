// What the real kernel says of interfaces and routes, in a network of the test's own.
#include "ports/network/network.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "ports/file_world.h"
#include "ports/private_network.h"

namespace voip {
namespace {

using test::PrivateNetwork;

// Of all the commands in the line.
std::string shell(const std::string& line) {
  return test::shell("(" + line + ")");
}

class KernelsNetwork : public testing::Test {
 protected:
  void SetUp() override {
    if (!network_.is_there()) {
      GTEST_SKIP() << "needs the right to make network namespaces";
    }
    ASSERT_EQ(shell("ip link set lo up"), "");
  }
  static void add_link(const std::string& name, const std::string& address) {
    ASSERT_EQ(shell("ip link add " + name + " type veth peer name p-" + name + " && ip link set p-" + name +
                    " up && ip addr add " + address + " dev " + name + " && ip link set " + name + " up"),
              "");
  }
  static Network found(const std::string& wan = "auto") {
    Settings settings;
    settings.qos.wan = wan;
    const auto network = read_network(settings);
    EXPECT_TRUE(network) << network.error();
    return network ? *network : Network{};
  }

 private:
  PrivateNetwork network_;
};

TEST_F(KernelsNetwork, EachHopOfAMultipathRouteIsAWan) {
  add_link("lan", "192.168.77.1/24");
  add_link("wan", "192.0.2.2/24");
  add_link("wanb", "192.168.100.2/24");
  ASSERT_EQ(shell("ip route add default nexthop via 192.0.2.1 dev wan nexthop via 192.168.100.1 dev wanb"), "");
  const Network network = found();
  EXPECT_EQ(network.wan, "wan");
  EXPECT_EQ(network.lan_devices, std::vector<std::string>{"lan"});
  EXPECT_EQ(network.lan.prefixes(), std::vector<IpPrefix>{*IpPrefix::parse("192.168.77.0/24")});
}

TEST_F(KernelsNetwork, ADefaultRouteOfATableThatARuleNamesIsAWan) {
  add_link("lan", "192.168.77.1/24");
  add_link("wan", "192.0.2.2/24");
  add_link("wanb", "192.168.100.2/24");
  add_link("wanc", "192.168.101.2/24");
  ASSERT_EQ(shell("ip route add default via 192.0.2.1; ip route add 10.0.0.0/8 via 192.0.2.1"), "");
  ASSERT_EQ(shell("ip route add default via 192.168.100.1 table 51820; ip route add 10.0.0.0/8 via 192.168.100.1 table 51820"),
            "");
  ASSERT_EQ(shell("ip route add default via 192.168.101.1 table 9"), "");
  EXPECT_EQ(found().lan_devices, (std::vector<std::string>{"lan", "wanb", "wanc"})) << "no rule leads there";
  ASSERT_EQ(shell("ip rule add from 192.168.77.9 table 51820; ip rule add fwmark 7 table 9; ip rule add from 1.2.3.4 table 99"),
            "");
  const Network network = found();
  EXPECT_EQ(network.wan, "wan");
  EXPECT_EQ(network.lan_devices, std::vector<std::string>{"lan"});
}

TEST_F(KernelsNetwork, TunnelsAreNoLansAndBridgesAre) {
  add_link("lan", "192.168.77.1/24");
  ASSERT_EQ(shell("ip link add br0 type bridge && ip addr add 192.168.78.1/24 dev br0 && ip link set br0 up"), "");
  for (const std::string mode : {"tun", "tap"}) {
    const std::string address = mode == "tun" ? "10.1.0.1/24" : "10.2.0.1/24";
    if (const std::string said = shell("ip tuntap add dev v" + mode + " mode " + mode); !said.empty()) {
      GTEST_SKIP() << said;
    }
    ASSERT_EQ(shell("ip addr add " + address + " dev v" + mode + " && ip link set v" + mode + " up"), "");
  }
  EXPECT_EQ(found().lan_devices, (std::vector<std::string>{"lan", "br0"}));
}

TEST_F(KernelsNetwork, TheRouterHasOwnCallsWhereSomethingOnItListensForSip) {
  add_link("lan", "192.168.77.1/24");
  EXPECT_FALSE(found().lan.has_own_calls());
  const UniqueFd pbx(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(5060);
  ASSERT_EQ(bind(pbx.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(found().lan.has_own_calls());
}

TEST_F(KernelsNetwork, AWanThatIsNotThereIsTakenWhenItAppears) {
  add_link("lan", "192.168.77.1/24");
  add_link("wan", "192.0.2.2/24");
  ASSERT_EQ(shell("ip route add default via 192.0.2.1"), "");
  EXPECT_EQ(found("pppoe-wan").wan, "pppoe-wan");
  EXPECT_EQ(found("pppoe-wan").lan_devices, std::vector<std::string>{"lan"});
  EXPECT_EQ(found().wan, "wan");
}

// A router with DSA: the port "wan", and over it PPPoE, whose interface has that name too.
TEST_F(KernelsNetwork, NetifdSaysWhichDeviceAnInterfaceOfOpenWrtIs) {
  add_link("wan", "192.168.100.2/24");
  add_link("pppoe-wan", "192.0.2.2/24");
  EXPECT_EQ(found("wan").wan, "wan") << "no OpenWrt";
  const test::FileWorld world("netifd");
  world.write("how", "behaves");
  world.write("interfaces", "lan static br-lan br-lan\nwan pppoe wan pppoe-wan\nlte qmi /dev/cdc-wdm0 wwan0");
  EXPECT_EQ(found("wan").wan, "pppoe-wan");
  EXPECT_EQ(found("lte").wan, "wwan0");
  EXPECT_EQ(found("eth7").wan, "eth7") << "a device";
  world.write("interfaces", "wan pppoe wan -");
  EXPECT_EQ(found("wan").wan, "pppoe-wan") << "the line is down, and the port is not it";
  world.write("how", "absent");
  EXPECT_EQ(found("wan").wan, "wan");
  world.write("how", "hangs");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(found("wan").wan, "wan") << "there is no configuration either";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace voip
