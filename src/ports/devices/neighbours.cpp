#include "ports/devices/neighbours.h"

#include <linux/filter.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "ports/devices/filter.h"

namespace voip {
namespace {

constexpr std::size_t datagram_size = 32UL * 1024;  // what the kernel fills at most in one message of a dump
constexpr Duration list_pause = 1s;                 // a storm that overflows the queue is let pass first

std::string system_reason(int error) {
  return std::strerror(error);
}

}  // namespace

NeighbourTable::~NeighbourTable() {
  if (loop_ != nullptr) {
    loop_->cancel(timer_);
    loop_->unwatch(socket_.get());
  }
}

Status NeighbourTable::open(Loop& loop, std::function<void(const Neighbour&)> seen, std::function<void()> settled) {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_NEIGH;
  if (!socket || bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Error{"follow the neighbour table: open an rtnetlink socket: " + system_reason(errno)};
  }
  auto watched = loop.watch(socket.get(), EPOLLIN, [this](std::uint32_t) { receive(); });
  if (!watched) {
    return Error{"follow the neighbour table: " + watched.error()};
  }
  loop_ = &loop;
  socket_ = std::move(socket);
  seen_ = std::move(seen);
  settled_ = std::move(settled);
  list();
  receive();  // the kernel fills in a dump as it is read, so what is there now is known from the start
  return {};
}

void NeighbourTable::narrow(std::span<const HardwareAddress> hardware, std::span<const IpAddress> addresses) {
  auto instructions = neighbour_filter(hardware, addresses);
  const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
  // Without a filter more is told than is wanted, which costs time and nothing else.
  if (setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    const int error = errno;
    setsockopt(socket_.get(), SOL_SOCKET, SO_DETACH_FILTER, nullptr, 0);
    log_debug("filter the neighbour table's messages: " + system_reason(error));
  }
}

void NeighbourTable::list() {
  if (is_listing_) {
    lists_again_ = true;
    return;
  }
  struct {
    nlmsghdr header;
    ndmsg body;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETNEIGH;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.ndm_family = AF_UNSPEC;  // ARP's table and neighbour discovery's
  if (send(socket_.get(), &request, sizeof request, 0) < 0) {
    list_later();
    return;
  }
  is_listing_ = true;
  lists_again_ = false;
}

void NeighbourTable::list_later() {
  loop_->cancel(timer_);
  timer_ = loop_->call_at(loop_->now() + list_pause, [this] { list(); });
}

void NeighbourTable::receive() {
  std::vector<std::uint8_t> buffer(datagram_size);
  for (;;) {
    const ssize_t size = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size >= 0) {
      take(Bytes(buffer).first(static_cast<std::size_t>(size)));
    } else if (errno == ENOBUFS) {
      list_later();
    } else if (errno != EINTR) {
      break;
    }
  }
  settled_();
}

void NeighbourTable::take(Bytes received) {
  NetlinkMessages messages(received);
  while (const auto message = messages.next()) {
    if (message->type == RTM_NEWNEIGH) {
      if (const auto neighbour = parse_neighbour(message->payload)) {
        seen_(*neighbour);
      }
    }
    // The table changed under the dump; some entry may be missing in it.
    lists_again_ |= is_listing_ && (message->flags & NLM_F_DUMP_INTR) != 0;
    if (message->type != NLMSG_DONE && message->type != NLMSG_ERROR) {
      continue;
    }
    is_listing_ = false;
    if (message->type == NLMSG_ERROR) {
      lists_again_ = true;
      if (!std::exchange(has_told_error_, true)) {
        log_warning("list the neighbour table: " + system_reason(read_error(*message)) +
                    ": devices given by mac or hostname are known by their leases only until it works");
      }
    } else if (std::exchange(has_told_error_, false)) {
      log_info("the neighbour table can be listed again");
    }
    if (std::exchange(lists_again_, false)) {
      list_later();
    }
  }
}

}  // namespace voip
