// Actuator "tc" on the real kernel.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "ports/qdiscs.h"
#include "ports/qos_switch_fixture.h"

namespace voip {
namespace {

using test::shell;

class TcSwitchTest : public test::QosSwitchFixture {
 protected:
  void SetUp() override {
    QosSwitchFixture::SetUp();
    if (IsSkipped()) {
      return;
    }
    ASSERT_EQ(
        shell("ip link add wan type veth peer name isp && ip link add br-lan type bridge && ip link add br-guest type bridge && "
              "for i in wan isp br-lan br-guest lo; do ip link set $i up || exit; done"),
        "");
    if (shell("ip link add probe type ifb && ip link del probe").find("not supported") != std::string::npos) {
      GTEST_SKIP() << "this kernel has no IFB";
    }
    settings_.qos.tc.upload_kbit = 1000;
    settings_.qos.tc.download_kbit = 5000;
    site_ = {.wan = "wan", .lan = {"br-lan", "br-guest"}, .phones = {}};
  }

  // All that could be left behind.
  static std::string inventory() {
    return shell(
        "for d in wan br-lan br-guest; do tc qdisc show dev $d; tc class show dev $d; tc filter show dev $d egress 2>/dev/null; "
        "done; "
        "ip -o link | cut -d: -f2; nft list tables");
  }
};

TEST_F(TcSwitchTest, GoesThroughDrainOnAndOffAndLeavesNothing) {
  open("tc");
  const std::string before = inventory();
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_EQ(observe().problem, "");
  EXPECT_EQ(switch_to(Qos::draining), "");
  EXPECT_EQ(observe().qos, Qos::draining);
  EXPECT_NE(shell("tc class show dev wan classid ca1:30").find("ceil 100Kbit"), std::string::npos);
  EXPECT_NE(shell("tc class show dev voip-ifb classid cb1:30").find("ceil 500Kbit"), std::string::npos);
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::on);
  EXPECT_EQ(observe().problem, "");
  EXPECT_NE(shell("tc class show dev wan classid ca1:30").find("ceil 700Kbit"), std::string::npos);
  EXPECT_NE(shell("tc class show dev voip-ifb classid cb1:30").find("ceil 3500Kbit"), std::string::npos);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_EQ(observe().problem, "");
  EXPECT_EQ(inventory(), before);
}

}  // namespace
}  // namespace voip
