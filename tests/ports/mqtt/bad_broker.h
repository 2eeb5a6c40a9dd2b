// A broker that behaves badly on purpose, on the node's own loop: it answers a CONNECT with what it is told to and does something
// rude afterwards. Knows just enough of MQTT 5 for that (OASIS MQTT Version 5.0, section 2.1).
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "system/loop.h"

namespace voip::test {

class BadBroker {
 public:
  enum class Answer : std::uint8_t { send, hang_up };
  // The type of a packet that came, and what is to be sent: the bytes, or nothing. hang_up ends the connection.
  using Manners = std::function<Answer(unsigned type, const std::string& packet, std::string& reply)>;

  static constexpr unsigned connect = 1;
  static constexpr unsigned publish = 3;
  static constexpr unsigned subscribe = 8;

  BadBroker(Loop& loop, Manners manners) : loop_(loop), manners_(std::move(manners)) {
    listener_.reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    if (bind(listener_.get(), raw, length) != 0 || listen(listener_.get(), 16) != 0 ||
        getsockname(listener_.get(), raw, &length) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    EXPECT_TRUE(loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { take_in(); }).ok());
  }
  ~BadBroker() {
    loop_.unwatch(listener_.get());
    for (const auto& [fd, guest] : guests_) {
      loop_.unwatch(fd);
    }
  }
  BadBroker(const BadBroker&) = delete;
  BadBroker& operator=(const BadBroker&) = delete;

  [[nodiscard]] std::string uri() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::size_t connections() const { return connections_; }

  static std::string connack(char reason = 0) { return {'\x20', 3, 0, reason, 0}; }
  // For a SUBSCRIBE with one filter: the same packet identifier, and the reason.
  static std::string suback(const std::string& packet, char reason) {
    const std::size_t at = 1 + length_of_length(packet);
    return {'\x90', 4, packet.at(at), packet.at(at + 1), 0, reason};
  }

 private:
  struct Guest {
    UniqueFd fd;
    std::string unread;
  };

  static std::size_t length_of_length(const std::string& packet) {
    std::size_t bytes = 1;
    while (bytes < 4 && (static_cast<unsigned char>(packet.at(bytes)) & 0x80U) != 0) {
      ++bytes;
    }
    return bytes;
  }

  void take_in() {
    UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      return;
    }
    ++connections_;
    const int raw = fd.get();
    guests_[raw].fd = std::move(fd);
    EXPECT_TRUE(loop_.watch(raw, EPOLLIN, [this, raw](std::uint32_t) { listen_to(raw); }).ok());
  }

  void listen_to(int fd) {
    Guest& guest = guests_.at(fd);
    char buffer[4096];  // NOLINT(modernize-avoid-c-arrays)
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got <= 0) {
      hang_up(fd);
      return;
    }
    guest.unread.append(buffer, static_cast<std::size_t>(got));
    while (guest.unread.size() >= 5 || (guest.unread.size() >= 2 && guest.unread[1] == 0)) {
      const std::size_t header = 1 + length_of_length(guest.unread);
      std::size_t length = 0;
      for (std::size_t i = header - 1; i > 0; --i) {
        length = length * 128 + (static_cast<unsigned char>(guest.unread[i]) & 0x7fU);
      }
      if (guest.unread.size() < header + length) {
        return;
      }
      const std::string packet = guest.unread.substr(0, header + length);
      guest.unread.erase(0, header + length);
      std::string reply;
      const Answer answer = manners_(static_cast<unsigned char>(packet[0]) >> 4U, packet, reply);
      [[maybe_unused]] const ssize_t written = write(fd, reply.data(), reply.size());
      if (answer == Answer::hang_up) {
        hang_up(fd);
        return;
      }
    }
  }

  void hang_up(int fd) {
    loop_.unwatch(fd);
    guests_.erase(fd);
  }

  Loop& loop_;
  Manners manners_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::size_t connections_ = 0;
  std::map<int, Guest> guests_;
};

}  // namespace voip::test
