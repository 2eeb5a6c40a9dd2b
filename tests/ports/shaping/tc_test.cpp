// Actuator "tc" on the real kernel: phone - br-lan [router] wan - isp, each in a network namespace of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "ports/shaping/qdiscs.h"
#include "ports/shaping/tc_fixture.h"

namespace voip {
namespace {

using test::shell;
using test::TcSwitchTest;

TEST_F(TcSwitchTest, GoesThroughDrainOnAndOffAndLeavesNothing) {
  open("tc");
  const std::string before = inventory();
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_EQ(observe().problem, "");
  EXPECT_EQ(switch_to(Qos::draining), "");
  EXPECT_EQ(observe().qos, Qos::draining);
  EXPECT_NE(shell("tc class show dev wan classid ca1:30").find("ceil 100Kbit"), std::string::npos);
  EXPECT_NE(shell("tc class show dev voip-ifb classid cb1:30").find("ceil 500Kbit"), std::string::npos);
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::on);
  EXPECT_EQ(observe().problem, "");
  EXPECT_NE(shell("tc class show dev wan classid ca1:30").find("ceil 700Kbit"), std::string::npos);
  EXPECT_NE(shell("tc class show dev voip-ifb classid cb1:30").find("ceil 3500Kbit"), std::string::npos);
  EXPECT_TRUE(line_works());
  EXPECT_EQ(switch_to(Qos::on), "") << "once more is harmless";
  EXPECT_EQ(observe().qos, Qos::on);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_EQ(observe().problem, "");
  EXPECT_EQ(inventory(), before);
  EXPECT_EQ(switch_to(Qos::off), "") << "once more is harmless";
}

TEST_F(TcSwitchTest, OtherSettingsComeIntoForceWithTheNextSwitchOn) {
  open("tc");
  const std::string before = inventory();
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), (QosObserved{Qos::on, ""}));
  settings_.qos.tc.upload_kbit = 2000;
  open("tc");
  EXPECT_EQ(observe(), (QosObserved{Qos::on, "", true}));
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), (QosObserved{Qos::on, ""}));
  EXPECT_NE(shell("tc class show dev wan classid ca1:30").find("ceil 1400Kbit"), std::string::npos);
  EXPECT_TRUE(line_works());
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(inventory(), before);
}

TEST_F(TcSwitchTest, ShapesOneDirectionAlone) {
  for (const bool is_up : {true, false}) {
    settings_.qos.tc.upload_kbit = is_up ? 1000 : 0;
    settings_.qos.tc.download_kbit = is_up ? 0 : 5000;
    open("tc");
    EXPECT_EQ(switch_to(Qos::draining), "");
    EXPECT_EQ(observe().qos, Qos::draining);
    EXPECT_EQ(switch_to(Qos::on), "");
    EXPECT_EQ(observe().qos, Qos::on) << observe().problem;
    EXPECT_EQ(shell("tc qdisc show dev wan").find("ca1:") != std::string::npos, is_up);
    EXPECT_EQ(switch_to(Qos::off), "");
  }
}

TEST_F(TcSwitchTest, KilledAfterAnyCommandTheLineWorksAndTheNextSwitchRepairs) {
  open("tc");
  const std::string before = inventory();
  const Actuator& tc = *find_actuator("tc");
  Probe bare;
  auto shaping = read_shaping();
  ASSERT_TRUE(shaping) << shaping.error();
  bare.qdiscs = shaping->qdiscs;
  bare.links = shaping->links;
  // The batch of tc can be killed between two of its lines.
  std::vector<std::string> steps;
  std::vector<std::string> tries;  // one of which the kernel refuses
  for (const Command& command : tc.plan(Qos::draining, bare, settings_.qos, site_)) {
    std::string line;
    for (const std::string& argument : command.argv) {
      line += argument + " ";
    }
    if (command.argv[0] != "tc") {
      steps.push_back(command.input.empty() ? line : line + "<<'E'\n" + command.input + "E\n");
      continue;
    }
    std::istringstream lines(command.input);
    while (std::getline(lines, line)) {
      steps.push_back("tc " + line);
      if (command.may_fail) {
        tries.push_back(steps.back());
      }
    }
  }
  ASSERT_GT(steps.size(), 20U);
  for (std::size_t killed_after = 0; killed_after <= steps.size(); ++killed_after) {
    SCOPED_TRACE(killed_after);
    for (std::size_t i = 0; i < killed_after; ++i) {
      const std::string output = shell(steps[i]);
      ASSERT_TRUE(output.empty() || std::count(tries.begin(), tries.end(), steps[i]) != 0) << steps[i] << output;
    }
    EXPECT_TRUE(line_works());
    const QosObserved observed = observe();
    EXPECT_EQ(observed.qos == Qos::draining, killed_after == steps.size());
    EXPECT_NE(observed.qos, Qos::on);
    EXPECT_EQ(observed.problem.empty(), killed_after == 0 || killed_after == steps.size()) << observed.problem;
    if (killed_after % 2 == 0) {
      EXPECT_EQ(switch_to(Qos::on), "");
      EXPECT_EQ(observe().qos, Qos::on);
    }
    EXPECT_EQ(switch_to(Qos::off), "");
    ASSERT_EQ(inventory(), before);
  }
}

