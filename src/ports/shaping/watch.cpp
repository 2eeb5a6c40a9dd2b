#include "ports/shaping/watch.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/system_error.h"
#include "system/netlink_reader.h"

namespace voip {
namespace {

constexpr std::size_t datagram_size = 32UL * 1024;
constexpr Duration burst_time = 100ms;

constexpr std::uint16_t of_rules(std::uint16_t message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8U | message);
}

// Sets that programs fill (dnsmasq, fail2ban) come by the hundred, and each change of anything brings a new generation: nobody is
// to wake up for them. A datagram holds the changes of one transaction in their order; one that begins with an element of a set
// is not looked at further. The field is in the machine's byte order, and the load takes it for the network's (nlmsghdr, offset
// 4).
Status leave_out_sets(int socket) {
  const auto jump = [](std::uint16_t message, std::uint8_t to_drop) {
    return sock_filter(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(of_rules(message)), to_drop, 0));
  };
  std::array<sock_filter, 6> program{{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
      jump(NFT_MSG_NEWSETELEM, 3),
      jump(NFT_MSG_DELSETELEM, 2),
      jump(NFT_MSG_NEWGEN, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffffU),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
    return system_error("attach a filter to a netlink socket");
  }
  return {};
}

Result<UniqueFd> listen_to(int protocol, unsigned groups, const std::string& name) {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (socket && protocol == NETLINK_NETFILTER) {
    if (Status filtered = leave_out_sets(socket.get()); !filtered) {
      return Error{filtered.error()};
    }
  }
  address.nl_groups = groups;
  if (!socket || bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_error("listen to " + name);
  }
  return socket;
}

bool has_news(const UniqueFd& socket, bool (*matters)(std::span<const std::uint8_t>)) {
  std::array<std::uint8_t, datagram_size> buffer{};
  bool found = false;
  while (socket) {
    const ssize_t size = recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (size >= 0) {
      found = matters(std::span(buffer).first(static_cast<std::size_t>(size))) || found;
    } else if (errno == ENOBUFS) {
      found = true;  // too many to keep; what they said does not matter
    } else {
      break;
    }
  }
  return found;
}

// Wireless events, statistics and bridge ports come as changes of nothing, by the dozen a minute.
bool is_change_of_link(const NetlinkMessage& message) {
  ifinfomsg link{};
  if (message.payload.size() < sizeof link) {
    return false;
  }
  std::memcpy(&link, message.payload.data(), sizeof link);
  // A port that leaves its bridge is told as AF_BRIDGE.
  return link.ifi_family == AF_UNSPEC && (message.type == RTM_DELLINK || link.ifi_change != 0);
}

}  // namespace

bool touches_shaping(std::span<const std::uint8_t> datagram) {
  NetlinkMessages messages(datagram);
  while (const auto message = messages.next()) {
    switch (message->type) {
      case RTM_NEWLINK:
      case RTM_DELLINK:
        if (is_change_of_link(*message)) {
          return true;
        }
        break;
      case RTM_NEWQDISC:
      case RTM_DELQDISC:
      case RTM_NEWTCLASS:
      case RTM_DELTCLASS:
      case RTM_NEWTFILTER:
      case RTM_DELTFILTER:
        return true;
      default:
        break;
    }
  }
  return false;
}

bool touches_rules(std::span<const std::uint8_t> datagram) {
  NetlinkMessages messages(datagram);
  while (const auto message = messages.next()) {
    if (message->type == of_rules(NFT_MSG_DELTABLE) || message->type == of_rules(NFT_MSG_DELCHAIN) ||
        message->type == of_rules(NFT_MSG_DELRULE)) {
      return true;
    }
  }
  return false;
}

ShapingWatch::~ShapingWatch() {
  if (loop_ != nullptr) {
    loop_->cancel(timer_);
    loop_->unwatch(shaping_.get());
    if (rules_) {
      loop_->unwatch(rules_.get());
    }
  }
}

Status ShapingWatch::open(Loop& loop, std::function<void()> touched) {
  auto shaping = listen_to(NETLINK_ROUTE, RTMGRP_LINK | RTMGRP_TC, "rtnetlink");
  if (!shaping) {
    return Error{shaping.error()};
  }
  loop_ = &loop;
  touched_ = std::move(touched);
  shaping_ = std::move(*shaping);
  if (Status watched = watch(shaping_); !watched) {
    return watched;
  }
  auto rules = listen_to(NETLINK_NETFILTER, 1U << (NFNLGRP_NFTABLES - 1U), "nftables");
  if (!rules) {
    log_debug(rules.error());
    return {};
  }
  rules_ = std::move(*rules);
  return watch(rules_);
}

Status ShapingWatch::watch(const UniqueFd& socket) {
  return loop_->watch(socket.get(), EPOLLIN, [this](std::uint32_t) { notice(); });
}

// Told at the end of the burst's time: a restart of the network is a hundred changes.
void ShapingWatch::notice() {
  if (take_notifications() && !is_noticed_) {
    is_noticed_ = true;
    timer_ = loop_->call_at(loop_->now() + burst_time, [this] {
      is_noticed_ = false;
      touched_();
    });
  }
}

bool ShapingWatch::take_notifications() {
  const bool is_shaping_touched = has_news(shaping_, touches_shaping);
  return has_news(rules_, touches_rules) || is_shaping_touched;
}

void ShapingWatch::forget() {
  if (loop_ != nullptr) {
    take_notifications();
    loop_->cancel(timer_);
    is_noticed_ = false;
  }
}

}  // namespace voip
