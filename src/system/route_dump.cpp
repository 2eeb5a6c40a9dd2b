#include "system/route_dump.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/system_error.h"

namespace voip {
namespace {

constexpr std::size_t datagram_size = 32UL * 1024;  // what the kernel fills at most (NLMSG_GOODSIZE and up, by what recv offers)

}  // namespace

DumpPart walk_dump(Bytes datagram, std::uint16_t type, const std::function<void(Bytes payload)>& each) {
  DumpPart part;
  NetlinkMessages messages(datagram);
  while (const auto message = messages.next()) {
    part.is_interrupted |= (message->flags & NLM_F_DUMP_INTR) != 0;
    if (message->type == NLMSG_DONE) {
      part.is_last = true;
      // A list that failed on its way ends with the negative errno; one that did not with 0, or with nothing.
      const std::int32_t result = read_native<std::int32_t>(message->payload).value_or(0);
      part.error = result >= 0 ? 0 : result > -4096 ? -result : EBADMSG;
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
    return system_error("open an rtnetlink socket");
  }
  const timeval limit{.tv_sec = 1, .tv_usec = 0};  // without an answer we must not hang
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return RouteDump(std::move(socket));
}

void RouteDump::filter() {
  is_filtered_ = true;
  const int on = 1;
  setsockopt(socket_.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
}

Status RouteDump::list_bytes(const std::string& what, std::uint16_t request, Bytes fixed,
                             const std::function<DumpPart(Bytes)>& take) {
  const std::string doing = "list " + what;
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(fixed.size()));
  header.nlmsg_type = request;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  std::vector<std::uint8_t> message(header.nlmsg_len);
  std::memcpy(message.data(), &header, sizeof header);
  std::memcpy(message.data() + NLMSG_HDRLEN, fixed.data(), fixed.size());
  if (send(socket_.get(), message.data(), message.size(), 0) < 0) {
    return system_error(doing + ": ask rtnetlink");
  }
  std::vector<std::uint8_t> buffer(datagram_size);
  for (;;) {
    const ssize_t size = recv(socket_.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (size <= 0) {
      return system_error(doing + ": read the answer of rtnetlink", size == 0 ? EBADMSG : errno);
    }
    if (static_cast<std::size_t>(size) > buffer.size()) {
      return Error{doing + ": an answer of rtnetlink is longer than 32 KiB"};
    }
    const DumpPart part = take(Bytes(buffer).first(static_cast<std::size_t>(size)));
    was_interrupted_ |= part.is_interrupted;
    if (part.error != 0) {
      return system_error(doing, part.error);
    }
    if (part.is_last) {
      return {};
    }
    if (part.is_enough) {
      // Only a socket that is closed ends a list early.
      auto next = open();
      if (!next) {
        return Error{next.error()};
      }
      socket_ = std::move(next->socket_);
      if (is_filtered_) {
        filter();
      }
      return {};
    }
  }
}

}  // namespace voip
