// Actuator "qos-scripts" with stand-ins for OpenWrt's programs, which end with 0 whatever they did. The states with HFSC are in
// qos_scripts_actuator_test.cpp, since few kernels outside OpenWrt have it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "ports/qos_switch_fixture.h"

namespace voip {
namespace {

using test::shell;

// NOLINTBEGIN(concurrency-mt-unsafe): the tests are one thread
class QosScriptsSwitchTest : public test::QosSwitchFixture {
 protected:
  void SetUp() override {
    QosSwitchFixture::SetUp();
    if (IsSkipped()) {
      return;
    }
    std::filesystem::create_directory(state_);
    setenv("QOS_STATE", state_.c_str(), 1);
    setenv("PATH", (VOIP_SOURCE_DIR "/tests/ports/scripts/qos_scripts:" + path_).c_str(), 1);
    write("how", "behaves");
    write("uci", "qos.wan=interface\nqos.wan.enabled='1'\nqos.wan.download='4500'");
    ASSERT_EQ(shell("ip link add wan type veth peer name isp && ip link set wan up"), "");
    site_ = {.wan = "wan", .lan = {"br-lan"}, .phones = {}};
    open("qos-scripts");
  }

  void TearDown() override {
    setenv("PATH", path_.c_str(), 1);
    std::filesystem::remove_all(state_);
  }

  void write(const std::string& name, const std::string& text) const { std::ofstream(state_ / name) << text << '\n'; }
  [[nodiscard]] std::string runs() const { return shell("cat " + (state_ / "runs").string() + " 2>/dev/null | tr '\\n' ' '"); }

  std::filesystem::path state_ = std::filesystem::temp_directory_path() / ("voip_qos_scripts." + std::to_string(getpid()));
  std::string path_ = getenv("PATH");
};
// NOLINTEND(concurrency-mt-unsafe)

TEST_F(QosScriptsSwitchTest, AGoodEndThatDidNothingIsSeenAsOff) {
  write("how", "does_nothing");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_EQ(runs(), "start ");
}

TEST_F(QosScriptsSwitchTest, RulesThatStopLeavesAreAProblemUntilTheNextStop) {
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_NE(observe().problem, "") << "rules without queues";
  write("how", "leaves_rules");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_NE(observe().problem.find("are left in the FORWARD chain"), std::string::npos) << observe().problem;
  write("how", "behaves");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_EQ(observe().problem, "");
  EXPECT_EQ(runs(), "start stop stop ");
}

TEST_F(QosScriptsSwitchTest, AStartThatHangsIsEndedInTime) {
  settings_.qos.timeout = 500ms;
  open("qos-scripts");
  write("how", "hangs");
  const Instant begin = loop_->now();
  EXPECT_NE(switch_to(Qos::on).find("ran qos-start: it ran out of time"), std::string::npos);
  EXPECT_LT(loop_->now() - begin, 4s);
  write("how", "behaves");
  EXPECT_EQ(switch_to(Qos::off), "");
}

TEST_F(QosScriptsSwitchTest, TenMegabytesOfOutputDoNoHarm) {
  write("how", "floods");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::off);
}

TEST_F(QosScriptsSwitchTest, NothingIsRunWhereItIsRefused) {
  write("uci", "qos.wan=interface\nqos.wan.enabled='0'");
  EXPECT_NE(switch_to(Qos::on).find("switched off in its own configuration"), std::string::npos);
  write("uci", "qos.wan=interface");
  site_.wan = "pppoe-wan";
  EXPECT_NE(switch_to(Qos::on).find("pppoe-wan does not exist"), std::string::npos);
  site_.wan = "wan";
  ASSERT_EQ(shell("tc qdisc add dev isp ingress"), "");
  EXPECT_NE(switch_to(Qos::on).find("another program has a qdisc ingress on isp"), std::string::npos);
  EXPECT_NE(switch_to(Qos::off).find("qos-stop"), std::string::npos);
  EXPECT_EQ(runs(), "");
  EXPECT_NE(shell("tc qdisc show dev isp").find("ingress"), std::string::npos);
}

}  // namespace
}  // namespace voip
