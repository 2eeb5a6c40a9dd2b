#include "ports/interfaces.h"

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>

#include "base/unique_fd.h"
#include "ports/netlink_reader.h"

namespace voip {
namespace {

constexpr std::size_t receive_bytes = 32768;  // the kernel fills no more than this in one message of a dump
constexpr std::size_t most_interfaces = 4096;
constexpr std::size_t most_default_routes = 16;

std::string system_reason() {
  return std::strerror(errno);
}

template <typename T>
std::optional<T> read_fixed(Bytes bytes) {
  T value{};
  if (bytes.size() < sizeof value) {
    return std::nullopt;
  }
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Asks for everything of one kind and calls `take` with each message's payload. `Body` is the kind's fixed part.
template <typename Body, typename Take>
Status dump(std::uint16_t type, const char* what, Take take) {
  const UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) {
    return Error{std::string("list ") + what + ": open a route netlink socket: " + system_reason()};
  }
  const timeval limit{2, 0};  // the kernel answers at once; without an answer we must not hang
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  struct {
    nlmsghdr header;
    Body body;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  if (send(fd.get(), &request, sizeof request, 0) < 0) {
    return Error{std::string("list ") + what + ": " + system_reason()};
  }
  std::vector<std::uint8_t> buffer(receive_bytes);
  for (;;) {
    const ssize_t received = recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (received <= 0) {
      return Error{std::string("list ") + what + ": " + (received == 0 ? "the kernel's answer is empty" : system_reason())};
    }
    NetlinkMessages messages(Bytes(buffer).first(static_cast<std::size_t>(received)));
    while (const auto message = messages.next()) {
      if (message->type == NLMSG_DONE) {
        return {};
      }
      if (message->type == NLMSG_ERROR) {
        return Error{std::string("list ") + what + ": " + std::strerror(read_error(*message))};
      }
      take(message->payload);
    }
  }
}

std::optional<IpAddress> read_address(std::uint8_t family, Bytes payload) {
  const std::size_t width = family == AF_INET ? 4 : 16;
  if ((family != AF_INET && family != AF_INET6) || payload.size() < width) {
    return std::nullopt;
  }
  return IpAddress::from_bytes(payload.first(width));
}

std::optional<Interface> read_link(Bytes payload) {
  const auto info = read_fixed<ifinfomsg>(payload);
  if (!info) {
    return std::nullopt;
  }
  Interface link;
  link.index = static_cast<std::uint32_t>(info->ifi_index);
  link.is_up = (info->ifi_flags & IFF_UP) != 0;
  link.is_loopback = (info->ifi_flags & IFF_LOOPBACK) != 0;
  link.has_carrier = (info->ifi_flags & IFF_RUNNING) != 0;
  NetlinkAttributes attributes(payload.subspan(sizeof *info));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == IFLA_IFNAME) {
      const auto end = std::find(attribute->payload.begin(), attribute->payload.end(), std::uint8_t{0});
      link.name.assign(attribute->payload.begin(), end);
    }
  }
  return link;
}

void take_address(Bytes payload, std::vector<Interface>& interfaces) {
  const auto info = read_fixed<ifaddrmsg>(payload);
  if (!info) {
    return;
  }
  std::optional<IpAddress> local;
  std::optional<IpAddress> peer;
  NetlinkAttributes attributes(payload.subspan(sizeof *info));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == IFA_LOCAL) {
      local = read_address(info->ifa_family, attribute->payload);
    } else if (attribute->type == IFA_ADDRESS) {
      peer = read_address(info->ifa_family, attribute->payload);
    }
  }
  const auto found = std::find_if(interfaces.begin(), interfaces.end(),
                                  [&](const Interface& interface) { return interface.index == info->ifa_index; });
  // IPv6 leaves IFA_LOCAL out unless the link is point-to-point.
  if (found != interfaces.end() && (local || peer)) {
    found->addresses.push_back({local ? *local : *peer, IpPrefix(peer ? *peer : *local, info->ifa_prefixlen)});
  }
}

struct Route {
  std::uint8_t family = 0;
  std::uint32_t metric = 0;
  std::uint32_t device = 0;
};

std::optional<Route> read_default_route(Bytes payload) {
  const auto info = read_fixed<rtmsg>(payload);
  if (!info || info->rtm_dst_len != 0 || info->rtm_type != RTN_UNICAST) {
    return std::nullopt;
  }
  Route route{info->rtm_family, 0, 0};
  std::uint32_t table = info->rtm_table;
  NetlinkAttributes attributes(payload.subspan(sizeof *info));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == RTA_OIF) {
      route.device = read_native32(attribute->payload).value_or(0);
    } else if (attribute->type == RTA_PRIORITY) {
      route.metric = read_native32(attribute->payload).value_or(0);
    } else if (attribute->type == RTA_TABLE) {
      table = read_native32(attribute->payload).value_or(0);
    } else if (attribute->type == RTA_MULTIPATH) {
      if (const auto hop = read_fixed<rtnexthop>(attribute->payload)) {
        route.device = static_cast<std::uint32_t>(hop->rtnh_ifindex);
      }
    }
  }
  return table == RT_TABLE_MAIN && route.device != 0 ? std::optional(route) : std::nullopt;
}

}  // namespace

