// qos-scripts as it was seen to behave: made-up looks at the kernel, each one a state that a real router can be in.
#include <gtest/gtest.h>

#include <string>

#include "actuators/all.h"

namespace voip {
namespace {

constexpr std::uint32_t root = 0xffffffff;
constexpr std::uint32_t ingress = 0xfffffff1;
constexpr std::uint32_t tree = 0x10000;

const std::string policy = "-P FORWARD ACCEPT\n";
const std::string jump = "-A FORWARD -o eth1 -j qos_Default\n";
const std::string uci =
    "qos.wan=interface\nqos.wan.classgroup='Default'\nqos.wan.enabled='1'\nqos.wan.upload='900'\nqos.wan.download='4500'\n";

class QosScripts : public testing::Test {
 protected:
  void SetUp() override {
    site_ = {.wan = "eth1", .lan = {"br-lan"}, .phones = {}};
    probe_.links = {"lo", "eth0", "eth1", "br-lan", "ifb0"};
    say(policy, uci);
  }

  void say(const std::string& rules, const std::string& configuration) {
    probe_.results = {{.exit_status = 0, .output = rules},
                      {.exit_status = configuration.empty() ? 1 : 0, .output = configuration}};
  }

  void switch_on() {
    probe_.qdiscs = {{"eth1", "hfsc", tree, root},
                     {"eth1", "fq_codel", 0x1000000, 0x10010},
                     {"eth1", "ingress", 0xffff0000, ingress},
                     {"ifb0", "hfsc", tree, root}};
    say(policy + jump, uci);
  }

  [[nodiscard]] QosObserved read() const { return actuator_.read(probe_, settings_, site_); }
  [[nodiscard]] std::string refuse(Qos wanted) const { return actuator_.refuse(wanted, probe_, settings_, site_); }

