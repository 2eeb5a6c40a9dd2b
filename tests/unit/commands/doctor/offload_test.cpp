#include "commands/doctor/offload.h"

#include "unit/commands/doctor/checks.h"

namespace voip {
namespace {

// As nft 1.0.6 prints it.
constexpr const char* two_tables = R"(table inet fw4 {
	flowtable ft {
		hook ingress priority filter
		devices = { eth0, eth1 }
		counter
		flags offload
	}
}
table ip mine {
	flowtable f {
		hook ingress priority filter + 1
		devices = { wan }
	}
}
)";

QosSettings with(const std::string& actuator) {
  QosSettings qos;
  qos.actuator = actuator;
  return qos;
}

Checks judge(const OffloadFacts& facts, const QosSettings& qos = {}, const ListedFlows& flows = {},
             const Platform& platform = {}) {
  return judge_offload(facts, flows, qos, platform);
}

const Flowtable counting{.name = "inet fw4 ft", .has_counter = true, .is_hardware = false};

TEST(DoctorOffload, FlowtablesAreReadFromTheListing) {
  EXPECT_EQ(parse_flowtables(two_tables), (std::vector<Flowtable>{{"inet fw4 ft", true, true}, {"ip mine f", false, false}}));
  for (const char* text : {"", "counter\nflags offload\n", "flowtable", "table inet\nflowtable x", "Error: no\n\n\n"}) {
    EXPECT_LE(parse_flowtables(text).size(), 1U) << text;
  }
  std::string many = "table inet x {\n";
  for (int i = 0; i < 1000; ++i) {
    many += "flowtable f {\n}\n";
  }
  EXPECT_EQ(parse_flowtables(many).size(), 64U);
}

TEST(DoctorOffload, WithoutAnyAllPacketsAreSeen) {
  expect_ok(judge({}), "offload");
  expect_ok(judge({.uci_software = false, .uci_hardware = true}), "offload");
}

TEST(DoctorOffload, WhatCannotBeListedIsNotClaimed) {
  expect_check(judge({.may_list = false}), "offload", CheckResult::note, "needs CAP_NET_ADMIN", "");
  expect_check(judge({.may_list = false}, {}, {.hw_offloaded = 1}), "offload", CheckResult::failed, "1 connections", "flowtable");
}

TEST(DoctorOffload, HardwareHidesCalls) {
  const Platform openwrt{.is_openwrt = true};
  expect_check(judge({.flowtables = parse_flowtables(two_tables)}), "offload", CheckResult::failed, "inet fw4 ft",
               "flags offload");
  expect_check(judge({.uci_software = true, .uci_hardware = true}, {}, {}, openwrt), "offload", CheckResult::failed,
               "flow_offloading_hw is 1", "uci set firewall.@defaults[0].flow_offloading_hw=0");
  expect_check(judge({}, {}, {.hw_offloaded = 4}), "offload", CheckResult::failed, "4 connections", "flowtable");
}

TEST(DoctorOffload, SoftwareThatDoesNotCountHidesCalls) {
  expect_check(judge({.flowtables = {{"inet x f", false, false}}}), "offload", CheckResult::failed, "does not count",
               "`counter`");
}

TEST(DoctorOffload, SoftwareThatCountsIsNoFaultOfTheDetector) {
  expect_ok(judge({.flowtables = {counting}}), "offload");
  expect_ok(judge({.flowtables = {counting}}, with("qosify"), {.offloaded = 7}), "offload");
  expect_ok(judge({}, {}, {.offloaded = 7}), "offload");
}

TEST(DoctorOffload, SoftwareSkipsTheRulesThatClassifyCalls) {
  for (const char* actuator : {"tc", "qos-scripts"}) {
    expect_check(judge({.flowtables = {counting}}, with(actuator)), "offload", CheckResult::failed, "calls do not come first",
                 "take the flowtable out");
    expect_check(judge({.uci_software = true}, with(actuator), {}, {.is_openwrt = true}), "offload", CheckResult::failed,
                 "flow_offloading is 1", "flow_offloading=0");
  }
  expect_check(judge({.flowtables = {counting}}, with("sqm-scripts")), "offload", CheckResult::warning, "DSCP", "flowtable");
  QosSettings unmarked = with("cake-rate");
  unmarked.mark_calls = false;
  expect_ok(judge({.flowtables = {counting}}, unmarked), "offload");
}

TEST(DoctorOffload, AProgramThatHangsIsAFailedCheck) {
  OffloadFacts facts;
  facts.problem = "uci did not answer within 5s";
  expect_check(judge(facts), "offload", CheckResult::failed, "uci did not answer", "hangs");
}

}  // namespace
}  // namespace voip
