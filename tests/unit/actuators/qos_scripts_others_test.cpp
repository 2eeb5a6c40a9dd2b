// qos-scripts that somebody else starts, where that is to be left so.
#include <algorithm>
#include <string>
#include <vector>

#include "unit/actuators/qos_scripts_fixture.h"

namespace voip {
namespace {

using namespace qos_scripts_world;

class QosScriptsOfOthers : public QosScripts {
 protected:
  void SetUp() override {
    QosScripts::SetUp();
    settings_.qos_scripts.foreign = Foreign::leave;
    switch_on();
    say(policy + jump, uci);
    probe_.last_switch = Qos::off;
  }
};

TEST_F(QosScriptsOfOthers, AStartOfOthersIsLeftAndAnotherSettingStopsIt) {
  EXPECT_EQ(read(), (QosObserved{.qos = Qos::on, .problem = "", .needs_renewal = true, .is_left = true}));
  EXPECT_TRUE(plan(Qos::off).empty());
  settings_.qos_scripts.foreign = Foreign::stop;
  EXPECT_FALSE(read().is_left);
  EXPECT_EQ(plan(Qos::off), std::vector<std::string>{"qos-stop"});
}

TEST_F(QosScriptsOfOthers, ACallInItGetsItsRuleAndTakesNothingElseAwayAfterwards) {
  EXPECT_EQ(plan(Qos::on), std::vector<std::string>{"iptables -I"});
  const Plan insertion = actuator_.plan(Qos::on, probe_, settings_, site_);
  EXPECT_NE(std::find(insertion[0].argv.begin(), insertion[0].argv.end(), "voip-qosd-beside"), insertion[0].argv.end());
  std::string beside = rule;
  beside.replace(beside.find("voip-qosd"), 9, "voip-qosd-beside");
  say(policy + beside + jump, uci);
  probe_.last_switch = Qos::on;
  EXPECT_EQ(read(), (QosObserved{Qos::on, ""}));
  EXPECT_EQ(plan(Qos::off), std::vector<std::string>{"iptables -D"});
}

TEST_F(QosScriptsOfOthers, AStartOfOursIsKnownByItsRuleAfterARestart) {
  say(policy + rule + jump, uci);
  probe_.last_switch.reset();
  EXPECT_EQ(read(), (QosObserved{Qos::on, ""}));
  EXPECT_EQ(plan(Qos::off), (std::vector<std::string>{"qos-stop", "iptables -D"}));
}

TEST_F(QosScriptsOfOthers, OneThatIsJustBeingMadeIsLetAlone) {
  std::erase_if(probe_.qdiscs, [](const Qdisc& qdisc) { return qdisc.kind == "ingress"; });
  EXPECT_EQ(read().qos, Qos::off);
  EXPECT_EQ(read().problem, "");
  EXPECT_NE(read().remark.find("half on"), std::string::npos) << read().remark;
}

}  // namespace
}  // namespace voip
