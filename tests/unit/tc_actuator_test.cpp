// Plans and readings of our own profile; qos_switch_tc_test.cpp runs them on a kernel.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "actuators/all.h"

namespace voip {
namespace {

constexpr std::uint32_t root = 0xffffffff;
const std::string our_filter = "filter protocol all pref 48879 u32 chain 0 fh 800::800 order 2048\n";
const std::string foreign_filter = "filter protocol all pref 1 bpf chain 0 handle 0x1 dscp.o\n";

class TcActuator : public testing::Test {
 protected:
  void SetUp() override {
    settings_.tc.upload_kbit = 1000;
    settings_.tc.download_kbit = 5000;
    site_ = {.wan = "wan", .lan = {"br-lan"}, .phones = {}};
    probe_.links = {{"lo"}, {"wan"}, {"br-lan"}};
  }

  [[nodiscard]] std::string refuse(Qos wanted = Qos::on) const { return actuator_.refuse(wanted, probe_, settings_, site_); }
  [[nodiscard]] Plan plan(Qos wanted) const { return actuator_.plan(wanted, probe_, settings_, site_); }
  // The input of the command whose argv starts with that word.
  [[nodiscard]] std::string input(Qos wanted, const std::string& program) const {
    std::string text;
    for (const Command& command : plan(wanted)) {
      text += command.argv[0] == program ? command.input : "";
    }
    return text;
  }

  void install(std::uint32_t marker) {
    probe_.links.push_back({"voip-ifb"});
    for (const auto& [device, major] : {std::pair{std::string("wan"), 0xca1U}, std::pair{std::string("voip-ifb"), 0xcb1U}}) {
      probe_.qdiscs.push_back({device, "htb", major << 16U, root});
      probe_.qdiscs.push_back({device, "pfifo", (major << 4U | 0xaU) << 16U, 0});
      probe_.qdiscs.push_back({device, "pfifo", (major << 4U | 0xbU) << 16U, 0});
      probe_.qdiscs.push_back({device, "tbf", (major << 4U | 0xcU) << 16U, 0});
    }
    probe_.qdiscs.push_back({"wan", "pfifo", marker << 16U, 0});
    probe_.qdiscs.push_back({"br-lan", "clsact", 0xffff0000, 0xfffffff1});
    probe_.results = {{.exit_status = 0, .output = our_filter}, {.exit_status = 0, .output = "table inet voip_qosd {}"}};
  }

  [[nodiscard]] QosObserved read() const { return actuator_.read(probe_, settings_, site_); }

