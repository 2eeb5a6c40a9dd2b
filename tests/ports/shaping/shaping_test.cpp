// The switching port with scripts that behave, lie, hang and flood.
#include "ports/shaping/shaping.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "ports/shaping/fixture.h"
#include "source_dir.h"
#include "system/command_failure.h"

namespace voip {
namespace {

using test::shell;

class QosSwitchTest : public test::QosSwitchFixture {
 protected:
  ~QosSwitchTest() override { unlink(state_file_.c_str()); }

  void open_shaper(const std::string& how, bool can_observe = true) {
    const std::string shaper = VOIP_SOURCE_DIR "/tests/ports/shaping/scripts/shaper";
    settings_.qos.exec.on = {shaper, state_file_, how, "on"};
    settings_.qos.exec.off = {shaper, state_file_, how, "off"};
    if (can_observe) {
      settings_.qos.exec.observe = {shaper, state_file_, how, "observe"};
    }
    open("exec");
  }

  std::string state_file_ = testing::TempDir() + "voip_qos_switch_test." + std::to_string(getpid());
};

TEST_F(QosSwitchTest, SwitchesOnAndOffAndSeesIt) {
  open_shaper("behaves");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::on);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe().qos, Qos::off);
}

TEST_F(QosSwitchTest, SeesThatAScriptLies) {
  open_shaper("lies");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::off);
}

TEST_F(QosSwitchTest, WithoutAnObserveCommandTheLastGoodSwitchIsWhatThereIs) {
  open_shaper("behaves", false);
  EXPECT_EQ(observe().qos, std::nullopt) << "nothing is known at the start";
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::on);
}

TEST_F(QosSwitchTest, AScriptThatHangsIsEndedAndReportedInTime) {
  settings_.qos.timeout = 300ms;
  open_shaper("hangs");
  const Instant begin = loop_->now();
  const std::string error = switch_to(Qos::on);
  EXPECT_LT(loop_->now() - begin, 30s) << "it hangs for ever";
  EXPECT_NE(error.find("switch QoS on with exec: ran "), std::string::npos) << error;
  EXPECT_NE(error.find("ran out of time"), std::string::npos) << error;
  EXPECT_EQ(observe().qos, Qos::off) << "and the port goes on";
}

TEST_F(QosSwitchTest, AScriptThatFloodsIsReportedWithItsLastLines) {
  open_shaper("floods");
  const std::string error = switch_to(Qos::on, 20s);
  EXPECT_NE(error.find("exit status 5"), std::string::npos) << error;
  EXPECT_NE(error.find("one line;the last line"), std::string::npos) << error;
  EXPECT_LT(error.size(), 1000U);
}

TEST_F(QosSwitchTest, AScriptThatIsNotThereIsReportedByName) {
  settings_.qos.exec.on = {"/nonexistent/shaper"};
  open("exec");
  const std::string error = switch_to(Qos::on);
  EXPECT_NE(error.find("/nonexistent/shaper"), std::string::npos) << error;
  EXPECT_NE(error.find("No such file"), std::string::npos) << error;
  EXPECT_NE(switch_to(Qos::off).find("qos.exec.off"), std::string::npos);
}

TEST_F(QosSwitchTest, AnObserveCommandThatCannotTellIsAProblem) {
  open_shaper("blind");
  const QosObserved observed = observe();
  EXPECT_EQ(observed.qos, std::nullopt);
  EXPECT_NE(observed.problem.find("ended with 4"), std::string::npos) << observed.problem;
}

TEST_F(QosSwitchTest, ALookAskedForDuringASwitchComesAfterIt) {
  open_shaper("slow");
  port_->perform(SwitchQos{Qos::on});
  port_->perform(ObserveQos{});
  const auto observed = await<QosObserved>(5s);
  ASSERT_TRUE(observed);
  EXPECT_EQ(observed->qos, Qos::on);
  ASSERT_EQ(events_.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<SwitchFinished>(events_.front()));
}

TEST_F(QosSwitchTest, ASwitchGoesBeforeALookThatHangs) {
  open_shaper("behaves");
  settings_.qos.exec.observe = {"sleep", "60"};
  open("exec");
  port_->perform(ObserveQos{});
  const Instant begin = loop_->now();
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_LT(loop_->now() - begin, 2s);
}

TEST_F(QosSwitchTest, WhatOthersDoToQueuesIsTold) {
  open_shaper("behaves");
  ASSERT_EQ(shell("ip link add wan type veth peer name isp && ip link set wan up"), "");
  EXPECT_TRUE(await<ShapingTouched>(2s));
  ASSERT_EQ(shell("tc qdisc add dev wan root handle 5: pfifo; tc qdisc del dev wan root"), "");
  EXPECT_TRUE(await<ShapingTouched>(2s));
  EXPECT_FALSE(await<ShapingTouched>(500ms));
  EXPECT_EQ(count<ShapingTouched>(), 2U);
}

TEST_F(QosSwitchTest, OurOwnDoingIsNotTold) {
  ASSERT_EQ(shell("ip link add wan type veth peer name isp"), "");
  settings_.qos.exec.on = {"tc", "qdisc", "add", "dev", "wan", "root", "handle", "5:", "pfifo"};
  settings_.qos.exec.off = {"tc", "qdisc", "del", "dev", "wan", "root"};
  open("exec");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_FALSE(await<ShapingTouched>(500ms));
}

TEST(QosSwitch, FailuresAreDescribedForPeople) {
  const Command batch{.argv = {"tc", "-batch", "-"}, .input = "qdisc add dev wan root htb\nclass add dev wan x\n"};
  EXPECT_EQ(
      describe_failure(batch, {.exit_status = 1, .output = "RTNETLINK answers: Operation not permitted\nCommand failed -:2\n"}),
      "ran tc -batch -: exit status 1: RTNETLINK answers: Operation not permitted;Command failed -:2"
      " (that line is \"class add dev wan x\"); it needs CAP_NET_ADMIN");
  EXPECT_EQ(describe_failure(batch, {}), "");
  EXPECT_EQ(describe_failure({.argv = {"x"}}, {.exit_status = 1, .output = "Command failed -:99999999999999999999"}),
            "ran x: exit status 1: Command failed -:99999999999999999999");
}

}  // namespace
}  // namespace voip