TEST_F(TcSwitchTest, KeepsTheShapingOfOthers) {
  open("tc");
  ASSERT_EQ(shell("tc qdisc add dev wan root tbf rate 2mbit burst 10k latency 50ms"), "");
  const std::string foreign = inventory();
  EXPECT_NE(switch_to(Qos::on).find("another program shapes wan already (qdisc tbf"), std::string::npos);
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(inventory(), foreign);
  ASSERT_EQ(shell("tc qdisc del dev wan root; tc qdisc add dev br-lan clsact; "
                  "tc filter add dev br-lan ingress pref 7 protocol arp u32 match u32 0 0 flowid 1:1"),
            "");
  const std::string with_clsact = inventory() + shell("tc filter show dev br-lan ingress");
  EXPECT_EQ(switch_to(Qos::on), "") << "beside another's filters there is room";
  EXPECT_EQ(observe().qos, Qos::on) << observe().problem;
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(inventory() + shell("tc filter show dev br-lan ingress"), with_clsact);
}

TEST_F(TcSwitchTest, WhatAKilledRunLeftIsTakenAwayByOneThatUsesAnotherShaper) {
  const std::string before = inventory();
  for (const char* other : {"none", "cake-rate"}) {
    open("tc");
    ASSERT_EQ(switch_to(Qos::on), "");
    ASSERT_NE(inventory(), before);
    port_.reset();
    testing::internal::CaptureStderr();
    open(other);
    observe();
    EXPECT_EQ(inventory(), before) << other;
    EXPECT_NE(testing::internal::GetCapturedStderr().find("left of tc is taken away"), std::string::npos);
  }
}

TEST_F(TcSwitchTest, NoticesWhatOthersTakeAwayAndRepairsIt) {
  open("tc");
  ASSERT_EQ(switch_to(Qos::on), "");
  for (const char* harm :
       {"tc qdisc del dev wan root", "ip link del voip-ifb", "nft delete table inet voip_qosd", "nft flush ruleset",
        "tc qdisc del dev br-lan clsact", "tc filter del dev br-lan egress", "tc qdisc del dev voip-ifb root",
        "ip link set voip-ifb down", "nft flush table inet voip_qosd", "tc filter del dev wan",
        "tc class change dev wan parent ca1: classid ca1:1 htb rate 100kbit ceil 100kbit quantum 1514",
        "tc qdisc replace dev wan parent ca1:10 handle ca1a: pfifo limit 1"}) {
    SCOPED_TRACE(harm);
    EXPECT_EQ(observe().qos, Qos::on);
    events_.clear();
    ASSERT_EQ(shell(harm), "");
    EXPECT_TRUE(await<ShapingTouched>(2s));
    const QosObserved observed = observe();
    EXPECT_EQ(observed.qos, std::nullopt) << "neither on nor off";
    EXPECT_NE(observed.problem, "");
    EXPECT_EQ(switch_to(Qos::on), "");
    EXPECT_EQ(observe(), (QosObserved{Qos::on, ""}));
    EXPECT_TRUE(line_works());
  }
  EXPECT_EQ(switch_to(Qos::off), "");
}

TEST_F(TcSwitchTest, AWanThatGoesAwayAndComesBackIsPutRight) {
  open("tc");
  const std::string before = inventory();
  ASSERT_EQ(switch_to(Qos::on), "");
  ASSERT_EQ(shell("ip link set wan name wan0"), "");
  EXPECT_NE(observe().qos, Qos::on);
  EXPECT_NE(switch_to(Qos::on).find("wan does not exist now"), std::string::npos);
  site_.wan = "";
  EXPECT_NE(switch_to(Qos::on).find("there is no WAN now"), std::string::npos);
  site_.wan = "wan0";
  EXPECT_EQ(switch_to(Qos::on), "") << "on another device";
  EXPECT_EQ(observe().qos, Qos::on);
  site_.wan = "";
  EXPECT_EQ(switch_to(Qos::off), "") << "off goes without a WAN";
  ASSERT_EQ(shell("ip link set wan0 name wan"), "");
  EXPECT_EQ(inventory(), before);
}

