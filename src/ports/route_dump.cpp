#include "ports/route_dump.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace voip {
namespace {

constexpr std::size_t datagram_size = 32UL * 1024;  // what the kernel fills at most (NLMSG_GOODSIZE and up, by what recv offers)

Error failed(const std::string& doing, int error = errno) {
  return Error{doing + ": " + std::strerror(error)};
}

}  // namespace

DumpPart walk_dump(Bytes datagram, std::uint16_t type, const std::function<void(Bytes payload)>& each) {
  DumpPart part;
  NetlinkMessages messages(datagram);
  while (const auto message = messages.next()) {
    part.is_interrupted |= (message->flags & NLM_F_DUMP_INTR) != 0;
    if (message->type == NLMSG_DONE) {
      part.is_last = true;
    } else if (message->type == NLMSG_ERROR) {
      part.is_last = true;
      // No dump is answered by an acknowledgement.
      const int error = read_error(*message);
      part.error = error == 0 ? EBADMSG : error;
    } else if (message->type == type) {
      each(message->payload);
    }
  }
  return part;
}

Result<RouteDump> RouteDump::open() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (!socket || bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failed("open an rtnetlink socket");
  }
  const timeval limit{.tv_sec = 1, .tv_usec = 0};  // without an answer we must not hang
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return RouteDump(std::move(socket));
}

Status RouteDump::list(const std::string& what, std::uint16_t request, std::size_t body,
                       const std::function<DumpPart(Bytes)>& take) {
  const std::string doing = "list " + what;
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(body));
  header.nlmsg_type = request;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  std::vector<std::uint8_t> message(header.nlmsg_len);
  std::memcpy(message.data(), &header, sizeof header);
  if (send(socket_.get(), message.data(), message.size(), 0) < 0) {
    return failed(doing + ": ask rtnetlink");
  }
  std::vector<std::uint8_t> buffer(datagram_size);
  for (;;) {
    const ssize_t size = recv(socket_.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (size <= 0) {
      return failed(doing + ": read the answer of rtnetlink", size == 0 ? EBADMSG : errno);
    }
    if (static_cast<std::size_t>(size) > buffer.size()) {
      return Error{doing + ": an answer of rtnetlink is longer than 32 KiB"};
    }
    const DumpPart part = take(Bytes(buffer).first(static_cast<std::size_t>(size)));
    was_interrupted_ |= part.is_interrupted;
    if (part.error != 0) {
      return failed(doing, part.error);
    }
    if (part.is_last) {
      return {};
    }
  }
}

}  // namespace voip
