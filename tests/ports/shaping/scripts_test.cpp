// Actuator "qos-scripts" with stand-ins that behave like OpenWrt's programs, which end with 0 whatever they did. The queues are
// files, since few kernels outside OpenWrt have HFSC; iptables is the real one.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "ports/file_world.h"
#include "ports/shaping/fixture.h"

namespace voip {
namespace {

using test::shell;

class QosScriptsSwitchTest : public test::QosSwitchFixture {
 protected:
  void SetUp() override {
    QosSwitchFixture::SetUp();
    if (IsSkipped()) {
      return;
    }
    if (!shell("iptables -w -t mangle -A FORWARD -m connmark --mark 1 -m comment --comment probe -j MARK --set-mark 0x20/0xf0 && "
               "iptables -w -t mangle -F FORWARD")
             .empty()) {
      GTEST_SKIP() << "needs iptables with connmark, comment and MARK";
    }
    world_.emplace("qos_scripts");
    world_->write("how", "behaves");
    world_->write("uci", "qos.wan=interface\nqos.wan.enabled='1'\nqos.wan.download='4500'");
    world_->write("links", "lo\nwan\nbr-lan");
    world_->write("qdiscs", "");
    site_ = {.wan = "wan", .lan = {"br-lan"}, .phones = {}};
    read_shaping_ = [this] { return world_->read_files(); };
    open("qos-scripts");
  }

  [[nodiscard]] std::string runs() const { return world_->text("runs"); }
  // The rules of FORWARD, of the packets' target alone.
  static std::string rules() {
    return shell("iptables -w -t mangle -S FORWARD | sed -n 's/.* -j \\([^ ]*\\).*/\\1/p' | tr '\\n' ' '");
  }

  std::optional<test::FileWorld> world_;
};

const QosObserved is_on{Qos::on, ""};
const QosObserved is_off{Qos::off, ""};

TEST_F(QosScriptsSwitchTest, SwitchesOnAndOffAndLeavesNothing) {
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(rules(), "MARK qos_Default ");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(rules(), "");
  EXPECT_EQ(shell("ip6tables -w -t mangle -S FORWARD"), "-P FORWARD ACCEPT\n");
  EXPECT_EQ(runs(), "start stop ");
}

TEST_F(QosScriptsSwitchTest, TheRuleForCallsSurvivesARestartByOthersAndComesBackWhenItIsTakenAway) {
  EXPECT_EQ(switch_to(Qos::on), "");
  shell("init-qos reload");
  EXPECT_EQ(rules(), "MARK qos_Default ");
  EXPECT_EQ(observe(), is_on);
  ASSERT_EQ(shell("iptables -w -t mangle -F FORWARD && iptables -w -t mangle -A FORWARD -o wan -j qos_Default"), "");
  EXPECT_EQ(observe().qos, Qos::on);
  EXPECT_NE(observe().problem.find("the rule that puts calls first"), std::string::npos) << observe().problem;
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(rules(), "MARK qos_Default ");
  EXPECT_EQ(runs(), "start start ") << "no start of ours was needed for it";
}

TEST_F(QosScriptsSwitchTest, ARuleBehindTheJumpIsMovedBeforeIt) {
  EXPECT_EQ(switch_to(Qos::on), "");
  ASSERT_EQ(
      shell("iptables -w -t mangle -D FORWARD -o wan -j qos_Default && iptables -w -t mangle -I FORWARD 1 -o wan -j qos_Default"),
      "");
  EXPECT_EQ(rules(), "qos_Default MARK ");
  EXPECT_NE(observe().problem, "");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(rules(), "MARK qos_Default ");
}

TEST_F(QosScriptsSwitchTest, WhatAKilledRunLeftOfTheRuleIsRemovedWithoutQosStop) {
  EXPECT_EQ(switch_to(Qos::on), "");
  shell("qos-stop");
  EXPECT_EQ(rules(), "MARK ");
  EXPECT_NE(observe().problem.find("left over"), std::string::npos) << observe().problem;
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(rules(), "");
  EXPECT_EQ(runs(), "start stop ");
}

TEST_F(QosScriptsSwitchTest, AGoodEndThatDidNothingIsSeenAsOff) {
  world_->write("how", "does_nothing");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_EQ(runs(), "start ");
}

TEST_F(QosScriptsSwitchTest, TheInitScriptCannotStopAndStartsTwice) {
  shell("init-qos start");
  EXPECT_EQ(runs(), "start start ");
  EXPECT_EQ(observe().qos, Qos::on) << "somebody else's start is seen";
  EXPECT_EQ(shell("iptables -w -t mangle -S | grep -c -e '-j qos_Default'"), "1\n") << "twice is as once";
  shell("init-qos stop");
  EXPECT_EQ(observe().qos, Qos::on) << "it says that it has stopped";
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
}

TEST_F(QosScriptsSwitchTest, ADoubleStartOfOursIsAsOne) {
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(rules(), "MARK qos_Default ");
}

TEST_F(QosScriptsSwitchTest, RulesThatStopLeavesWithoutAWanAreAProblemUntilItIsBack) {
  EXPECT_EQ(switch_to(Qos::on), "");
  world_->write("how", "wan_is_down");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_NE(observe().problem.find("are left in the FORWARD chain"), std::string::npos) << observe().problem;
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::off) << "and a start did nothing";
  world_->write("how", "behaves");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(rules(), "");
}

TEST_F(QosScriptsSwitchTest, AKernelWithoutHfscIsAProblemAndIsCleanedUp) {
  world_->write("how", "without_hfsc");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_NE(observe().problem.find("no HFSC on wan"), std::string::npos) << observe().problem;
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
}

TEST_F(QosScriptsSwitchTest, WithHalfduplexItIsOnWithoutIngress) {
  world_->write("uci", "qos.wan=interface\nqos.wan.enabled='1'\nqos.wan.upload='900'\nqos.wan.halfduplex='1'");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(world_->text("qdiscs"), " ");
}

TEST_F(QosScriptsSwitchTest, WhatAStartOfOthersBesideOurStopLeavesIsSeenAndTakenAway) {
  world_->write("how", "is_slow");
  shell("qos-start >/dev/null 2>&1 & for i in $(seq 600); do [ -e $QOS_STATE/waits ] && break; sleep 0.05; done");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off) << "the other has not gone on yet";
  world_->write("go", "");
  shell("for i in $(seq 600); do iptables -w -t mangle -S FORWARD | grep -q qos_Default && break; sleep 0.05; done");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_NE(observe().problem, "") << "OFF and all well is what was said before";
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(rules(), "");
  EXPECT_EQ(world_->text("qdiscs"), " ");
}

