#include "ports/qdiscs.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/unique_fd.h"

namespace voip {
namespace {

constexpr std::size_t datagram_size = 32UL * 1024;  // what the kernel fills at most (NLMSG_GOODSIZE and up, by what recv offers)
constexpr int most_tries = 3;

Error system_error(const std::string& doing) {
  return Error{doing + ": " + std::strerror(errno)};
}

template <typename Body>
Status send_request(int socket, std::uint16_t type, const Body& body) {
  struct {
    nlmsghdr header;
    Body body;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body = body;
  if (send(socket, &request, sizeof request, 0) < 0) {
    return system_error("ask rtnetlink");
  }
  return {};
}

// Whole, or an error; `is_interrupted` is set when something changed in between.
template <typename Take>
Status receive_dump(int socket, bool& is_interrupted, const Take& take) {
  std::array<std::uint8_t, datagram_size> buffer{};
  while (true) {
    const ssize_t size = recv(socket, buffer.data(), buffer.size(), MSG_TRUNC);
    if (size < 0) {
      return system_error("read the answer of rtnetlink");
    }
    if (static_cast<std::size_t>(size) > buffer.size()) {
      return Error{"an answer of rtnetlink is longer than 32 KiB"};
    }
    const DumpPart part = take(std::span(buffer).first(static_cast<std::size_t>(size)));
    is_interrupted |= part.is_interrupted;
    if (part.error != 0) {
      errno = part.error;
      return system_error("dump of rtnetlink");
    }
    if (part.is_last) {
      return {};
    }
  }
}

Result<UniqueFd> open_socket() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (!socket || bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_error("open an rtnetlink socket");
  }
  return socket;
}

Result<Shaping> try_to_read(int socket, bool& is_interrupted) {
  LinksByIndex links;
  ifinfomsg all_links{};
  if (auto sent = send_request(socket, RTM_GETLINK, all_links); !sent) {
    return Error{sent.error()};
  }
  auto received = receive_dump(socket, is_interrupted, [&](auto datagram) { return take_links(datagram, links); });
  if (!received) {
    return Error{"list the network devices: " + received.error()};
  }
  Shaping shaping;
  tcmsg all_qdiscs{};
  if (auto sent = send_request(socket, RTM_GETQDISC, all_qdiscs); !sent) {
    return Error{sent.error()};
  }
  received = receive_dump(socket, is_interrupted, [&](auto datagram) { return take_qdiscs(datagram, links, shaping.qdiscs); });
  if (!received) {
    return Error{"list the queueing disciplines: " + received.error()};
  }
  for (auto& [index, listed] : links) {
    if (const auto bridge = links.find(listed.bridge_index); bridge != links.end()) {
      listed.link.bridge = bridge->second.link.name;
    }
    if (const auto lower = links.find(listed.lower_index); lower != links.end()) {
      listed.link.lower = lower->second.link.name;
    }
    shaping.links.push_back(listed.link);
  }
  return shaping;
}

}  // namespace

Result<Shaping> read_shaping() {
  auto socket = open_socket();
  if (!socket) {
    return Error{socket.error()};
  }
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  for (int tries = 1;; ++tries) {
    bool is_interrupted = false;
    auto shaping = try_to_read(socket->get(), is_interrupted);
    if (!shaping || !is_interrupted || tries == most_tries) {
      return shaping;
    }
  }
}

}  // namespace voip
