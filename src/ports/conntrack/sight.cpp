#include "ports/conntrack/sight.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/unique_fd.h"
#include "ports/conntrack/conntrack.h"

namespace voip {
namespace {

constexpr const char* accounting_file = "/proc/sys/net/netfilter/nf_conntrack_acct";
constexpr const char* events_file = "/proc/sys/net/netfilter/nf_conntrack_events";
constexpr const char* count_file = "/proc/sys/net/netfilter/nf_conntrack_count";

// Nothing when there is no such switch.
std::optional<bool> read_switch(const char* path) {
  const UniqueFd file(open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 4> text{};
  if (!file || read(file.get(), text.data(), text.size() - 1) <= 0) {
    return std::nullopt;
  }
  return text[0] != '0';
}

// The errno, or 0.
int turn_on(const char* path) {
  const UniqueFd file(open(path, O_WRONLY | O_CLOEXEC));
  return file && write(file.get(), "1\n", 2) == 2 ? 0 : errno;
}

void set_address(sockaddr_in& address, const char* text) {
  address.sin_family = AF_INET;
  inet_pton(AF_INET, text, &address.sin_addr);
}
void set_address(sockaddr_in6& address, const char* text) {
  address.sin6_family = AF_INET6;
  inet_pton(AF_INET6, text, &address.sin6_addr);
}
std::uint16_t port_of(const sockaddr_in& address) {
  return ntohs(address.sin_port);
}
std::uint16_t port_of(const sockaddr_in6& address) {
  return ntohs(address.sin6_port);
}

enum class Tracking : std::uint8_t { unknown, absent, present };

// Whether a packet to ourselves leaves an entry. Unknown where none can be sent, as without that family.
template <typename Address>
Tracking tracking_of(ConntrackQueries& queries, const char* loopback) {
  Address address{};
  set_address(address, loopback);
  std::array<Endpoint, 2> ends;
  std::array<UniqueFd, 2> sockets;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    sockets[i].reset(
        socket(reinterpret_cast<const sockaddr*>(&address)->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    Address bound = address;
    socklen_t length = sizeof bound;
    if (!sockets[i] || bind(sockets[i].get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        getsockname(sockets[i].get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
      return Tracking::unknown;
    }
    ends[i] = {*IpAddress::parse(loopback), port_of(bound)};
    if (i == 1 && (connect(sockets[0].get(), reinterpret_cast<const sockaddr*>(&bound), length) != 0 ||
                   send(sockets[0].get(), "", 1, 0) != 1)) {
      return Tracking::unknown;
    }
  }
  std::vector<FlowSample> samples;
  std::vector<FlowKey> gone;
  queries.read(std::array{FlowKey{ends[0], ends[1], protocol_udp}}, samples, gone);
  return !samples.empty() ? Tracking::present : gone.empty() ? Tracking::unknown : Tracking::absent;
}

}  // namespace

ConntrackSwitches read_conntrack_switches() {
  return {read_switch(accounting_file), read_switch(events_file), faccessat(AT_FDCWD, accounting_file, W_OK, AT_EACCESS) == 0};
}

SightChanged look_at_switches(bool enable_accounting) {
  const auto accounting = read_switch(accounting_file);
  if (!accounting) {
    return {Sight::blind, "the kernel keeps no connection table here (no nf_conntrack): load the module nf_conntrack_netlink"};
  }
  if (!*accounting) {
    const std::string fix = "flows have no counters: run 'sysctl -w net.netfilter.nf_conntrack_acct=1'";
    if (!enable_accounting) {
      return {Sight::blind, fix + ", or let the daemon do it with monitor.enable_accounting"};
    }
    if (const int error = turn_on(accounting_file); error != 0) {
      return {Sight::blind, fix + " (the daemon may not: " + std::strerror(error) + ")"};
    }
    log_info(
        "switched on the accounting of flows (net.netfilter.nf_conntrack_acct=1); flows that are already open stay uncounted");
  }
  if (!read_switch(events_file).value_or(false)) {
    return {Sight::limited,
            "conntrack events are off, so new flows are found late: run 'sysctl -w net.netfilter.nf_conntrack_events=2'"};
  }
  return {};
}

SightChanged look_at_lan(const Lan& lan) {
  if (lan.prefixes().empty()) {
    return {Sight::blind, "no LAN was found, so no flow is watched: set monitor.lan"};
  }
  const auto own = lan.own_prefixes();
  if (own.empty()) {
    return {};
  }
  return {own.size() == lan.prefixes().size() ? Sight::blind : Sight::limited,
          own.front().to_string() +
              " in monitor.lan is this router's own address, and nobody is behind it: name the network of the "
              "phones, such as 192.168.1.0/24"};
}

SightChanged look_at_tracking(ConntrackQueries& queries, const Lan& lan) {
  const auto has = [&lan](bool is_v6) {
    return std::any_of(lan.prefixes().begin(), lan.prefixes().end(),
                       [is_v6](const IpPrefix& prefix) { return prefix.address().is_v6() == is_v6; });
  };
  const auto v4 = has(false) ? tracking_of<sockaddr_in>(queries, "127.0.0.1") : Tracking::unknown;
  const auto v6 = has(true) ? tracking_of<sockaddr_in6>(queries, "::1") : Tracking::unknown;
  // A rule may exempt the loopback alone; then other connections are in the table.
  const bool is_empty = !read_switch(count_file).value_or(true);
  const std::string fix =
      " connections, so no call is seen: have a rule that looks at their state, such as nft add table inet track "
      "'{ chain pre { type filter hook prerouting priority 0; ct state new; }; }'";
  const bool is_absent = v4 == Tracking::absent || v6 == Tracking::absent;
  const bool is_present = v4 == Tracking::present || v6 == Tracking::present;
  if (is_absent && !is_present && is_empty) {
    return {Sight::blind, "the kernel does not track" + fix};
  }
  if (is_absent && is_present) {
    return {Sight::limited, "the kernel does not track " + std::string(v4 == Tracking::absent ? "IPv4" : "IPv6") + fix};
  }
  return {};
}

SightChanged judge_lookup(int error) {
  if (error == ENOENT) {
    return {};
  }
  if (error == EINVAL || error == EOPNOTSUPP || error == EPROTONOSUPPORT || error == EAFNOSUPPORT) {
    return {Sight::blind,
            "the kernel does not tell about connections: load the module nf_conntrack_netlink "
            "(OpenWrt: install kmod-nf-conntrack-netlink)"};
  }
  return {Sight::blind, std::string("look up a flow in conntrack: ") + std::strerror(error)};
}

}  // namespace voip