  const Actuator& actuator_ = *find_actuator("qos-scripts");
  QosSettings settings_;
  Site site_;
  Probe probe_;
};

TEST_F(QosScripts, OffRunsQosStopAndNeverTheInitScript) {
  const Plan off = actuator_.plan(Qos::off, probe_, settings_, site_);
  ASSERT_EQ(off.size(), 1U);
  EXPECT_EQ(off[0].argv, std::vector<std::string>{"qos-stop"});
  EXPECT_EQ(actuator_.plan(Qos::on, probe_, settings_, site_)[0].argv, std::vector<std::string>{"qos-start"});
}

TEST_F(QosScripts, IsOnWithTreeIngressAndJump) {
  switch_on();
  EXPECT_EQ(read().qos, Qos::on);
  EXPECT_EQ(read().problem, "");
  EXPECT_EQ(refuse(Qos::off), "");
  EXPECT_EQ(refuse(Qos::on), "");
}

TEST_F(QosScripts, IsOnWithoutIngressWhereNoDownloadIsConfigured) {
  switch_on();
  std::erase_if(probe_.qdiscs, [](const Qdisc& qdisc) { return qdisc.kind == "ingress"; });
  EXPECT_EQ(read().qos, std::nullopt);
  EXPECT_NE(read().problem.find("the download is not shaped"), std::string::npos) << read().problem;
  say(policy + jump, "qos.wan=interface\nqos.wan.enabled='1'\n");
  EXPECT_EQ(read().qos, Qos::on);
}

TEST_F(QosScripts, ATreeOfTheHotplugScriptWithoutChainsIsHalfOn) {
  switch_on();
  say(policy, uci);
  EXPECT_EQ(read().qos, std::nullopt);
  EXPECT_NE(read().problem.find("half on"), std::string::npos) << read().problem;
  EXPECT_EQ(refuse(Qos::on), "") << "its IFB shows whose it is";
  EXPECT_EQ(refuse(Qos::off), "");
}

TEST_F(QosScripts, AnotherHandleOrAnotherDeviceIsNotOn) {
  switch_on();
  probe_.qdiscs[0].handle = 0x20000;
  EXPECT_NE(read().qos, Qos::on);
  switch_on();
  site_.wan = "eth0";
  EXPECT_NE(read().qos, Qos::on);
}

TEST_F(QosScripts, RulesLeftAfterStopAreAProblem) {
  say(policy + jump, uci);
  EXPECT_EQ(read().qos, Qos::off);
  EXPECT_NE(read().problem.find("1 rules of qos-scripts are left"), std::string::npos) << read().problem;
  EXPECT_EQ(refuse(Qos::off), "") << "so that it is tried again";
  say(policy + "-A FORWARD -j qos_users_own\n", uci);
  EXPECT_EQ(read().problem, "") << "a chain of the user's own";
}

TEST_F(QosScripts, AKernelWithoutHfscIsTold) {
  probe_.qdiscs = {{"eth1", "ingress", 0xffff0000, ingress}};
  say(policy + jump, uci);
  EXPECT_EQ(read().qos, Qos::off);
  EXPECT_NE(read().problem.find("no HFSC on eth1"), std::string::npos) << read().problem;
  EXPECT_EQ(refuse(Qos::off), "") << "its own remains are not foreign";
}

TEST_F(QosScripts, WithoutIptablesOnIsNotBelieved) {
  switch_on();
  probe_.results[0] = {.exit_status = -1, .failure = "it could not be started: No such file or directory"};
  EXPECT_EQ(read().qos, std::nullopt);
  EXPECT_NE(read().problem.find("iptables: it could not be started"), std::string::npos) << read().problem;
}

TEST_F(QosScripts, IsRefusedWhenSwitchedOffInUci) {
  for (const std::string word : {"0", "off", "no", "false", "disabled"}) {
    say(policy, "qos.wan=interface\nqos.wan.enabled='" + word + "'\n");
    EXPECT_NE(refuse(Qos::on).find("uci set qos.wan.enabled=1"), std::string::npos) << word;
    EXPECT_EQ(refuse(Qos::off), "");
  }
  say(policy, "qos.wan=interface\n");
  EXPECT_EQ(refuse(Qos::on), "") << "absent counts as enabled";
  say(policy, "");
  EXPECT_NE(refuse(Qos::on).find("has no interface wan"), std::string::npos);
}

TEST_F(QosScripts, IsRefusedWithoutItsWan) {
  site_.wan = "";
  EXPECT_NE(refuse(Qos::on).find("no WAN now"), std::string::npos);
  site_.wan = "pppoe-wan";
  EXPECT_NE(refuse(Qos::on).find("pppoe-wan does not exist"), std::string::npos);
}

TEST_F(QosScripts, IsRefusedWhereQosStopWouldTakeTheShapingOfOthers) {
  const auto refused_for = [&](const Qdisc& foreign) {
    probe_.qdiscs.push_back(foreign);
    const bool both =
        refuse(Qos::on).find("qdisc " + foreign.kind + " on " + foreign.device) != std::string::npos && !refuse(Qos::off).empty();
    probe_.qdiscs.pop_back();
    return both;
  };
  EXPECT_TRUE(refused_for({"sqm1", "ingress", 0xffff0000, ingress}));
  EXPECT_TRUE(refused_for({"eth0", "hfsc", tree, root}));
  EXPECT_TRUE(refused_for({"eth1", "cake", 0x80010000, root})) << "sqm on the same WAN";
  EXPECT_TRUE(refused_for({"eth1", "hfsc", tree, root})) << "QoSmate: no chains, no ifb0";
  EXPECT_FALSE(refused_for({"eth0", "tbf", 0x80010000, root})) << "qos-stop lets it be";
  EXPECT_FALSE(refused_for({"eth1", "fq_codel", 0, root})) << "the kernel's own";
  EXPECT_FALSE(refused_for({"eth1", "clsact", 0xffff0000, ingress})) << "qosify";
  switch_on();
  EXPECT_TRUE(refused_for({"ifb4eth0", "ingress", 0xffff0000, ingress}));
}

TEST_F(QosScripts, ASecondWanOfItsOwnAndAnIfbLeftByAWanThatWentAreNotForeign) {
  switch_on();
  probe_.qdiscs.push_back({"eth2", "hfsc", tree, root});
  probe_.qdiscs.push_back({"eth2", "ingress", 0xffff0000, ingress});
  EXPECT_EQ(refuse(Qos::off), "");
  probe_.qdiscs = {{"ifb0", "hfsc", tree, root}};
  EXPECT_EQ(refuse(Qos::on), "");
}

}  // namespace
}  // namespace voip
