// What qosify is told to do in states that its stand-in cannot easily be brought into. The texts are as the real ubus prints
// them.
#include <gtest/gtest.h>

#include <string>

#include "actuators/actuators.h"
#include "unit/actuators/worlds.h"

namespace voip {
namespace {

class Qosify : public testing::Test {
 protected:
  static std::string entry(const std::string& address, const std::string& dscp, const std::string& limit) {
    return "{" + (limit.empty() ? "" : "\"timeout\":" + limit + ",") + R"("file":false,"user":true,"dscp":")" + dscp +
           R"(","type":"ipv4_addr","addr":")" + address + "\"}";
  }
  static Probe with(const std::string& entries, bool before_switch = true) {
    Probe probe = worlds::qosify(Qos::off, before_switch);
    probe.results[0] = worlds::said("{\"entries\":[" + entries + "]}\n");
    return probe;
  }
  // The last argument of the only command.
  [[nodiscard]] std::string ordered(Qos wanted, const Probe& before) const {
    const Plan plan = actuator_.plan(wanted, before, settings_, site_);
    return plan.size() == 1 ? plan.front().argv.back() : std::to_string(plan.size()) + " commands";
  }

  const Actuator& actuator_ = *find_actuator("qosify");
  QosSettings settings_;
  Site site_{.wan = "wan", .lan = {}, .phones = {}, .remotes = {*IpAddress::parse("203.0.113.9")}, .past_remotes = {}};
};

TEST_F(Qosify, AnEntryThatDoesAlreadyWhatIsWantedIsLetAlone) {
  const std::string add = R"({"dscp":"voice","timeout":60,"ipv4":["203.0.113.9"],"ipv6":[]})";
  EXPECT_EQ(ordered(Qos::on, with("")), add);
  EXPECT_EQ(ordered(Qos::on, with(entry("203.0.113.9", "bulk", "3600"))), add);
  EXPECT_EQ(ordered(Qos::on, with(entry("203.0.113.9", "voice", "44"))), add) << "a quarter of its time is over";
  EXPECT_EQ(ordered(Qos::on, with(entry("203.0.113.9", "voice", "3600"))), "dump") << "an add would shorten it";
  EXPECT_EQ(ordered(Qos::on, with(entry("203.0.113.9", "voice", ""))), "dump") << "an add would let it end";
}

TEST_F(Qosify, WhatStaysForLongerThanAnythingOfOursIsNotTakenAway) {
  const std::string removal = R"({"dscp":"voice","ipv4":["203.0.113.9"],"ipv6":[]})";
  EXPECT_EQ(ordered(Qos::off, with(entry("203.0.113.9", "voice", "60"))), removal);
  EXPECT_EQ(ordered(Qos::off, with(entry("203.0.113.9", "voice", "299"))), removal) << "qosify's own five minutes";
  EXPECT_EQ(ordered(Qos::off, with(entry("203.0.113.9", "voice", "3000"))), "dump");
  EXPECT_EQ(ordered(Qos::off, with(entry("203.0.113.9", "voice", ""))), "dump");
  EXPECT_EQ(actuator_.read(with(entry("203.0.113.9", "voice", "3000"), false), settings_, site_), (QosObserved{Qos::off, ""}));
}

TEST_F(Qosify, ACodePointIsKnownByWhateverNameItIsShown) {
  struct Case {
    std::string configured;
    std::string shown;
  };
  for (const Case& one : {Case{"46", "EF"}, Case{"0x2e", "EF"}, Case{"EF", "EF"}, Case{"DF", "CS0"}, Case{"0", "CS0"},
                          Case{"34", "AF41"}, Case{"47", "0x2f"}, Case{"48", "CS6"}, Case{"gold", "gold"}}) {
    settings_.qosify.dscp = one.configured;
    EXPECT_EQ(ordered(Qos::on, with(entry("203.0.113.9", one.shown, "60"))), "dump") << one.configured;
  }
  for (const Case& one : {Case{"46", "CS6"}, Case{"EF", "voice"}, Case{"gold", "voice"}, Case{"CS8", "64"}, Case{"AF44", "40"}}) {
    settings_.qosify.dscp = one.configured;
    EXPECT_NE(ordered(Qos::on, with(entry("203.0.113.9", one.shown, "60"))), "dump") << one.configured;
  }
}

TEST_F(Qosify, AClassThatIsNotThereIsToldBeforeAnythingIsDone) {
  settings_.qosify.dscp = "silver";
  EXPECT_EQ(actuator_.refuse(Qos::on, with(""), settings_, site_),
            "qosify has no class silver: qos.qosify.dscp is one of /etc/config/qosify, or a DSCP like EF");
  EXPECT_EQ(actuator_.refuse(Qos::off, with(""), settings_, site_), "");
  settings_.qosify.dscp = "EF";
  EXPECT_EQ(actuator_.refuse(Qos::on, with(""), settings_, site_), "");
  for (const CommandResult& unknown : {worlds::failed(3), worlds::said("{\"tcp_default\":{}}")}) {
    Probe before = with("");
    before.results[2] = unknown;
    settings_.qosify.dscp = "gold";
    EXPECT_EQ(actuator_.refuse(Qos::on, before, settings_, site_), "") << "that of 2024 names none; the configuration has it";
    settings_.qosify.dscp = "silver";
    EXPECT_NE(actuator_.refuse(Qos::on, before, settings_, site_).find("no class silver"), std::string::npos);
    before.results[3] = worlds::failed(1);
    EXPECT_EQ(actuator_.refuse(Qos::on, before, settings_, site_), "") << "without UCI nobody knows before the add";
  }
}

TEST_F(Qosify, WhatWouldMakeItUselessIsToldWhileNobodyCalls) {
  settings_.qosify.dscp = "vioce";
  const QosObserved seen = actuator_.read(with("", false), settings_, site_);
  EXPECT_EQ(seen.qos, Qos::off);
  EXPECT_EQ(seen.problem, "");
  EXPECT_NE(seen.remark.find("no class vioce"), std::string::npos) << seen.remark;
}

TEST_F(Qosify, AnInterfaceThatItsConfigurationSwitchesOffIsNamed) {
  Probe before = with("");
  before.results[1] = worlds::said(R"({ "devices": { }, "interfaces": { } })");
  before.results[3] = worlds::said("qosify.wan=interface\nqosify.wan.name='wan'\nqosify.wan.disabled='1'\n");
  EXPECT_NE(actuator_.refuse(Qos::on, before, settings_, site_).find("uci set qosify.wan.disabled=0"), std::string::npos)
      << actuator_.refuse(Qos::on, before, settings_, site_);
}

TEST_F(Qosify, WithoutItsCakeItIsNotOnWhateverItSays) {
  Probe seen = with(entry("203.0.113.9", "voice", "58"), false);
  seen.last_switch = Qos::on;
  EXPECT_EQ(actuator_.read(seen, settings_, site_), (QosObserved{Qos::on, ""}));
  worlds::put_root(seen, "wan", "fq_codel", 0);
  EXPECT_EQ(actuator_.read(seen, settings_, site_).qos, Qos::off);
  EXPECT_NE(actuator_.read(seen, settings_, site_).problem.find("no CAKE at its root"), std::string::npos);
  EXPECT_NE(actuator_.refuse(Qos::on, seen, settings_, site_).find("no CAKE at its root"), std::string::npos);
}

TEST_F(Qosify, AnEntryThatSomebodyTookAwayIsPutBack) {
  Probe seen = with("", false);
  seen.last_switch = Qos::on;
  EXPECT_TRUE(actuator_.read(seen, settings_, site_).needs_renewal);
  EXPECT_EQ(ordered(Qos::on, seen), R"({"dscp":"voice","timeout":60,"ipv4":["203.0.113.9"],"ipv6":[]})");
}

TEST_F(Qosify, MoreEntriesThanUbusCarriesAreAProblemThatIsToldAndNothingStays) {
  Probe before = with("");
  before.results[0] = worlds::failed(7);
  const QosObserved seen = actuator_.read(before, settings_, site_);
  EXPECT_EQ(seen.qos, std::nullopt);
  EXPECT_NE(seen.problem.find("more than ubus carries"), std::string::npos) << seen.problem;
  EXPECT_EQ(ordered(Qos::on, before), R"({"dscp":"voice","timeout":60,"ipv4":["203.0.113.9"],"ipv6":[]})");
  EXPECT_EQ(ordered(Qos::off, before), R"({"dscp":"voice","ipv4":["203.0.113.9"],"ipv6":[]})");
}

}  // namespace
}  // namespace voip
