// What the profile of actuator "tc" says to tc and nft.
#include <algorithm>
#include <sstream>
#include <string>

#include "unit/actuators/tc_fixture.h"

namespace voip {
namespace {

using TcProfile = test::TcFixture;

TEST_F(TcProfile, TheRestHasCakeWhereTheKernelHasIt) {
  const Plan all = plan(Qos::draining);
  const auto tries = std::find_if(all.begin(), all.end(), [](const Command& command) { return command.may_fail; });
  ASSERT_NE(tries, all.end());
  EXPECT_EQ(tries->argv, (std::vector<std::string>{"tc", "-force", "-batch", "-"})) << "the second line is tried too";
  EXPECT_EQ(tries->input.find("replace"), std::string::npos) << "so what is there first stays";
  EXPECT_LT(tries->input.find("handle ca1c: cake unlimited besteffort dual-srchost nat"), tries->input.find("handle ca1c: tbf"));
  EXPECT_LT(tries->input.find("handle cb1c: cake unlimited besteffort dual-dsthost nonat"),
            tries->input.find("handle cb1c: tbf"));
  EXPECT_EQ(tries + 2, all.end()) << "only the marker comes after it";
  EXPECT_EQ((tries + 1)->input,
            "qdisc replace dev wan parent ca1:f0 handle ca1d: pfifo limit " + std::to_string(fingerprint()) + "\n");

  install(0xca1d);
  EXPECT_NE(input(Qos::on, "tc").find("qdisc change dev wan parent ca1:30 handle ca1c: tbf"), std::string::npos);
  for (Qdisc& qdisc : probe_.qdiscs) {
    qdisc.kind = qdisc.kind == "tbf" ? "cake" : qdisc.kind;
  }
  EXPECT_EQ(read(), (QosObserved{Qos::draining, ""}));
  EXPECT_EQ(input(Qos::on, "tc").find("ca1c:"), std::string::npos) << "HTB's rate is all that changes";
  EXPECT_NE(input(Qos::on, "tc").find("class change dev wan parent ca1:1 classid ca1:30"), std::string::npos);
}

TEST_F(TcProfile, TheBulkQueueHoldsThreeFramesAtLeast) {
  settings_.tc.upload_kbit = 128;
  EXPECT_NE(input(Qos::draining, "tc").find("handle ca1c: tbf rate 100gbit burst 2000 limit 4542\n"), std::string::npos)
      << input(Qos::draining, "tc");
  settings_.tc.upload_kbit = 10'000;
  EXPECT_NE(input(Qos::on, "tc").find("handle ca1c: tbf rate 100gbit burst 2000 limit 175000\n"), std::string::npos) << "200 ms";
}

TEST_F(TcProfile, CountsPacketsAsTheLineCarriesThem) {
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

TEST_F(TcProfile, AnOverheadBelowTheEthernetHeaderTakesNothingAway) {
  settings_.tc.overhead = 10;
  EXPECT_EQ(input(Qos::on, "tc").find("burst 3028 overhead"), std::string::npos);
  probe_.links = {{"wan", 1500, 0}, {"br-lan"}};
  EXPECT_NE(input(Qos::on, "tc").find("cburst 3000 overhead 10 prio"), std::string::npos);
}

TEST_F(TcProfile, PtmLeavesSixtyFourOfSixtyFiveBytes) {
  settings_.tc.upload_kbit = 65'000;
  settings_.tc.link_layer = LinkLayer::ptm;
  EXPECT_NE(input(Qos::on, "tc").find("classid ca1:1 htb rate 60800kbit ceil 60800kbit"), std::string::npos) << "95 % of 64000";
  EXPECT_EQ(input(Qos::on, "tc").find("linklayer"), std::string::npos) << "HTB knows no PTM";
}

TEST_F(TcProfile, FramesAreAsLongAsTheDevicesSay) {
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

TEST_F(TcProfile, RatesOfFastLinesDoNotOverflow) {
  settings_.tc.upload_kbit = 4'000'000;
  EXPECT_NE(input(Qos::on, "tc").find("ceil 3800000kbit burst 475000"), std::string::npos) << input(Qos::on, "tc");
}

TEST_F(TcProfile, WhatLeavesByAnotherDeviceIsNotShapedTwice) {
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

TEST_F(TcProfile, MarkedCallsComeFirstAndWithoutMarksThePhones) {
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
