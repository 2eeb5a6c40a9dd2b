// Actuator "tc" on the real kernel: phone - br-lan [router] wan - isp, each in a network namespace of its own.
#pragma once

#include <gtest/gtest.h>
#include <csignal>

#include <array>
#include <sstream>
#include <string>

#include "ports/shaping/fixture.h"

namespace voip::test {

class TcSwitchTest : public test::QosSwitchFixture {
 protected:
  void SetUp() override {
    QosSwitchFixture::SetUp();
    if (IsSkipped()) {
      return;
    }
    for (std::string& neighbour : neighbours_) {
      neighbour = shell("unshare -n sleep 100 >/dev/null & echo $!");
      neighbour.pop_back();
    }
    // The namespace is there when it is another than ours; then the link can be moved into it.
    ASSERT_EQ(
        shell("for p in " + phone() + " " + isp() +
              "; do while [ \"$(readlink /proc/$p/ns/net)\" = \"$(readlink /proc/self/ns/net)\" ]; do :; done; done\n"
              "set -e\n"
              "ip link add br-lan type bridge; ip link add br-guest type bridge\n"
              "ip link add lan1 type veth peer name eth0 netns " +
              phone() +
              "; ip link set lan1 master br-lan\n"
              "ip link add wan type veth peer name srv netns " +
              isp() +
              "\n"
              "for i in lo lan1 br-lan br-guest wan; do ip link set $i up; done\n"
              "ip addr add 192.168.77.1/24 dev br-lan; ip addr add 192.0.2.2/24 dev wan; sysctl -qw net.ipv4.ip_forward=1\n"
              "nsenter -t " +
              phone() +
              " -n sh -c 'ip link set eth0 up; ip addr add 192.168.77.10/24 dev eth0; ip route add default via 192.168.77.1'\n"
              "nsenter -t " +
              isp() + " -n sh -c 'ip link set srv up; ip addr add 192.0.2.1/24 dev srv; ip route add default via 192.0.2.2'\n"),
        "");
    if (shell("ip link add probe type ifb && ip link del probe").find("not supported") != std::string::npos) {
      GTEST_SKIP() << "this kernel has no IFB";
    }
    settings_.qos.tc.upload_kbit = 1000;
    settings_.qos.tc.download_kbit = 5000;
    site_ = {.wan = "wan", .lan = {"br-lan", "br-guest"}, .phones = {}};
  }

  void TearDown() override {
    for (const std::string& neighbour : neighbours_) {
      if (!neighbour.empty()) {
        kill(std::stoi(neighbour), SIGKILL);
      }
    }
  }

  [[nodiscard]] const std::string& phone() const { return neighbours_[0]; }
  [[nodiscard]] const std::string& isp() const { return neighbours_[1]; }
  static std::string in(const std::string& neighbour, const std::string& line) {
    return shell("nsenter -t " + neighbour + " -n sh -c '" + line + "'");
  }

  // All that could be left behind.
  static std::string inventory() {
    return shell(
        "for d in wan br-lan br-guest; do tc qdisc show dev $d; tc class show dev $d; tc filter show dev $d egress 2>/dev/null; "
        "done; "
        "ip -o link | cut -d: -f2; nft list tables");
  }

  // The answer to a connection to a closed port goes through the router in both directions.
  [[nodiscard]] bool line_works() const {
    const auto reach = [](const std::string& address) { return "timeout 0.9 bash -c \"</dev/tcp/" + address + "/9\""; };
    return in(phone(), reach("192.0.2.1")).find("Connection refused") != std::string::npos &&
           shell(reach("192.168.77.10")).find("Connection refused") != std::string::npos;
  }

  static std::uint64_t packets_of(const std::string& device, const std::string& class_id) {
    std::istringstream words(shell("tc -s class show dev " + device + " classid " + class_id));
    std::string word;
    std::uint64_t packets = 0;
    while (words >> word) {
      if (word == "bytes") {
        words >> packets;
        break;
      }
    }
    return packets;
  }

  std::array<std::string, 2> neighbours_;
};

}  // namespace voip::test
