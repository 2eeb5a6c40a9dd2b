// Plans and readings of our own profile; qos_switch_tc_test.cpp runs them on a kernel.
#include <string>

#include "unit/actuators/tc_fixture.h"

namespace voip {
namespace {

using test::our_filter;
using test::root;
using TcActuator = test::TcFixture;

const std::string foreign_filter = "filter protocol all pref 1 bpf chain 0 handle 0x1 dscp.o\n";

TEST_F(TcActuator, TellsDrainingFromSettledByTheMarker) {
  install(0xca1d);
  EXPECT_EQ(read().qos, Qos::draining);
  SetUp();
  probe_.qdiscs.clear();
  install(0xca1e);
  EXPECT_EQ(read().qos, Qos::on);
  EXPECT_EQ(read().problem, "");
}

TEST_F(TcActuator, WhatOtherSettingsHaveInstalledIsRenewed) {
  const std::uint32_t limit = fingerprint();
  install(0xca1e);
  probe_.qdiscs[probe_.qdiscs.size() - 2].limit = limit;
  EXPECT_EQ(read(), (QosObserved{Qos::on, ""}));
  EXPECT_EQ(input(Qos::on, "tc").find("qdisc del"), std::string::npos);
  EXPECT_EQ(input(Qos::draining, "tc").find("qdisc del"), std::string::npos);

  const QosSettings before = settings_;
  const auto expect_outdated = [&](const std::string& what) {
    EXPECT_EQ(read(), (QosObserved{Qos::on, "", true})) << what;
    EXPECT_NE(input(Qos::on, "tc").find("handle ca1e: pfifo limit " + std::to_string(fingerprint())), std::string::npos) << what;
    EXPECT_NE(input(Qos::on, "tc").find("qdisc del dev wan root handle ca1:"), std::string::npos) << what;
    EXPECT_NE(input(Qos::on, "tc").find("qdisc add dev wan root handle ca1:"), std::string::npos) << what;
    settings_ = before;
  };
  settings_.tc.upload_kbit = 2000;
  expect_outdated("upload_kbit");
  settings_.tc.bulk_percent = 50;
  expect_outdated("bulk_percent");
  settings_.tc.overhead = 44;
  expect_outdated("overhead");
  settings_.call_mark = {.value = 0x2, .mask = 0x2};
  expect_outdated("call_mark");
  probe_.links[1].mtu = 1492;
  expect_outdated("the MTU of the WAN");
  probe_.links[1].mtu = 1500;
  settings_.tc.drain_percent = 20;
  EXPECT_EQ(read(), (QosObserved{Qos::on, ""})) << "the draining is over";
}

TEST_F(TcActuator, WhatOthersChangeInsideIsSeenAndPutInPlaceAnew) {
  install(0xca1e);
  for (Qdisc& qdisc : probe_.qdiscs) {
    qdisc.limit =
        qdisc.kind == "pfifo" && qdisc.handle >> 16U != 0xca1eU ? (qdisc.handle >> 16U & 0xfU) == 0xaU ? 50U : 100U : 0U;
  }
  const std::string upload =
      "class htb ca1:1 root rate 950Kbit ceil 950Kbit burst 3028b\n"
      "class htb ca1:10 parent ca1:1 leaf ca1a: prio 0 rate 600Kbit ceil 950Kbit\n"
      "class htb ca1:20 parent ca1:1 leaf ca1b: prio 1 rate 150Kbit ceil 150Kbit\n"
      "class htb ca1:30 parent ca1:1 leaf ca1c: prio 2 rate 250Kbit ceil 700Kbit\n"
      "class htb ca1:f0 root leaf ca1e: prio 7 rate 8Kbit ceil 8Kbit\n"
      "filter parent ca1: protocol arp pref 1 u32 chain 0\n";
  probe_.results.push_back({.exit_status = 0, .output = upload});
  EXPECT_EQ(read(), (QosObserved{Qos::on, ""}));
  const auto expect_seen = [&](const std::string& from, const std::string& to) {
    Probe changed = probe_;
    std::string& text = changed.results.back().output;
    text.replace(text.find(from), from.size(), to);
    std::swap(changed, probe_);
    EXPECT_EQ(read().qos, std::nullopt) << to;
    EXPECT_NE(read().problem.find("somebody changed our shaping on wan"), std::string::npos) << read().problem;
    EXPECT_NE(input(Qos::on, "tc").find("qdisc add dev wan root"), std::string::npos) << to;
    std::swap(changed, probe_);
  };
  expect_seen("rate 600Kbit", "rate 8Kbit");
  expect_seen("ceil 700Kbit", "ceil 8Kbit");
  expect_seen("protocol arp", "protocol ip");
  probe_.qdiscs[1].limit = 1;
  EXPECT_EQ(read().qos, std::nullopt) << "the queue of calls";
  probe_.qdiscs[1].limit = 50;
  probe_.results[1].output = "table inet voip_qosd {\n\tchain up {\n\t}\n}\n";
  EXPECT_EQ(read().qos, std::nullopt);
  EXPECT_NE(read().problem.find("rules of our nft table"), std::string::npos) << read().problem;
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
    EXPECT_EQ(read().qos, std::nullopt) << "a tree is there still, so it is not off: " << i;
    EXPECT_NE(read().problem, "") << i;
  }
  probe_ = whole;
  probe_.links.back().is_up = false;
  EXPECT_NE(read().problem, "") << "the IFB is down, and all download is lost";
  probe_ = whole;
  probe_.results[0] = {.exit_status = 1};
  EXPECT_EQ(read().qos, std::nullopt) << "the redirect cannot be listed";
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
  const std::string last = "qdisc replace dev wan parent ca1:f0 handle ca1e: pfifo limit " + std::to_string(fingerprint()) + "\n";
  EXPECT_EQ(lines.substr(lines.size() - last.size()), last) << "the marker comes last";
}

TEST_F(TcActuator, FollowsRatesWithoutTouchingQueues) {
  const std::uint32_t limit = fingerprint();
  install(0xca1e);
  probe_.qdiscs[probe_.qdiscs.size() - 2].limit = limit;
  probe_.last_rates = {.upload_kbit = 1000, .download_kbit = 5000};
  settings_.tc.upload_kbit = 500;
  EXPECT_TRUE(read().needs_renewal);
  const std::string lines = input(Qos::on, "tc");
  for (const char* const line : {"class change dev wan parent ca1: classid ca1:1 htb rate 475kbit ceil 475kbit",
                                 "class change dev wan parent ca1:1 classid ca1:10 htb rate 300kbit ceil 475kbit",
                                 "class change dev wan parent ca1:1 classid ca1:20 htb rate 75kbit ceil 75kbit",
                                 "class change dev wan parent ca1:1 classid ca1:30 htb rate 125kbit ceil 350kbit",
                                 "qdisc change dev wan parent ca1:10 handle ca1a: pfifo limit 50"}) {
    EXPECT_NE(lines.find(line), std::string::npos) << line << "\n" << lines;
  }
  EXPECT_EQ(lines.find("add"), std::string::npos);
  EXPECT_EQ(lines.find("del"), std::string::npos);
  EXPECT_NE(lines.find("handle ca1e: pfifo limit " + std::to_string(fingerprint())), std::string::npos);
  EXPECT_EQ(plan(Qos::on).size(), 1U) << "no rule changes";

  settings_.tc.bulk_percent = 50;
  EXPECT_NE(input(Qos::on, "tc").find("qdisc add dev wan root"), std::string::npos) << "more than rates has changed";
  settings_.tc.bulk_percent = 70;
  settings_.tc.download_kbit = 0;
  EXPECT_NE(input(Qos::on, "tc").find("qdisc add dev wan root"), std::string::npos) << "a direction less";
  settings_.tc.download_kbit = 5000;
  probe_.last_rates = {.upload_kbit = 900, .download_kbit = 5000};
  EXPECT_NE(input(Qos::on, "tc").find("qdisc add dev wan root"), std::string::npos) << "with what it was installed is not known";
}

TEST_F(TcActuator, ShapesOneDirectionAlone) {
  settings_.tc.download_kbit = 0;
  EXPECT_EQ(refuse(), "");
  EXPECT_EQ(input(Qos::on, "tc").find("voip-ifb"), std::string::npos);
  EXPECT_EQ(plan(Qos::on).size(), 4U) << "no IFB is made";
  settings_.tc.upload_kbit = 0;
  settings_.tc.download_kbit = 5000;
  EXPECT_EQ(input(Qos::on, "tc").find("dev wan"), std::string::npos);
  EXPECT_NE(input(Qos::on, "tc").find("handle cb1e: pfifo limit "), std::string::npos) << "the marker is on the IFB";
}

TEST_F(TcActuator, RefusesInWords) {
  settings_.tc.upload_kbit = 0;
  settings_.tc.download_kbit = 0;
  EXPECT_NE(refuse().find("not known yet"), std::string::npos);
  site_.line_blocker = "needs CAP_NET_RAW";
  EXPECT_NE(refuse().find("cannot be learnt (needs CAP_NET_RAW)"), std::string::npos);
  settings_.tc.upload_is_auto = settings_.tc.download_is_auto = false;
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

}  // namespace
}  // namespace voip