Result<std::vector<Interface>> read_interfaces() {
  std::vector<Interface> interfaces;
  const Status links = dump<ifinfomsg>(RTM_GETLINK, "network interfaces", [&](Bytes payload) {
    if (auto link = read_link(payload); link && interfaces.size() < most_interfaces) {
      interfaces.push_back(std::move(*link));
    }
  });
  if (!links) {
    return Error{links.error()};
  }
  const Status addresses =
      dump<ifaddrmsg>(RTM_GETADDR, "addresses of the interfaces", [&](Bytes payload) { take_address(payload, interfaces); });
  if (!addresses) {
    return Error{addresses.error()};
  }
  return interfaces;
}

Result<DefaultRoutes> read_default_routes(const std::vector<Interface>& interfaces) {
  DefaultRoutes routes;
  std::uint64_t best4 = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t best6 = best4;
  const Status listed = dump<rtmsg>(RTM_GETROUTE, "routes", [&](Bytes payload) {
    const auto route = read_default_route(payload);
    const auto device = std::find_if(interfaces.begin(), interfaces.end(), [&](const Interface& interface) {
      return route && interface.index == route->device && !interface.is_loopback;
    });
    if (device == interfaces.end()) {
      return;
    }
    const bool is_known = std::find(routes.all.begin(), routes.all.end(), device->name) != routes.all.end();
    if (!is_known && routes.all.size() < most_default_routes) {
      routes.all.push_back(device->name);
    }
    auto& best = route->family == AF_INET ? best4 : best6;
    if (route->metric < best) {
      best = route->metric;
      (route->family == AF_INET ? routes.ipv4 : routes.ipv6) = device->name;
    }
  });
  if (!listed) {
    return Error{listed.error()};
  }
  return routes;
}

Result<Network> read_network(const Settings& settings) {
  const auto interfaces = read_interfaces();
  if (!interfaces) {
    return Error{interfaces.error()};
  }
  const auto routes = read_default_routes(*interfaces);
  if (!routes) {
    return Error{routes.error()};
  }
  Network network;
  network.wan = choose_wan(settings.qos.wan, *interfaces, *routes);
  network.lan = choose_lan(settings.monitor.lan, network.wan, *interfaces, *routes);
  network.lan_devices = choose_lan_devices(network.lan, network.wan, *interfaces);
  return network;
}

std::string choose_wan(std::string_view wan_setting, const std::vector<Interface>& interfaces, const DefaultRoutes& routes) {
  const bool is_device = std::any_of(interfaces.begin(), interfaces.end(),
                                     [&](const Interface& interface) { return interface.name == wan_setting; });
  if (is_device && wan_setting != "auto") {
    return std::string(wan_setting);
  }
  return routes.ipv4.empty() ? routes.ipv6 : routes.ipv4;
}

Lan choose_lan(const std::vector<IpPrefix>& lan_setting, std::string_view wan, const std::vector<Interface>& interfaces,
               const DefaultRoutes& routes) {
  std::vector<IpAddress> own;
  std::vector<IpPrefix> networks;
  for (const Interface& interface : interfaces) {
    std::vector<IpPrefix> found;
    bool is_lan = false;
    for (const InterfaceAddress& address : interface.addresses) {
      own.push_back(address.address);
      const bool has_neighbours = address.network.length() < (address.address.is_v6() ? 128U : 32U);
      if (has_neighbours && !address.address.is_link_local()) {
        const bool is_private = address.network.address().is_private();
        is_lan |= is_private;
        if (is_private || address.address.is_v6()) {
          found.push_back(address.network);
        }
      }
    }
    const bool is_outside = interface.name == wan || interface.name == routes.ipv4 || interface.name == routes.ipv6;
    if (is_lan && interface.is_up && !interface.is_loopback && !is_outside) {
      networks.insert(networks.end(), found.begin(), found.end());
    }
  }
  std::sort(networks.begin(), networks.end());
  networks.erase(std::unique(networks.begin(), networks.end()), networks.end());
  if (!lan_setting.empty()) {
    networks = lan_setting;
  }
  return Lan(std::move(networks), std::move(own));
}

std::vector<std::string> choose_lan_devices(const Lan& lan, std::string_view wan, const std::vector<Interface>& interfaces) {
  std::vector<std::string> devices;
  for (const Interface& interface : interfaces) {
    const bool holds_address = std::any_of(interface.addresses.begin(), interface.addresses.end(),
                                           [&](const InterfaceAddress& address) { return lan.contains(address.address); });
    if (holds_address && interface.is_up && !interface.is_loopback && interface.name != wan) {
      devices.push_back(interface.name);
    }
  }
  return devices;
}

}  // namespace voip
