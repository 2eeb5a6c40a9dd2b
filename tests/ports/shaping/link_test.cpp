// What actuator "tc" makes of links: their overhead and cells, and frames of other lengths than Ethernet's usual ones.
#include <gtest/gtest.h>

#include <string>

#include "ports/shaping/tc_fixture.h"

namespace voip {
namespace {

using test::shell;

class TcLinkTest : public test::TcSwitchTest {
 protected:
  // Answers of the isp to datagrams of that many bytes, the IP header included, that the phone sends; and what the router gets
  // from the phone for some that it sends itself.
  [[nodiscard]] std::string echoes(int bytes) const {
    const std::string echo =
        "import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.bind((\"0.0.0.0\",9999))\ns.settimeout(30)\n"
        "d=b\"-\"\ntry:\n  while d: d,a=s.recvfrom(20000); s.sendto(d,a)\nexcept OSError: pass\n";
    // One byte at first, until the echo is there, then one that finds out the path's MTU; nothing at the end, which ends the
    // echo.
    const auto ask = [&](const std::string& where) {
      return "import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ndef ask(size):\n"
             "  s.sendto(bytes(size),(\"" +
             where +
             "\",9999))\n  try: return len(s.recv(20000))==size\n  except OSError: return False\n"
             "s.settimeout(0.1)\nany(ask(1) for i in range(300))\nfull=" +
             std::to_string(bytes - 28) +
             "\nask(full)\ns.settimeout(5)\nprint(sum(ask(full) for i in range(5)),end=\" \")\nask(0)\n";
    };
    const auto in = [](const std::string& neighbour) { return "nsenter -t " + neighbour + " -n python3 -c '"; };
    return shell(in(isp()) + echo + "' & " + in(phone()) + echo + "' & " + in(phone()) + ask("192.0.2.1") + "'; python3 -c '" +
                 ask("192.168.77.10") + "'; wait");
  }

  // Packets that leave in a second in that class, at most: the time is taken around the two looks.
  static double rate_of(const std::string& class_id) {
    std::istringstream numbers(shell("look() { tc -s class show dev wan classid " + class_id +
                                     " | sed -n 's/.* bytes \\([0-9]*\\) pkt.*/\\1/p'; }\n"
                                     "sleep 1; date +%s%N; look; sleep 2.5; look; date +%s%N"));
    double begin = 0;
    double before = 0;
    double after = 0;
    double end = 0;
    numbers >> begin >> before >> after >> end;
    return (after - before) * 1e9 / (end - begin);
  }
};

TEST_F(TcLinkTest, CountsTheCellsOfAnAtmLine) {
  settings_.qos.tc.overhead = 40;
  settings_.qos.tc.link_layer = LinkLayer::atm;
  open("tc");
  ASSERT_EQ(switch_to(Qos::on), "");
  EXPECT_NE(shell("tc class show dev wan").find("linklayer atm"), std::string::npos) << shell("tc class show dev wan");
  EXPECT_NE(shell("tc class show dev voip-ifb").find("linklayer atm"), std::string::npos);

  const std::string from_phone = "nsenter -t " + phone() + " -n timeout 6 python3 -c '";
  // A TCP that sends packets of 64 KB, which are cut after they have been queued: 33 cells each, 50 a second, without cells 57.8.
  const std::string sink =
      "import socket\nl=socket.socket()\nl.bind((\"192.0.2.1\",5001))\nl.listen()\nc,_=l.accept()\nwhile c.recv(65536): pass\n";
  const std::string source =
      "import socket\ns=socket.socket()\ns.connect((\"192.0.2.1\",5001))\n"
      "try:\n  while True: s.send(bytes(65536))\nexcept OSError: pass\n";
  shell("nsenter -t " + isp() + " -n timeout 8 python3 -c '" + sink + "' > /dev/null 2>&1 & sleep 0.3; " + from_phone + source +
        "' > /dev/null 2>&1 &");
  const double large = rate_of("ca1:30");
  EXPECT_LT(large, 700'000 / (33 * 53 * 8.0) * 1.05);
  EXPECT_GT(large, 30);

  // 200 bytes with the IP header are 5 cells, and small packets get 150 kbit/s: 70.8 a second, without cells 87.6.
  const std::string flood =
      "import socket,time\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\nfor i in range(2000):\n"
      "  s.sendto(bytes(172),(\"192.0.2.1\",9999)); time.sleep(0.003)\n";
  shell(from_phone + flood + "' > /dev/null 2>&1 &");
  const double small = rate_of("ca1:20");
  EXPECT_LT(small, 150'000 / (5 * 53 * 8.0) * 1.05);
  EXPECT_GT(small, 40);
}

TEST_F(TcLinkTest, JumboFramesPassInBothDirections) {
  const std::string mtu = "for i in lan1 br-lan wan; do ip link set $i mtu 9000 2>/dev/null; done; ";
  const std::string of_neighbours = in(phone(), "ip link set eth0 mtu 9000") + in(isp(), "ip link set srv mtu 9000");
  ASSERT_EQ(shell(mtu) + of_neighbours, "");
  open("tc");
  for (const Qos wanted : {Qos::draining, Qos::on}) {
    ASSERT_EQ(switch_to(wanted), "");
    EXPECT_EQ(echoes(8900), "5 5 ");
  }
  EXPECT_EQ(shell("tc -s qdisc show dev wan; tc -s qdisc show dev voip-ifb").find("dropped 1"), std::string::npos);
  EXPECT_EQ(switch_to(Qos::off), "");
}

TEST_F(TcLinkTest, AHomeOfJumboFramesBehindAnOrdinaryLineLosesNone) {
  ASSERT_EQ(shell("for i in lan1 br-lan; do ip link set $i mtu 9000; done") + in(phone(), "ip link set eth0 mtu 9000"), "");
  open("tc");
  ASSERT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(echoes(8900), "5 5 ") << "in fragments to the isp, whole between router and phone";
  EXPECT_EQ(echoes(1500), "5 5 ");
}

TEST_F(TcLinkTest, AWanThatIsAPortOfABridgeIsRefusedAndTheBridgeTaken) {
  ASSERT_EQ(shell("ip link add br-wan type bridge; ip addr flush dev wan; ip link set wan master br-wan; ip link set br-wan up; "
                  "ip addr add 192.0.2.2/24 dev br-wan"),
            "");
  open("tc");
  EXPECT_NE(switch_to(Qos::on).find("wan is a port of the bridge br-wan"), std::string::npos);
  site_.wan = "br-wan";
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::on);
  EXPECT_EQ(echoes(1500), "5 5 ");
  EXPECT_GT(packets_of("br-wan", "ca1:30"), 4U);
  EXPECT_EQ(switch_to(Qos::off), "");
}

}  // namespace
}  // namespace voip
