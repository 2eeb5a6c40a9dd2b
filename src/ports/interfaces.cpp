#include "ports/interfaces.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "ports/netlink_reader.h"
#include "ports/route_dump.h"

namespace voip {
namespace {

constexpr std::size_t most_interfaces = 4096;
constexpr std::size_t most_default_routes = 16;

std::optional<IpAddress> read_address(std::uint8_t family, Bytes payload) {
  const std::size_t width = family == AF_INET ? 4 : 16;
  if ((family != AF_INET && family != AF_INET6) || payload.size() < width) {
    return std::nullopt;
  }
  return IpAddress::from_bytes(payload.first(width));
}

std::optional<Interface> read_link(Bytes payload) {
  const auto info = read_native<ifinfomsg>(payload);
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
  const auto info = read_native<ifaddrmsg>(payload);
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
  const auto info = read_native<rtmsg>(payload);
  if (!info || info->rtm_dst_len != 0 || info->rtm_type != RTN_UNICAST) {
    return std::nullopt;
  }
  Route route{info->rtm_family, 0, 0};
  std::uint32_t table = info->rtm_table;
  NetlinkAttributes attributes(payload.subspan(sizeof *info));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == RTA_OIF) {
      route.device = read_native<std::uint32_t>(attribute->payload).value_or(0);
    } else if (attribute->type == RTA_PRIORITY) {
      route.metric = read_native<std::uint32_t>(attribute->payload).value_or(0);
    } else if (attribute->type == RTA_TABLE) {
      table = read_native<std::uint32_t>(attribute->payload).value_or(0);
    } else if (attribute->type == RTA_MULTIPATH) {
      if (const auto hop = read_native<rtnexthop>(attribute->payload)) {
        route.device = static_cast<std::uint32_t>(hop->rtnh_ifindex);
      }
    }
  }
  return table == RT_TABLE_MAIN && route.device != 0 ? std::optional(route) : std::nullopt;
}

class BestRoutes {
 public:
  explicit BestRoutes(const std::vector<Interface>& interfaces) : interfaces_(interfaces) {}

  void take(const Route& route) {
    const auto device = std::find_if(interfaces_.begin(), interfaces_.end(), [&](const Interface& interface) {
      return interface.index == route.device && !interface.is_loopback;
    });
    if (device == interfaces_.end()) {
      return;
    }
    const bool is_known = std::find(routes_.all.begin(), routes_.all.end(), device->name) != routes_.all.end();
    if (!is_known && routes_.all.size() < most_default_routes) {
      routes_.all.push_back(device->name);
    }
    auto& best = route.family == AF_INET ? best4_ : best6_;
    if (route.metric < best) {
      best = route.metric;
      (route.family == AF_INET ? routes_.ipv4 : routes_.ipv6) = device->name;
    }
  }
  [[nodiscard]] const DefaultRoutes& routes() const { return routes_; }

 private:
  const std::vector<Interface>& interfaces_;
  DefaultRoutes routes_;
  std::uint64_t best4_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t best6_ = best4_;
};

}  // namespace

Result<std::vector<Interface>> read_interfaces() {
  return read_route_dumps([](RouteDump& dump) -> Result<std::vector<Interface>> {
    std::vector<Interface> interfaces;
    const Status links = dump.list("the network interfaces", RTM_GETLINK, sizeof(ifinfomsg), [&](Bytes datagram) {
      return walk_dump(datagram, RTM_NEWLINK, [&](Bytes payload) {
        if (auto link = read_link(payload); link && interfaces.size() < most_interfaces) {
          interfaces.push_back(std::move(*link));
        }
      });
    });
    if (!links) {
      return Error{links.error()};
    }
    const Status addresses = dump.list("the addresses of the interfaces", RTM_GETADDR, sizeof(ifaddrmsg), [&](Bytes datagram) {
      return walk_dump(datagram, RTM_NEWADDR, [&](Bytes payload) { take_address(payload, interfaces); });
    });
    if (!addresses) {
      return Error{addresses.error()};
    }
    return interfaces;
  });
}

Result<DefaultRoutes> read_default_routes(const std::vector<Interface>& interfaces) {
  return read_route_dumps([&](RouteDump& dump) -> Result<DefaultRoutes> {
    BestRoutes best(interfaces);
    const Status listed = dump.list("the routes", RTM_GETROUTE, sizeof(rtmsg), [&](Bytes datagram) {
      return walk_dump(datagram, RTM_NEWROUTE, [&](Bytes payload) {
        if (const auto route = read_default_route(payload)) {
          best.take(*route);
        }
      });
    });
    if (!listed) {
      return Error{listed.error()};
    }
    return best.routes();
  });
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
