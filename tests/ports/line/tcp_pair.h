// Both ends of a TCP connection from the phone to the server of a small home.
#pragma once

#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "ports/conntrack/small_home.h"

namespace voip::test {

class TcpSocket {
 public:
  explicit TcpSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  static TcpSocket open(const UniqueFd& network, bool is_v6) {
    const Inside inside(network);
    return TcpSocket(UniqueFd(socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void send(std::size_t bytes) const {
    const std::string payload(bytes, 'x');
    EXPECT_EQ(::send(fd(), payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL), static_cast<ssize_t>(bytes));
  }
  // No more than there is room for.
  void offer(std::size_t bytes) const {
    const std::string payload(bytes, 'x');
    EXPECT_TRUE(::send(fd(), payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno == EAGAIN)
        << std::strerror(errno);
  }
  // Waits until the other side has acknowledged all.
  [[nodiscard]] bool is_all_acknowledged(std::chrono::milliseconds limit) const {
    const auto end = std::chrono::steady_clock::now() + limit;
    int waiting = 1;
    while (ioctl(fd(), SIOCOUTQ, &waiting) == 0 && waiting != 0 && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return waiting == 0;
  }

 private:
  UniqueFd fd_;
};

// The phone's end and the server's.
inline std::pair<TcpSocket, TcpSocket> connect_tcp(const SmallHome& home, bool is_v6) {
  const auto address = to_sockaddr(at(is_v6 ? SmallHome::server_v6 : SmallHome::server_v4, 8443));
  const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
  const TcpSocket listening = TcpSocket::open(home.server, is_v6);
  const int yes = 1;
  EXPECT_EQ(setsockopt(listening.fd(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
  EXPECT_EQ(bind(listening.fd(), raw, sizeof address), 0) << std::strerror(errno);
  EXPECT_EQ(listen(listening.fd(), 1), 0);
  TcpSocket client = TcpSocket::open(home.phone, is_v6);
  EXPECT_EQ(connect(client.fd(), raw, sizeof address), 0) << std::strerror(errno);
  TcpSocket accepted(UniqueFd(accept4(listening.fd(), nullptr, nullptr, SOCK_CLOEXEC)));
  EXPECT_GE(accepted.fd(), 0);
  return {std::move(client), std::move(accepted)};
}

}  // namespace voip::test