TEST_F(QosScriptsSwitchTest, AStartThatTakesTooLongIsToldTheFirstTime) {
  world_->write("how", "is_slow");
  settings_.qos.timeout = 1s;
  open("qos-scripts");
  testing::internal::CaptureStderr();
  EXPECT_NE(switch_to(Qos::on).find("ran out of time"), std::string::npos);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("ran out of time"), std::string::npos);
  testing::internal::CaptureStderr();
  EXPECT_NE(switch_to(Qos::on), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr().find("ran out of time"), std::string::npos) << "once";
}

TEST_F(QosScriptsSwitchTest, AStartOfOthersThatIsLeftServesACallAndStays) {
  settings_.qos.qos_scripts.foreign = Foreign::leave;
  open("qos-scripts");
  EXPECT_EQ(observe(), is_off);
  shell("qos-start");
  EXPECT_TRUE(observe().is_left);
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(rules(), "MARK qos_Default ");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_TRUE(observe().is_left);
  EXPECT_EQ(rules(), "qos_Default ");
  EXPECT_EQ(runs(), "start ") << "of ours nothing was run";
  shell("qos-stop");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off) << "a start of ours is stopped by us";
}

TEST_F(QosScriptsSwitchTest, AStartThatDiesHalfWayIsToldAndCleanedUp) {
  world_->write("how", "dies_half_way");
  EXPECT_NE(switch_to(Qos::on).find("ran qos-start: it was ended by"), std::string::npos) << "or so";
  EXPECT_EQ(observe().qos, Qos::off);
  world_->write("how", "behaves");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(rules(), "");
}

TEST_F(QosScriptsSwitchTest, AStartThatHangsIsEndedInTime) {
  settings_.qos.timeout = 3s;
  open("qos-scripts");
  world_->write("how", "hangs");
  const Instant begin = loop_->now();
  EXPECT_NE(switch_to(Qos::on).find("ran qos-start: it ran out of time"), std::string::npos);
  EXPECT_LT(loop_->now() - begin, 30s) << "it hangs for ever";
  world_->write("how", "behaves");
  EXPECT_EQ(switch_to(Qos::on), "") << "it heals when the program works again";
  EXPECT_EQ(observe(), is_on);
}

TEST_F(QosScriptsSwitchTest, TenMegabytesOfOutputDoNoHarm) {
  world_->write("how", "floods");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::off);
}

TEST_F(QosScriptsSwitchTest, NothingIsRunWhereItIsSwitchedOffInUci) {
  world_->write("uci", "qos.wan=interface\nqos.wan.enabled='0'");
  EXPECT_NE(switch_to(Qos::on).find("switched off in its own configuration"), std::string::npos);
  EXPECT_EQ(runs(), "");
  EXPECT_EQ(rules(), "");
}

TEST_F(QosScriptsSwitchTest, NoIfbIsMadeInThePlaceOfAMissingWan) {
  world_->write("links", "lo\nbr-lan");
  EXPECT_NE(switch_to(Qos::on).find("wan does not exist"), std::string::npos);
  EXPECT_EQ(runs(), "");
  shell("qos-start");
  EXPECT_NE(world_->text("links").find("wan"), std::string::npos) << "which is what it would do";
}

TEST_F(QosScriptsSwitchTest, TheShapingOfOthersIsNeverTaken) {
  world_->write("qdiscs", "eth5 ingress ffff0000 fffffff1\neth5 tbf 80010000 ffffffff");
  EXPECT_NE(switch_to(Qos::on).find("another program has a qdisc ingress on eth5"), std::string::npos);
  EXPECT_NE(switch_to(Qos::off).find("qos-stop"), std::string::npos);
  EXPECT_EQ(runs(), "");
  EXPECT_NE(world_->text("qdiscs").find("eth5 tbf"), std::string::npos);
  world_->append("links", "ifb0\nifb4eth5");
  world_->write("qdiscs", "ifb4eth5 cake 80010000 ffffffff");
  EXPECT_NE(switch_to(Qos::on).find("may unload the ifb module"), std::string::npos);
  EXPECT_EQ(world_->text("links"), "lo wan br-lan ifb0 ifb4eth5 ");
  shell("qos-start");
  EXPECT_EQ(world_->text("links"), "lo wan br-lan ifb0 ") << "which is what it would do";
}

}  // namespace
}  // namespace voip
