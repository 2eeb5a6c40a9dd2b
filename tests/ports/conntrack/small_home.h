// A phone, a NAT router and a server in network namespaces that only this process can see: they have no names, and vanish with
// it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/unique_fd.h"
#include "core/model.h"

namespace voip::test {

inline UniqueFd current_namespace() {
  return UniqueFd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

// The calling thread is in another network namespace while this lives; so are the programs that it starts.
class Inside {
 public:
  explicit Inside(const UniqueFd& there) : back_(current_namespace()) { EXPECT_EQ(setns(there.get(), CLONE_NEWNET), 0); }
  ~Inside() { EXPECT_EQ(setns(back_.get(), CLONE_NEWNET), 0); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  UniqueFd back_;
};

// Nothing without the privilege.
inline UniqueFd make_namespace() {
  const UniqueFd here = current_namespace();
  if (unshare(CLONE_NEWNET) != 0) {
    return {};
  }
  UniqueFd made = current_namespace();
  EXPECT_EQ(setns(here.get(), CLONE_NEWNET), 0);
  return made;
}

inline sockaddr_storage to_sockaddr(const Endpoint& endpoint) {
  sockaddr_storage storage{};
  if (endpoint.address.is_v6()) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    std::memcpy(&address.sin6_addr, endpoint.address.bytes().data(), 16);
    std::memcpy(&storage, &address, sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, endpoint.address.bytes().data(), 4);
    std::memcpy(&storage, &address, sizeof address);
  }
  return storage;
}

inline Endpoint at(const std::string& address, std::uint16_t port) {
  return {*IpAddress::parse(address), port};
}

class UdpSocket {
 public:
  UdpSocket(const UniqueFd& network, const Endpoint& local) {
    const Inside inside(network);
    fd_.reset(socket(local.address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto address = to_sockaddr(local);
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
  }
  void send(const Endpoint& to, int packets, std::size_t payload_bytes) const {
    const std::vector<char> payload(payload_bytes);
    const auto address = to_sockaddr(to);
    for (int i = 0; i < packets; ++i) {
      // An ICMP error of an earlier packet is reported here and is no matter.
      if (sendto(fd_.get(), payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        --i;
        ASSERT_TRUE(errno == ECONNREFUSED) << std::strerror(errno);
      }
    }
  }
  // Waits for so many packets, then answers to whoever sent them.
  void answer(int expected, int packets, std::size_t payload_bytes) const {
    std::vector<char> payload(2048);
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    for (int i = 0; i < expected; ++i) {
      pollfd waiting{fd_.get(), POLLIN, 0};
      ASSERT_EQ(poll(&waiting, 1, 2000), 1) << "only " << i << " packets have arrived";
      ASSERT_GE(recvfrom(fd_.get(), payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&from), &length), 0);
    }
    for (int i = 0; i < packets; ++i) {
      EXPECT_EQ(sendto(fd_.get(), payload.data(), payload_bytes, 0, reinterpret_cast<const sockaddr*>(&from), length),
                static_cast<ssize_t>(payload_bytes));
    }
  }
  // Sends one packet to a closed port and waits until it is refused: from then on the neighbours know each other.
  void be_refused_by(const Endpoint& to) const {
    const auto address = to_sockaddr(to);
    ASSERT_EQ(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::send(fd_.get(), "", 1, 0), 1);
    pollfd waiting{fd_.get(), POLLIN, 0};
    ASSERT_EQ(poll(&waiting, 1, 2000), 1);
  }

 private:
  UniqueFd fd_;
};

class SmallHome {
 public:
  static constexpr const char* phone_v4 = "192.168.77.10";
  static constexpr const char* phone_v6 = "fd77:1::10";
  static constexpr const char* server_v4 = "198.51.100.10";
  static constexpr const char* server_v6 = "2001:db8:77::10";
  static constexpr const char* router_v4 = "198.51.100.1";
  static constexpr std::uint16_t forwarded_port = 10004;  // at the router's WAN address: the phone's

  // Empty, or why it can't be.
  std::string start() {
    if (std::system("command -v ip >/dev/null && command -v nft >/dev/null") != 0) {  // NOLINT(concurrency-mt-unsafe)
      return "needs ip and nft";
    }
    for (UniqueFd* each : {&phone, &router, &server}) {
      *each = make_namespace();
      if (!*each) {
        return std::string("make a network namespace: ") + std::strerror(errno);
      }
    }
    const std::string script = R"(
ip link set lo up
ip link add lan0 type veth peer name eth0 netns )" +
                               path(phone) + R"(
ip link add wan0 type veth peer name eth0 netns )" +
                               path(server) + R"(
ip addr add 192.168.77.1/24 dev lan0; ip addr add fd77:1::1/64 dev lan0 nodad
ip addr add 198.51.100.1/24 dev wan0; ip addr add 2001:db8:77::1/64 dev wan0 nodad
ip link set lan0 up; ip link set wan0 up
echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
nft -f - <<END
table ip nat {
  chain pre { type nat hook prerouting priority -100
    iifname "wan0" udp dport 10004 dnat to 192.168.77.10
  }
  chain post { type nat hook postrouting priority 100
    oifname "wan0" masquerade
  }
}
table inet watch {
  chain pass { type filter hook forward priority 0
    ct state new ct mark set 0x00ab0033
  }
}
END
)";
    if (run(router, script) != 0 || run(phone, host("192.168.77.10", "fd77:1::10", "192.168.77.1", "fd77:1::1")) != 0 ||
        run(server, host("198.51.100.10", "2001:db8:77::10", "198.51.100.1", "2001:db8:77::1")) != 0) {
      return "set up the namespaces";
    }
    UdpSocket(phone, at(phone_v6, 9)).be_refused_by(at("fd77:1::1", 9));
    UdpSocket(server, at(server_v6, 9)).be_refused_by(at("2001:db8:77::1", 9));
    return {};
  }

  static int run(const UniqueFd& network, const std::string& script) {
    const Inside inside(network);
    return std::system(("set -e\n" + script).c_str());  // NOLINT(concurrency-mt-unsafe)
  }

  UniqueFd phone;
  UniqueFd router;
  UniqueFd server;

 private:
  static std::string path(const UniqueFd& network) {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(network.get());
  }
  static std::string host(const std::string& v4, const std::string& v6, const std::string& gateway4,
                          const std::string& gateway6) {
    return "ip link set lo up\nip addr add " + v4 + "/24 dev eth0; ip addr add " + v6 + "/64 dev eth0 nodad\n" +
           "ip link set eth0 up\nip route add default via " + gateway4 + "\nip -6 route add default via " + gateway6 + "\n";
  }
};

}  // namespace voip::test
