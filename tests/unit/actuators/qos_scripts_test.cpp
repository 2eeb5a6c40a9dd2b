// qos-scripts as it was seen to behave: made-up looks at the kernel, each one a state that a real router can be in.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/actuators/qos_scripts_fixture.h"

namespace voip {
namespace {

using namespace qos_scripts_world;

TEST_F(QosScripts, OffRunsQosStopAndNeverTheInitScript) {
  EXPECT_EQ(plan(Qos::off), std::vector<std::string>{"qos-stop"});
  say(policy, uci);
  EXPECT_EQ(plan(Qos::off), std::vector<std::string>{"qos-stop"});
  EXPECT_EQ(plan(Qos::on), (std::vector<std::string>{"iptables -I", "qos-start"}));
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
  say(policy + rule + jump, "qos.wan=interface\nqos.wan.enabled='1'\n");
  EXPECT_EQ(read().qos, Qos::on);
  EXPECT_EQ(read().problem, "");
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

TEST_F(QosScripts, WhatAStartBesideAStopLeavesIsHalfOnAndIsTakenAway) {
  switch_on();
  std::erase_if(probe_.qdiscs, [](const Qdisc& qdisc) { return qdisc.device == "eth1" && qdisc.kind != "ingress"; });
  probe_.qdiscs.push_back({"ifb0", "fq_codel", 0x1000000, 0x10010});
  for (const std::string& rules : {policy + jump, policy}) {
    say(rules, uci);
    EXPECT_EQ(read().qos, Qos::off);
    EXPECT_NE(read().problem.find("half on: there is no HFSC on eth1, but its ingress, its HFSC on an IFB"), std::string::npos)
        << read().problem;
    EXPECT_EQ(refuse(Qos::off), "") << "it is not of others";
    EXPECT_EQ(plan(Qos::off), std::vector<std::string>{"qos-stop"});
  }
  probe_.qdiscs.pop_back();
  say(policy, uci);
  EXPECT_EQ(read().problem, "") << "a tree of others on an IFB, which has no such leaves";
}

TEST_F(QosScripts, WithHalfduplexAllLeavesByTheIfbAndThereIsNoIngress) {
  switch_on();
  std::erase_if(probe_.qdiscs, [](const Qdisc& qdisc) { return qdisc.kind == "ingress"; });
  say(policy + rule + jump, uci + "qos.wan.halfduplex='1'\n");
  EXPECT_EQ(read(), (QosObserved{Qos::on, ""}));
  std::erase_if(probe_.qdiscs, [](const Qdisc& qdisc) { return qdisc.device == "ifb0"; });
  EXPECT_NE(read().problem.find("the IFB by which all leaves"), std::string::npos) << read().problem;
}

TEST_F(QosScripts, WithoutIptablesOnIsNotBelieved) {
  switch_on();
  probe_.results[0] = {.exit_status = -1, .failure = "it could not be started: No such file or directory"};
  EXPECT_EQ(read().qos, std::nullopt);
  EXPECT_NE(read().problem.find("iptables: it could not be started"), std::string::npos) << read().problem;
}

TEST_F(QosScripts, TheRuleForCallsIsPutBackWithoutARestartOfTheShaper) {
  switch_on();
  for (const std::string& rules : {jump, jump + rule, rule + rule + jump, jump + rule + rule,
                                   "-A FORWARD -o eth0 -m connmark --mark 0x1000000/0x1000000 -m comment --comment voip-qosd -j "
                                   "MARK --set-xmark 0x20/0xf0\n" +
                                       jump,
                                   "-A FORWARD -o eth1 -m connmark --mark 0x2000000/0x2000000 -m comment --comment \"voip-qosd\" "
                                   "-j MARK --set-xmark 0x20/0xf0\n" +
                                       jump}) {
    say(policy + rules, uci);
    EXPECT_EQ(read().qos, Qos::on) << rules;
    EXPECT_NE(read().problem.find("the rule that puts calls first"), std::string::npos) << rules;
    const auto programs = plan(Qos::on);
    ASSERT_FALSE(programs.empty());
    EXPECT_EQ(programs.back(), "iptables -I") << rules;
    EXPECT_EQ(std::count(programs.begin(), programs.end(), "qos-start"), 0) << "it would empty all queues";
    EXPECT_EQ(static_cast<std::size_t>(std::count(programs.begin(), programs.end(), "iptables -D")), programs.size() - 1);
  }
  settings_.call_mark = {.value = 0xb9000000, .mask = 0xfd000000};
  say(policy + rule + jump, uci);
  EXPECT_NE(read().problem, "") << "a rule of another mark than the configured one";
}

TEST_F(QosScripts, TheRuleForCallsGoesWithQosAndIsNeverLeftOver) {
  switch_on();
  EXPECT_EQ(plan(Qos::off), (std::vector<std::string>{"qos-stop", "iptables -D"}));
  probe_.qdiscs.clear();
  say(policy + rule, uci);
  EXPECT_EQ(read().qos, Qos::off);
  EXPECT_NE(read().problem.find("left over"), std::string::npos) << read().problem;
  EXPECT_EQ(plan(Qos::off), std::vector<std::string>{"iptables -D"}) << "what a killed run left needs no qos-stop";
  const Plan removal = actuator_.plan(Qos::off, probe_, settings_, site_);
  EXPECT_EQ(removal[0].argv,
            (std::vector<std::string>{"iptables",    "-w",       "-t",        "mangle",    "-D",     "FORWARD",
                                      "-o",          "eth1",     "-m",        "connmark",  "--mark", "0x1000000/0x1000000",
                                      "-m",          "comment",  "--comment", "voip-qosd", "-j",     "MARK",
                                      "--set-xmark", "0x20/0xf0"}));
}

TEST_F(QosScripts, WithoutMarksThereIsNoRule) {
  settings_.mark_calls = false;
  switch_on();
  EXPECT_NE(read().problem.find("left over"), std::string::npos) << "of the time before";
  EXPECT_EQ(plan(Qos::on), std::vector<std::string>{"iptables -D"});
  say(policy + jump, uci);
  EXPECT_EQ(read().problem, "");
  say(policy, uci);
  probe_.qdiscs.clear();
  EXPECT_EQ(plan(Qos::on), std::vector<std::string>{"qos-start"});
}

TEST_F(QosScripts, CallsOverIpv6HaveTheirRuleWhereIp6tablesWorks) {
  switch_on();
  say_v6(policy + jump);
  EXPECT_NE(read().problem, "");
  EXPECT_EQ(plan(Qos::on), std::vector<std::string>{"ip6tables -I"});
  say_v6(policy + rule + jump);
  EXPECT_EQ(read(), (QosObserved{Qos::on, ""}));
  EXPECT_EQ(plan(Qos::off), (std::vector<std::string>{"qos-stop", "iptables -D", "ip6tables -D"}));
}

TEST_F(QosScripts, IsRefusedWhereItsStartWouldUnloadTheIfbOfOthers) {
  probe_.qdiscs = {{"ifb4eth0", "cake", 0x80010000, root}};
  EXPECT_NE(refuse(Qos::on).find("the IFB ifb4eth0"), std::string::npos);
  EXPECT_EQ(refuse(Qos::off), "") << "only a start loads modules";
  say(policy, "qos.wan=interface\nqos.wan.enabled='1'\n");
  EXPECT_EQ(refuse(Qos::on), "") << "without a download it needs no IFB";
  say(policy, uci);
  probe_.qdiscs = {{"ifb0", "fq_codel", 0, root}, {"ifb1", "hfsc", tree, root}};
  EXPECT_EQ(refuse(Qos::on), "");
}

TEST_F(QosScripts, JunkInTheListingsIsNoRuleAndNoCrash) {
  switch_on();
  for (const std::string& junk :
       {std::string(100'000, 'x'), std::string("\0\0-A\n", 5), std::string("-A FORWARD --comment\n"),
        std::string("-A --comment voip-qosd"), std::string("-A FORWARD -o eth1 --comment voip-qosd --mark 0x/0x --set-xmark /\n"),
        std::string("\n\n\n")}) {
    say(junk, junk);
    say_v6(junk);
    EXPECT_NE(read().qos, Qos::off) << "HFSC is there";
    EXPECT_NE(read().problem, "");
    EXPECT_FALSE(plan(Qos::on).empty());
    EXPECT_FALSE(plan(Qos::off).empty());
  }
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

TEST_F(QosScripts, AStartThatWasKilledOnTheWayIsCleanedUp) {
  probe_.qdiscs = {{"eth1", "hfsc", tree, root}};
  for (std::uint32_t leaf = 1; leaf <= 4;
       ++leaf) {  // as its programs do it: classes, then a leaf to each, then the IFB and the rest
    probe_.qdiscs.push_back({"eth1", "fq_codel", leaf << 24U, tree | leaf << 4U});
    EXPECT_EQ(refuse(Qos::off), "") << leaf;
    EXPECT_EQ(refuse(Qos::on), "") << leaf;
    EXPECT_EQ(read().qos, std::nullopt);
  }
  probe_.qdiscs.resize(2);
  probe_.qdiscs[1] = {"eth1", "fq_codel", 0x100000, tree | 0x11};
  EXPECT_NE(refuse(Qos::off), "") << "the tree of somebody else";
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