TEST_F(TcSwitchTest, MarkedCallsAreClassifiedInBothDirections) {
  ASSERT_EQ(shell("nft 'add table ip test; add chain ip test pre { type filter hook prerouting priority -140; }; "
                  "add rule ip test pre udp dport 7078 ct mark set ct mark or 0x01000000'"),
            "");
  open("tc");
  ASSERT_EQ(switch_to(Qos::on), "");
  // 20 packets there and back to the echo of a marked flow, and 20 that are neither small nor marked.
  const std::string echo =
      "import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.bind((\"192.0.2.1\",7078))\n"
      "for i in range(20): d,a=s.recvfrom(2000); s.sendto(d,a)\n";
  const std::string call =
      "import socket,time\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.settimeout(2)\n"
      "for i in range(20): s.sendto(bytes(560),(\"192.0.2.1\",7078)); s.recv(2000)\n"
      "for i in range(20): s.sendto(bytes(560),(\"192.0.2.1\",9999)); time.sleep(0.01)\n";
  EXPECT_EQ(shell("nsenter -t " + isp() + " -n python3 -c '" + echo + "' & sleep 0.3; nsenter -t " + phone() +
                  " -n python3 -c '" + call + "'; wait"),
            "");
  EXPECT_EQ(packets_of("wan", "ca1:10"), 20U);
  EXPECT_EQ(packets_of("wan", "ca1:30"), 20U);
  EXPECT_EQ(packets_of("voip-ifb", "cb1:10"), 20U);
  EXPECT_EQ(packets_of("voip-ifb", "cb1:30"), 0U);
  EXPECT_GT(packets_of("voip-ifb", "cb1:20"), 0U) << "ICMP: nobody listens on port 9999";
}

TEST_F(TcSwitchTest, CutsTheBigPacketsOfOffloadingIntoFrames) {
  ASSERT_EQ(in(isp(),
               "nft add table ip test; nft add chain ip test pre \"{ type filter hook prerouting priority 0; }\"; "
               "nft add rule ip test pre ip length gt 1500 counter; nft add rule ip test pre tcp dport 5001 counter"),
            "");
  open("tc");
  ASSERT_EQ(switch_to(Qos::on), "");
  const std::string sink =
      "import socket,time\nl=socket.socket()\nl.bind((\"192.0.2.1\",5001))\nl.listen()\nc,_=l.accept()\n"
      "t=time.monotonic()\nn=0\nwhile time.monotonic()<t+3: n+=len(c.recv(65536))\nprint(n*8//3000)\n";
  const std::string source =
      "import socket\ns=socket.socket()\ns.connect((\"192.0.2.1\",5001))\n"
      "try:\n  while True: s.send(bytes(65536))\nexcept OSError: pass\n";
  const std::string kbit = shell("nsenter -t " + isp() + " -n python3 -c '" + sink + "' & sleep 0.3; nsenter -t " + phone() +
                                 " -n timeout 5 python3 -c '" + source + "'; wait");
  ASSERT_FALSE(kbit.empty());
  EXPECT_GT(std::stoi(kbit), 450) << "most of 70 % of 1000 kbit/s";
  EXPECT_LT(std::stoi(kbit), 730);
  const std::string counters = in(isp(), "nft list chain ip test pre");
  EXPECT_NE(counters.find("ip length > 1500 counter packets 0 "), std::string::npos) << counters;
}

TEST_F(TcSwitchTest, TellsWhatTheKernelSaidWhenItFails) {
  open("tc");
  ASSERT_EQ(shell("ip link set wan mtu 68 && ip link add voip-ifb type dummy 2>/dev/null || ip link add voip-ifb type bridge"),
            "");
  // A device of that name is ours to replace; a program that is missing is not.
  EXPECT_EQ(switch_to(Qos::on), "");
  const std::string path = getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  setenv("PATH", "/nonexistent", 1);        // NOLINT(concurrency-mt-unsafe)
  const std::string error = switch_to(Qos::off);
  setenv("PATH", path.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_NE(error.find("switch QoS off with tc: ran "), std::string::npos) << error;
  EXPECT_NE(error.find("is it installed"), std::string::npos) << error;
  EXPECT_EQ(switch_to(Qos::off), "");
}

}  // namespace
}  // namespace voip