  const Actuator& actuator_ = *find_actuator("tc");
  QosSettings settings_;
  Site site_;
  Probe probe_;
};

TEST_F(TcActuator, TellsDrainingFromSettledByTheMarker) {
  install(0xca1d);
  EXPECT_EQ(read().qos, Qos::draining);
  SetUp();
  probe_.qdiscs.clear();
  install(0xca1e);
  EXPECT_EQ(read().qos, Qos::on);
  EXPECT_EQ(read().problem, "");
}

TEST_F(TcActuator, AnyMissingPartIsRemains) {
  install(0xca1e);
  const Probe whole = probe_;
  for (std::size_t i = 0; i < whole.qdiscs.size(); ++i) {
    probe_ = whole;
    probe_.qdiscs.erase(probe_.qdiscs.begin() + static_cast<std::ptrdiff_t>(i));
    if (whole.qdiscs[i].kind == "clsact") {
      probe_.results.erase(probe_.results.begin());
    }
    EXPECT_EQ(read().qos, Qos::off) << i;
    EXPECT_NE(read().problem, "") << i;
  }
  probe_ = whole;
  probe_.links.pop_back();
  EXPECT_NE(read().problem, "") << "the IFB is gone";
  probe_ = whole;
  probe_.results[0].output = "";
  EXPECT_NE(read().problem, "") << "the redirect is gone";
  probe_ = whole;
  probe_.results[1].exit_status = 1;
  EXPECT_NE(read().problem.find("nft table"), std::string::npos) << "somebody flushed the rules";
}

TEST_F(TcActuator, ARedirectThatOutlivedItsIfbIsSeenAndRemoved) {
  probe_.qdiscs = {{"br-lan", "clsact", 0xffff0000, 0xfffffff1}};
  probe_.results = {{.exit_status = 0, .output = our_filter}, {.exit_status = 1}};
  EXPECT_EQ(read().qos, Qos::off);
  EXPECT_NE(read().problem, "");
  EXPECT_EQ(input(Qos::off, "tc"), "qdisc del dev br-lan clsact\n");
}

TEST_F(TcActuator, AClsactOfOthersStaysAndIsUsed) {
  probe_.qdiscs = {{"br-lan", "clsact", 0xffff0000, 0xfffffff1}};
  probe_.results = {{.exit_status = 0, .output = foreign_filter}};
  EXPECT_EQ(refuse(), "");
  EXPECT_EQ(input(Qos::on, "tc").find("clsact"), std::string::npos);
  EXPECT_NE(input(Qos::on, "tc").find("filter add dev br-lan egress"), std::string::npos);
  install(0xca1e);
  probe_.qdiscs.pop_back();
  probe_.results[0].output = foreign_filter + our_filter;
  EXPECT_EQ(read().qos, Qos::on);
  EXPECT_NE(input(Qos::off, "tc").find("filter del dev br-lan egress pref 48879\n"), std::string::npos);
  EXPECT_EQ(input(Qos::off, "tc").find("clsact"), std::string::npos);
  probe_.results[0] = {.exit_status = -1, .failure = "it ran out of time and was killed"};
  EXPECT_EQ(input(Qos::off, "tc").find("clsact"), std::string::npos) << "not known, so not taken away";
}

TEST_F(TcActuator, NeverReplacesAndNeverDeletesARootWithoutItsHandle) {
  install(0xca1d);
  for (const Qos wanted : {Qos::off, Qos::draining, Qos::on}) {
    const std::string lines = input(wanted, "tc");
    EXPECT_EQ(lines.find("qdisc replace dev wan root"), std::string::npos);
    for (std::size_t at = lines.find(" root"); at != std::string::npos; at = lines.find(" root", at + 1)) {
      EXPECT_EQ(lines.compare(at, 13, " root handle "), 0) << lines.substr(at, 40);
    }
  }
}

TEST_F(TcActuator, GoesFromDrainingToSettledWithoutTouchingQueues) {
  install(0xca1d);
  const std::string lines = input(Qos::on, "tc");
  EXPECT_NE(lines.find("class change dev wan parent ca1:1 classid ca1:30 htb rate 250kbit ceil 700kbit"), std::string::npos)
      << lines;
  EXPECT_EQ(lines.find("add"), std::string::npos);
  EXPECT_EQ(lines.find("del"), std::string::npos);
  const std::string last = "qdisc replace dev wan parent ca1:f0 handle ca1e: pfifo limit 1\n";
  EXPECT_EQ(lines.substr(lines.size() - last.size()), last) << "the marker comes last";
}

TEST_F(TcActuator, TheRestHasCakeWhereTheKernelHasIt) {
  const Plan all = plan(Qos::draining);
  const auto tries = std::find_if(all.begin(), all.end(), [](const Command& command) { return command.may_fail; });
  ASSERT_NE(tries, all.end());
  EXPECT_EQ(tries->argv, (std::vector<std::string>{"tc", "-force", "-batch", "-"})) << "the second line is tried too";
  EXPECT_EQ(tries->input.find("replace"), std::string::npos) << "so what is there first stays";
  EXPECT_LT(tries->input.find("handle ca1c: cake unlimited besteffort dual-srchost nat"), tries->input.find("handle ca1c: tbf"));
  EXPECT_LT(tries->input.find("handle cb1c: cake unlimited besteffort dual-dsthost nonat"),
            tries->input.find("handle cb1c: tbf"));
  EXPECT_EQ(tries + 2, all.end()) << "only the marker comes after it";
  EXPECT_EQ((tries + 1)->input, "qdisc replace dev wan parent ca1:f0 handle ca1d: pfifo limit 1\n");

  install(0xca1d);
  EXPECT_NE(input(Qos::on, "tc").find("qdisc change dev wan parent ca1:30 handle ca1c: tbf"), std::string::npos);
  for (Qdisc& qdisc : probe_.qdiscs) {
    qdisc.kind = qdisc.kind == "tbf" ? "cake" : qdisc.kind;
  }
  EXPECT_EQ(read(), (QosObserved{Qos::draining, ""}));
  EXPECT_EQ(input(Qos::on, "tc").find("ca1c:"), std::string::npos) << "HTB's rate is all that changes";
  EXPECT_NE(input(Qos::on, "tc").find("class change dev wan parent ca1:1 classid ca1:30"), std::string::npos);
}

TEST_F(TcActuator, ShapesOneDirectionAlone) {
  settings_.tc.download_kbit = 0;
  EXPECT_EQ(refuse(), "");
  EXPECT_EQ(input(Qos::on, "tc").find("voip-ifb"), std::string::npos);
  EXPECT_EQ(plan(Qos::on).size(), 4U) << "no IFB is made";
  settings_.tc.upload_kbit = 0;
  settings_.tc.download_kbit = 5000;
  EXPECT_EQ(input(Qos::on, "tc").find("dev wan"), std::string::npos);
  EXPECT_NE(input(Qos::on, "tc").find("handle cb1e: pfifo limit 1\n"), std::string::npos) << "the marker is on the IFB";
}

TEST_F(TcActuator, TheBulkQueueHoldsThreeFramesAtLeast) {
  settings_.tc.upload_kbit = 128;
  EXPECT_NE(input(Qos::draining, "tc").find("handle ca1c: tbf rate 100gbit burst 2000 limit 4542\n"), std::string::npos)
      << input(Qos::draining, "tc");
  settings_.tc.upload_kbit = 10'000;
  EXPECT_NE(input(Qos::on, "tc").find("handle ca1c: tbf rate 100gbit burst 2000 limit 175000\n"), std::string::npos) << "200 ms";
}

TEST_F(TcActuator, CountsPacketsAsTheLineCarriesThem) {
  EXPECT_EQ(input(Qos::on, "tc").find("overhead"), std::string::npos);
  EXPECT_EQ(input(Qos::on, "tc").find("linklayer"), std::string::npos);
  settings_.tc.overhead = 40;
  settings_.tc.mpu = 96;
  settings_.tc.link_layer = LinkLayer::atm;
  probe_.links = {{"wan", 1492, 0}, {"br-lan"}};
  const std::string lines = input(Qos::on, "tc");
  std::size_t classes = 0;
  std::istringstream all(lines);
  for (std::string line; std::getline(all, line);) {
    if (line.find("class ") == 0) {
      ++classes;
      const bool is_up = line.find("dev wan ") != std::string::npos;
      EXPECT_NE(line.find(is_up ? " overhead 40 mpu 96 linklayer atm " : " overhead 26 mpu 96 linklayer atm "), std::string::npos)
          << line << ": the kernel counts 14 bytes of an Ethernet header, and none with ppp";
    }
  }
  EXPECT_EQ(classes, 10U);
  EXPECT_NE(lines.find("cake unlimited besteffort dual-srchost nat split-gso memlimit 2mb overhead 40 mpu 96 atm\n"),
            std::string::npos)
      << "CAKE counts from the IP header on each device";
  install(0xca1d);
  probe_.links = {{"wan", 1492, 0}, {"br-lan"}, {"voip-ifb"}};
  EXPECT_NE(
      input(Qos::on, "tc").find("ceil 700kbit burst 2984 cburst 2984 overhead 40 mpu 96 linklayer atm prio 2 quantum 1492\n"),
      std::string::npos)
      << input(Qos::on, "tc");
}

TEST_F(TcActuator, AnOverheadBelowTheEthernetHeaderTakesNothingAway) {
  settings_.tc.overhead = 10;
  EXPECT_EQ(input(Qos::on, "tc").find("burst 3028 overhead"), std::string::npos);
  probe_.links = {{"wan", 1500, 0}, {"br-lan"}};
  EXPECT_NE(input(Qos::on, "tc").find("cburst 3000 overhead 10 prio"), std::string::npos);
}

TEST_F(TcActuator, PtmLeavesSixtyFourOfSixtyFiveBytes) {
  settings_.tc.upload_kbit = 65'000;
  settings_.tc.link_layer = LinkLayer::ptm;
  EXPECT_NE(input(Qos::on, "tc").find("classid ca1:1 htb rate 60800kbit ceil 60800kbit"), std::string::npos) << "95 % of 64000";
  EXPECT_EQ(input(Qos::on, "tc").find("linklayer"), std::string::npos) << "HTB knows no PTM";
}

TEST_F(TcActuator, FramesAreAsLongAsTheDevicesSay) {
  probe_.links = {{"wan", 1508}, {"br-lan", 9000}};
  EXPECT_NE(input(Qos::on, "tc").find("handle ca1c: tbf rate 100gbit burst 2008 "), std::string::npos);
  EXPECT_NE(input(Qos::on, "tc").find("handle cb1c: tbf rate 100gbit burst 2008 "), std::string::npos)
      << "what comes in by the WAN is no longer than its frames: " << input(Qos::on, "tc");
  settings_.tc.upload_kbit = 128;
  probe_.links = {{"wan", 9000}, {"br-lan", 9000}};
  const std::string jumbo = input(Qos::draining, "tc");
  EXPECT_NE(jumbo.find("handle ca1c: tbf rate 100gbit burst 9500 limit 27042\n"), std::string::npos) << jumbo;
  EXPECT_NE(jumbo.find("burst 18028 cburst 18028 prio 2 quantum 9014\n"), std::string::npos) << jumbo;
  probe_.links = {{"wan", 1280, 0}, {"br-lan", 1500}};
  EXPECT_NE(input(Qos::on, "tc").find("handle cb1c: tbf rate 100gbit burst 2000 "), std::string::npos)
      << "a provider may send more than the MTU of our end";
}

TEST_F(TcActuator, RatesOfFastLinesDoNotOverflow) {
  settings_.tc.upload_kbit = 4'000'000;
  EXPECT_NE(input(Qos::on, "tc").find("ceil 3800000kbit burst 475000"), std::string::npos) << input(Qos::on, "tc");
}

TEST_F(TcActuator, WhatLeavesByAnotherDeviceIsNotShapedTwice) {
  probe_.links.insert(probe_.links.end(), {{.name = "br-lan.10", .lower = "br-lan"},
                                           {.name = "eth0", .bridge = "br-lan"},
                                           {.name = "eth0.20", .lower = "eth0"},
                                           {.name = "guests", .lower = "br-lan.10"},
                                           {.name = "loop", .lower = "loop2"},
                                           {.name = "loop2", .lower = "loop"}});
  site_.lan = {"br-lan", "br-lan.10", "eth0.20", "guests", "eth0", "loop", "br-gone", "wan"};
  const std::string lines = input(Qos::on, "tc");
  EXPECT_EQ(lines.find("br-lan.10"), std::string::npos);
  EXPECT_EQ(lines.find("br-gone"), std::string::npos);
  EXPECT_EQ(lines.find("guests"), std::string::npos);
  EXPECT_EQ(lines.find("dev eth0 "), std::string::npos) << "a port of a bridge that is shaped";
  EXPECT_NE(lines.find("qdisc add dev eth0.20 clsact"), std::string::npos) << "eth0 itself is not shaped";
  settings_.tc.lan = {"br-lan.10"};
  EXPECT_NE(input(Qos::on, "tc").find("qdisc add dev br-lan.10 clsact"), std::string::npos) << "unless that alone is wished";
}

TEST_F(TcActuator, RefusesInWords) {
  settings_.tc.upload_kbit = 0;
  settings_.tc.download_kbit = 0;
  EXPECT_NE(refuse().find("neither qos.tc.upload_kbit nor"), std::string::npos);
  SetUp();
  site_.wan = "";
  EXPECT_NE(refuse().find("no WAN now"), std::string::npos);
  site_.wan = "ppp0";
  EXPECT_NE(refuse().find("ppp0 does not exist"), std::string::npos);
  SetUp();
  probe_.links = {{.name = "wan", .bridge = "br-wan"}, {"br-lan"}, {"br-wan"}};
  EXPECT_NE(refuse().find("wan is a port of the bridge br-wan"), std::string::npos);
  EXPECT_EQ(refuse(Qos::off), "");
  SetUp();
  site_.lan = {};
  EXPECT_NE(refuse().find("qos.tc.lan"), std::string::npos);
  SetUp();
  probe_.qdiscs = {{"wan", "cake", 0x80010000, root}};
  EXPECT_NE(refuse().find("another program shapes wan already (qdisc cake"), std::string::npos);
  EXPECT_EQ(refuse(Qos::off), "");
  probe_.qdiscs = {{"wan", "mq", 0, root}, {"wan", "fq_codel", 0, 1}};
  EXPECT_EQ(refuse(), "") << "the kernel's defaults";
  probe_.qdiscs = {{"br-lan", "ingress", 0xffff0000, 0xfffffff1}};
  EXPECT_NE(refuse().find("ingress qdisc on br-lan"), std::string::npos);
  SetUp();
  probe_.qdiscs.clear();
  site_.wan = "wan\"; flush";
  probe_.links.push_back({site_.wan});
  EXPECT_NE(refuse().find("has letters"), std::string::npos);
}

TEST_F(TcActuator, MarkedCallsComeFirstAndWithoutMarksThePhones) {
  EXPECT_NE(input(Qos::on, "nft").find("ct mark and 0x1000000 == 0x1000000 meta priority set 0xca10010"), std::string::npos)
      << input(Qos::on, "nft");
  settings_.mark_calls = false;
  EXPECT_EQ(input(Qos::on, "nft").find("ct mark"), std::string::npos);
  EXPECT_NE(input(Qos::on, "nft").find("udp meta length < 300 meta priority set 0xca10010"), std::string::npos);
  site_.phones = {*IpPrefix::parse("192.168.1.30"), *IpPrefix::parse("fd00::30")};
  EXPECT_NE(input(Qos::on, "nft").find("ip saddr 192.168.1.30 meta l4proto udp meta priority set 0xca10010"), std::string::npos);
  EXPECT_NE(input(Qos::on, "nft").find("ip6 daddr fd00::30 meta l4proto udp meta priority set 0xcb10010"), std::string::npos);
}

}  // namespace
}  // namespace voip
