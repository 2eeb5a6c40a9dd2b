#include "commands/doctor/kernel.h"

#include <cerrno>

#include "unit/commands/doctor/checks.h"

namespace voip {
namespace {

const Settings defaults;

KernelFacts healthy() {
  KernelFacts facts;
  facts.own = {.administers = true, .captures = true};
  facts.switches = {.accounting = true, .events = true, .may_set_accounting = true};
  facts.lookup_error = ENOENT;
  facts.connections = 100;
  facts.most_connections = 16384;
  facts.forwards_ipv4 = true;
  facts.forwards_ipv6 = true;
  return facts;
}

Checks judge(const KernelFacts& facts, const MonitorSettings& settings = {}, const Platform& platform = {}) {
  return judge_conntrack(facts, settings, platform);
}

TEST(DoctorRights, AreReadFromTheProcessStatus) {
  const Rights root = parse_rights("Name:\tx\nCapPrm:\t0\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n");
  EXPECT_TRUE(root.administers);
  EXPECT_TRUE(root.captures);
  const Rights one = parse_rights("Name:\tx\nCapEff:\t0000000000001000\n");
  EXPECT_TRUE(one.administers);
  EXPECT_FALSE(one.captures);
  EXPECT_FALSE(parse_rights("").administers);
  EXPECT_FALSE(parse_rights("Name:\tCapEff:\tffff\nCapEff:\tzz").administers);
}

TEST(DoctorRights, OneCapabilityIsEnoughUnlessTheLineIsLearntOrTheDrainMeasured) {
  KernelFacts facts = healthy();
  expect_ok(judge_rights(facts, defaults), "privileges");
  Settings measured;
  measured.qos.tc.drain = Drain::measured;
  Settings learning;
  learning.qos.actuator = "tc";
  Settings numbers = learning;
  numbers.qos.tc.upload_is_auto = numbers.qos.tc.download_is_auto = false;
  expect_ok(judge_rights(facts, measured), "privileges");
  expect_ok(judge_rights(facts, learning), "privileges");
  facts.own.captures = false;
  expect_check(judge_rights(facts, measured), "privileges", CheckResult::warning, "not CAP_NET_RAW, so qos.tc.drain",
               "lend-socket");
  expect_check(judge_rights(facts, learning), "privileges", CheckResult::warning, "cannot be learnt", "--cap-add NET_RAW");
  EXPECT_NE(one_of(judge_rights(facts, learning), "privileges").fix.find("[qos.tc]"), std::string::npos);
  expect_check(judge_rights(facts, numbers), "privileges", CheckResult::note, "nothing is told of the line", "lend-socket");
  expect_check(judge_rights(facts, defaults), "privileges", CheckResult::note, "nothing is told of the line", "lend-socket");
}

TEST(DoctorRights, WhatCountsIsWhatTheDaemonHas) {
  KernelFacts facts = healthy();
  facts.own.administers = false;
  expect_check(judge_rights(facts, defaults), "privileges", CheckResult::failed, "this user has no CAP_NET_ADMIN",
               "AmbientCapabilities=CAP_NET_ADMIN");
  facts.of_daemon = Rights{.administers = true, .captures = false};
  expect_check(judge_rights(facts, defaults), "privileges", CheckResult::note, "not all can be looked at", "sudo");
  facts.of_daemon->administers = false;
  expect_check(judge_rights(facts, defaults), "privileges", CheckResult::failed, "the daemon has no CAP_NET_ADMIN",
               "--cap-add NET_ADMIN");
}

TEST(DoctorConntrack, AHealthyKernelIsOk) {
  const Checks checks = judge(healthy());
  EXPECT_TRUE(all_are_ok(checks));
  EXPECT_NE(one_of(checks, "table").seen.find("100 of 16384"), std::string::npos);
}

TEST(DoctorConntrack, AKernelWithoutItLacksAModule) {
  KernelFacts facts = healthy();
  facts.switches = {};
  expect_check(judge(facts), "conntrack", CheckResult::failed, "no nf_conntrack", "modprobe nf_conntrack_netlink");
  EXPECT_EQ(judge(facts).size(), 1U) << "nothing else can be told";
  facts = healthy();
  facts.lookup_error = EOPNOTSUPP;
  expect_check(judge(facts, {}, {.is_openwrt = true}), "conntrack", CheckResult::failed, "does not tell about connections",
               "kmod-nf-conntrack-netlink");
  facts.lookup_error = EPERM;
  expect_check(judge(facts), "conntrack", CheckResult::note, "needs CAP_NET_ADMIN", "");
}

TEST(DoctorConntrack, ATableThatFillsUpDropsCalls) {
  KernelFacts facts = healthy();
  facts.connections = 13'200;
  expect_check(judge(facts), "table", CheckResult::warning, "(80 %)", "nf_conntrack_max=32768");
  facts.connections = 16'384;
  expect_check(judge(facts), "table", CheckResult::failed, "new ones are dropped", "nf_conntrack_max=32768");
  facts.most_connections = 0;
  expect_ok(judge(facts), "table");
}

TEST(DoctorConntrack, AccountingThatIsOffFailsUnlessTheDaemonWillSwitchItOn) {
  const std::string fix = "sysctl -w net.netfilter.nf_conntrack_acct=1";
  KernelFacts facts = healthy();
  facts.switches.accounting = false;
  MonitorSettings unwilling;
  unwilling.enable_accounting = false;
  expect_check(judge(facts), "accounting", CheckResult::warning, "switches it on at its start", fix);
  facts.daemon_runs = true;
  expect_check(judge(facts), "accounting", CheckResult::failed, "no call is seen", fix);
  facts.daemon_runs = false;
  expect_check(judge(facts, unwilling), "accounting", CheckResult::failed, "no counters", "enable_accounting = true");
  facts.switches.may_set_accounting = false;
  expect_check(judge(facts), "accounting", CheckResult::failed, "read-only", fix);
  expect_check(judge(facts, {}, {.is_container = true}), "accounting", CheckResult::failed, "read-only", "on the host: sysctl");
}

TEST(DoctorConntrack, EventsThatAreOffMakeCallsLate) {
  KernelFacts facts = healthy();
  facts.switches.events = false;
  expect_check(judge(facts), "events", CheckResult::warning, "found late", "nf_conntrack_events=2");
  facts.switches.events = std::nullopt;
  expect_check(judge(facts), "events", CheckResult::warning, "no conntrack events", "CONFIG_NF_CONNTRACK_EVENTS");
}

TEST(DoctorConntrack, AProgramThatZeroesCountersIsNoFault) {
  KernelFacts facts = healthy();
  facts.programs = {"nlbwmon"};
  expect_check(judge(facts), "other_programs", CheckResult::note, "nlbwmon runs and zeroes", "");
  facts.listeners = "nlbwmon (process 7) listens to conntrack events";
  expect_check(judge(facts), "other_programs", CheckResult::warning, "will be refused: nlbwmon", "kernel_events = \"all\"");
}

TEST(DoctorForwarding, AMachineThatForwardsNothingIsNoRouter) {
  KernelFacts facts = healthy();
  expect_ok(judge_forwarding(facts), "forwarding");
  facts.forwards_ipv4 = false;
  expect_ok(judge_forwarding(facts), "forwarding");
  facts.forwards_ipv6 = false;
  expect_check(judge_forwarding(facts), "forwarding", CheckResult::warning, "no router", "net.ipv4.ip_forward=1");
}

TEST(DoctorCounters, FlowsWithoutCountersAreTold) {
  const ConntrackSwitches on{.accounting = true, .events = true};
  EXPECT_EQ(judge_counters({}, on, 5).front().result, CheckResult::note) << "not listed";
  ListedFlows flows{.were_listed = true};
  expect_ok(judge_counters(flows, on, 5), "counters");
  expect_ok(judge_counters(flows, on, std::nullopt), "counters");
  expect_check(judge_counters(flows, on, 0), "counters", CheckResult::note, "none has begun", "conntrack -L -p udp");
  flows.of_lan = 12;
  expect_ok(judge_counters(flows, on, 0), "counters");
  expect_ok(judge_counters(flows, on, 5), "counters");
  flows.uncounted = 3;
  expect_check(judge_counters(flows, on, 5), "counters", CheckResult::warning, "12 UDP connections of the LAN, 3 without",
               "call again");
  expect_check(judge_counters(flows, {.accounting = false, .events = true}, 5), "counters", CheckResult::note, "3 without", "");
}

TEST(DoctorTracking, WhereNothingIsTrackedNoCallIsSeen) {
  TrackingFacts facts;
  expect_ok(judge_tracking(facts), "tracking");
  facts.exempt_rules = {"ip saddr 192.168.1.0/24 notrack"};
  expect_check(judge_tracking(facts), "tracking", CheckResult::warning, "192.168.1.0/24 notrack", "UDP");
  facts.trial = {Sight::limited, "the kernel does not track IPv6 connections: have a rule"};
  expect_check(judge_tracking(facts), "tracking", CheckResult::warning, "not track IPv6", "have a rule");
  facts.trial.sight = Sight::blind;
  expect_check(judge_tracking(facts), "tracking", CheckResult::failed, "not track IPv6", "have a rule");
}

TEST(DoctorTracking, RulesThatExemptConnectionsAreFoundButForTheLoopbacks) {
  EXPECT_EQ(find_notrack("\t\tiifname \"lo\" notrack\n\t\tiif lo notrack\n\t\tip saddr 10.0.0.0/8 counter notrack\n"
                         "-A PREROUTING -i lo -j NOTRACK\n-A PREROUTING -p udp -j CT --notrack\n"),
            (std::vector<std::string>{"ip saddr 10.0.0.0/8 counter notrack", "-A PREROUTING -p udp -j CT --notrack"}));
  EXPECT_TRUE(find_notrack("").empty());
}

}  // namespace
}  // namespace voip
