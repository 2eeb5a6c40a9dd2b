#include "ports/qdiscs.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/unique_fd.h"

namespace voip {
namespace {

constexpr std::size_t datagram_size = 32UL * 1024;  // what the kernel fills at most (NLMSG_GOODSIZE and up, by what recv offers)
constexpr std::size_t most_entries = 4096;
constexpr int most_tries = 3;

Error system_error(const std::string& doing) {
  return Error{doing + ": " + std::strerror(errno)};
}

// Reads a T at the start of the bytes, which need not be aligned.
template <typename T>
std::optional<T> read_as(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < sizeof(T)) {
    return std::nullopt;
  }
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Walks the messages of a datagram; `each` gets the header and what follows it.
template <typename Each>
void walk_messages(std::span<const std::uint8_t> rest, const Each& each) {
  while (const auto header = read_as<nlmsghdr>(rest)) {
    if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > rest.size()) {
      return;
    }
    each(*header, rest.subspan(NLMSG_HDRLEN, header->nlmsg_len - NLMSG_HDRLEN));
    rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(header->nlmsg_len), rest.size()));
  }
}

// The text of one string attribute; empty when it is not there.
std::string text_attribute(std::span<const std::uint8_t> rest, unsigned type) {
  while (const auto header = read_as<rtattr>(rest)) {
    if (header->rta_len < sizeof(rtattr) || header->rta_len > rest.size()) {
      break;
    }
    const auto payload = rest.subspan(sizeof(rtattr), header->rta_len - sizeof(rtattr));
    if (header->rta_type == type) {
      return {payload.begin(), std::find(payload.begin(), payload.end(), 0)};
    }
    rest = rest.subspan(std::min<std::size_t>(RTA_ALIGN(header->rta_len), rest.size()));
  }
  return {};
}

template <typename Each>
DumpPart walk_dump(std::span<const std::uint8_t> datagram, const Each& each) {
  DumpPart part;
  walk_messages(datagram, [&](const nlmsghdr& header, std::span<const std::uint8_t> payload) {
    part.is_interrupted |= (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (header.nlmsg_type == NLMSG_DONE) {
      part.is_last = true;
    } else if (header.nlmsg_type == NLMSG_ERROR) {
      part.is_last = true;
      const auto code = read_as<int>(payload);
      part.error = code && *code < 0 ? -*code : EBADMSG;
    } else {
      each(header.nlmsg_type, payload);
    }
  });
  return part;
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
  std::map<int, std::string> names;
  ifinfomsg all_links{};
  if (auto sent = send_request(socket, RTM_GETLINK, all_links); !sent) {
    return Error{sent.error()};
  }
  auto received = receive_dump(socket, is_interrupted, [&](auto datagram) { return take_links(datagram, names); });
  if (!received) {
    return Error{"list the network devices: " + received.error()};
  }
  Shaping shaping;
  tcmsg all_qdiscs{};
  if (auto sent = send_request(socket, RTM_GETQDISC, all_qdiscs); !sent) {
    return Error{sent.error()};
  }
  received = receive_dump(socket, is_interrupted, [&](auto datagram) { return take_qdiscs(datagram, names, shaping.qdiscs); });
  if (!received) {
    return Error{"list the queueing disciplines: " + received.error()};
  }
  for (auto& [index, name] : names) {
    shaping.links.push_back(std::move(name));
  }
  return shaping;
}

}  // namespace

DumpPart take_links(std::span<const std::uint8_t> datagram, std::map<int, std::string>& names_by_index) {
  return walk_dump(datagram, [&](std::uint16_t type, std::span<const std::uint8_t> payload) {
    const auto link = read_as<ifinfomsg>(payload);
    if (type != RTM_NEWLINK || !link || names_by_index.size() >= most_entries) {
      return;
    }
    if (auto name = text_attribute(payload.subspan(NLMSG_ALIGN(sizeof(ifinfomsg))), IFLA_IFNAME); !name.empty()) {
      names_by_index[link->ifi_index] = std::move(name);
    }
  });
}

DumpPart take_qdiscs(std::span<const std::uint8_t> datagram, const std::map<int, std::string>& names_by_index,
                     std::vector<Qdisc>& qdiscs) {
  return walk_dump(datagram, [&](std::uint16_t type, std::span<const std::uint8_t> payload) {
    const auto qdisc = read_as<tcmsg>(payload);
    if (type != RTM_NEWQDISC || !qdisc || qdiscs.size() >= most_entries) {
      return;
    }
    const auto name = names_by_index.find(qdisc->tcm_ifindex);
    auto kind = text_attribute(payload.subspan(NLMSG_ALIGN(sizeof(tcmsg))), TCA_KIND);
    if (name != names_by_index.end() && !kind.empty()) {
      qdiscs.push_back({name->second, std::move(kind), qdisc->tcm_handle, qdisc->tcm_parent});
    }
  });
}

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
