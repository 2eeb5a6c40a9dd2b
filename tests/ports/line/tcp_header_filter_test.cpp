// Which packets of real TCP connections the kernel passes, and how much of each.
#include "ports/line/tcp_header_filter.h"

#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <net/if.h>

#include <array>
#include <string>

#include "ports/conntrack/small_home.h"
#include "ports/line/tcp_pair.h"

namespace voip {
namespace {

using test::Inside;
using test::SmallHome;

// What the filter lets through on the router's WAN: the packets that leave, the others, and of both what was longer than headers.
struct Passed {
  int left = 0;
  int came = 0;
  int with_payload = 0;
};

Passed passed(const UniqueFd& socket) {
  Passed seen;
  std::array<std::uint8_t, 2048> packet{};
  sockaddr_ll from{};
  socklen_t length = sizeof from;
  for (ssize_t bytes = 0; (bytes = recvfrom(socket.get(), packet.data(), packet.size(), MSG_DONTWAIT,
                                            reinterpret_cast<sockaddr*>(&from), &length)) > 0;
       length = sizeof from) {
    ++(from.sll_pkttype == PACKET_OUTGOING ? seen.left : seen.came);
    const std::size_t ip = packet[0] >> 4U == 4 ? packet[0] % 16U * 4 : 40;
    seen.with_payload += static_cast<std::size_t>(bytes) > ip + packet[ip + 12] / 16U * 4 ? 1 : 0;
  }
  return seen;
}

// On the router's WAN.
UniqueFd open_filtered(const SmallHome& home) {
  const Inside router(home.router);
  UniqueFd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  auto filter = headers_of_tcp(1);
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  EXPECT_EQ(setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0) << std::strerror(errno);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex("wan0"));
  EXPECT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
  return socket;
}

TEST(TcpHeaderFilter, HeadersArePassedAndNoAcknowledgementThatCannotBeAnswered) {
  SmallHome home;
  if (const std::string problem = home.start(); !problem.empty()) {
    GTEST_SKIP() << problem;
  }
  for (const bool is_v6 : {false, true}) {
    for (const bool has_timestamps : {true, false}) {
      SCOPED_TRACE(std::string(is_v6 ? "IPv6" : "IPv4") + (has_timestamps ? "" : " without timestamps"));
      const std::string order = std::string("echo ") + (has_timestamps ? "1" : "0") + " > /proc/sys/net/ipv4/tcp_timestamps";
      ASSERT_EQ(SmallHome::run(home.phone, order), 0);
      const UniqueFd socket = open_filtered(home);
      const auto [client, server] = test::connect_tcp(home, is_v6);
      const Passed opening = passed(socket);
      EXPECT_EQ(opening.left, has_timestamps ? 2 : 1) << "SYN, and the acknowledgement of the answer to it";
      EXPECT_EQ(opening.came, 1);

      client.send(1000);
      ASSERT_TRUE(client.is_all_acknowledged(std::chrono::seconds(5)));
      const Passed up = passed(socket);
      EXPECT_EQ(up.left, 1);
      EXPECT_EQ(up.came, 1);
      EXPECT_EQ(up.with_payload, 0);

      server.send(1000);
      ASSERT_TRUE(server.is_all_acknowledged(std::chrono::seconds(5)));
      const Passed down = passed(socket);
      EXPECT_EQ(down.left, has_timestamps ? 1 : 0);
      EXPECT_EQ(down.came, 1);
      EXPECT_EQ(down.with_payload, 0);
    }
  }
}

}  // namespace
}  // namespace voip
