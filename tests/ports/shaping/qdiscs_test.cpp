// The real rtnetlink, in a namespace of its own.
#include "ports/shaping/qdiscs.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ports/private_network.h"

namespace voip {
namespace {

using test::PrivateNetwork;
using test::shell;

class ShapingTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!network_.is_there()) {
      GTEST_SKIP() << "needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace";
    }
    ASSERT_EQ(shell("ip link add wan type veth peer name isp && ip link set wan up"), "");
  }

  static std::string names_and_kinds() {
    auto shaping = read_shaping();
    if (!shaping) {
      return shaping.error();
    }
    std::string text;
    for (const Qdisc& qdisc : shaping->qdiscs) {
      if (qdisc.handle != 0) {
        text += qdisc.device + " " + qdisc.kind + "\n";
      }
    }
    return text;
  }

  PrivateNetwork network_;
};

TEST_F(ShapingTest, SeesLinksAndQdiscsOfAllDevices) {
  ASSERT_EQ(shell("tc qdisc add dev wan root handle ca1: htb; tc qdisc add dev isp clsact; ip link add br-lan type bridge; "
                  "ip link set wan mtu 1492 master br-lan; ip tuntap add tun0 mode tun; ip link set lo up"),
            "");
  auto shaping = read_shaping();
  ASSERT_TRUE(shaping) << shaping.error();
  for (const Link& wanted :
       {Link{.name = "wan", .mtu = 1492, .bridge = "br-lan"}, Link{.name = "lo", .mtu = 65536},
        Link{.name = "br-lan", .mtu = 1492, .is_up = false}, Link{.name = "tun0", .header = 0, .is_up = false}}) {
    EXPECT_EQ(std::count(shaping->links.begin(), shaping->links.end(), wanted), 1) << wanted.name;
  }
  const auto htb = std::find_if(shaping->qdiscs.begin(), shaping->qdiscs.end(), [](const Qdisc& q) { return q.kind == "htb"; });
  ASSERT_NE(htb, shaping->qdiscs.end());
  EXPECT_EQ(htb->device, "wan");
  EXPECT_EQ(htb->handle, 0xca10000U);
  EXPECT_EQ(htb->parent, 0xffffffffU);
  EXPECT_NE(names_and_kinds().find("isp clsact\n"), std::string::npos);
}

TEST_F(ShapingTest, ADumpOfManyDevicesIsWhole) {
  std::string batch;
  for (int i = 0; i < 300; ++i) {
    batch += "link add d" + std::to_string(i) + " type ifb\n";
  }
  ASSERT_EQ(shell("echo '" + batch + "' | ip -batch - && tc qdisc add dev d299 root handle 5: pfifo"), "");
  auto shaping = read_shaping();
  ASSERT_TRUE(shaping) << shaping.error();
  EXPECT_GE(shaping->links.size(), 303U);
  EXPECT_NE(names_and_kinds().find("d299 pfifo\n"), std::string::npos);
}

}  // namespace
}  // namespace voip
