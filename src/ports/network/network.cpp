#include "ports/network/network.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "base/bytes.h"
#include "ports/network/openwrt.h"
#include "ports/network/proc.h"

namespace voip {
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
  const std::string& wan = settings.qos.wan;
  network.wan = choose_wan(wan, *interfaces, *routes, wan == "auto" ? OpenWrt{} : read_openwrt(wan));
  network.lan = choose_lan(settings.monitor.lan, network.wan, *interfaces, *routes, listens_for_sip());
  network.lan_devices = choose_lan_devices(network.lan, network.wan, *interfaces, *routes);
  return network;
}

Result<Lan> read_lan(const Settings& settings) {
  auto network = read_network(settings);
  if (!network) {
    return Error{network.error()};
  }
  return std::move(network->lan);
}

Site site_of(const Settings& settings, const Network& network) {
  return {.wan = network.wan, .lan = settings.qos.tc.lan.empty() ? network.lan_devices : settings.qos.tc.lan, .phones = {}};
}

std::string why_outside(const Interface& interface, std::string_view wan, const DefaultRoutes& routes) {
  // Tunnels that look like Ethernet.
  constexpr std::array<std::string_view, 5> tunnels{"tun", "gretap", "ip6gretap", "vxlan", "geneve"};
  const auto names = [&](const std::vector<std::string>& devices) {
    return std::find(devices.begin(), devices.end(), interface.name) != devices.end();
  };
  if (interface.is_loopback) {
    return "it is the loopback";
  }
  if (!interface.is_up) {
    return "it is down";
  }
  if (interface.name == wan) {
    return "it is the WAN";
  }
  if (interface.name == routes.ipv4 || interface.name == routes.ipv6 || names(routes.all)) {
    return "a default route goes through it";
  }
  if (names(routes.others)) {
    return "a default route of another table goes through it";
  }
  if (!interface.is_ethernet || std::find(tunnels.begin(), tunnels.end(), interface.kind) != tunnels.end()) {
    return "it is a tunnel or a point-to-point link" + (interface.kind.empty() ? "" : " (" + interface.kind + ")");
  }
  return interface.carries_pppoe ? "it carries PPPoE to a modem" : "";
}

std::vector<IpPrefix> lan_networks(const Interface& interface) {
  std::vector<IpPrefix> networks;
  bool is_lan = false;
  for (const auto& [address, network] : interface.addresses) {
    const bool has_clients = network.length() + 1 < (address.is_v6() ? 128U : 32U);
    const bool is_private = network.address().is_private();
    if (has_clients && !address.is_link_local() && (is_private || address.is_v6())) {
      is_lan |= is_private;
      networks.push_back(network);
    }
  }
  return is_lan ? networks : std::vector<IpPrefix>();
}

bool looks_like_guest(const Interface& interface) {
  bool is_somewhere = false;
  for (const auto& [address, network] : interface.addresses) {
    if (address.is_v6() || !network.address().is_private() || network.length() >= 31) {
      continue;
    }
    const std::uint32_t hosts = 0xffffffffU >> network.length();
    const std::uint32_t host = read_be32(address.bytes()).value_or(0) & hosts;
    if (host == 1 || host == hosts - 1) {
      return false;
    }
    is_somewhere = true;
  }
  return is_somewhere;
}

Lan choose_lan(const std::vector<IpPrefix>& lan_setting, std::string_view wan, const std::vector<Interface>& interfaces,
               const DefaultRoutes& routes, bool has_own_calls) {
  std::vector<IpAddress> own;
  std::vector<IpPrefix> networks;
  for (const Interface& interface : interfaces) {
    std::transform(interface.addresses.begin(), interface.addresses.end(), std::back_inserter(own),
                   [](const InterfaceAddress& address) { return address.address; });
    if (why_outside(interface, wan, routes).empty()) {
      const auto found = lan_networks(interface);
      networks.insert(networks.end(), found.begin(), found.end());
    }
  }
  std::sort(networks.begin(), networks.end());
  networks.erase(std::unique(networks.begin(), networks.end()), networks.end());
  if (!lan_setting.empty()) {
    networks = lan_setting;
  }
  return Lan(std::move(networks), std::move(own), has_own_calls);
}

std::vector<std::string> choose_lan_devices(const Lan& lan, std::string_view wan, const std::vector<Interface>& interfaces,
                                            const DefaultRoutes& routes) {
  std::vector<std::string> devices;
  for (const Interface& interface : interfaces) {
    const bool holds_address = std::any_of(interface.addresses.begin(), interface.addresses.end(),
                                           [&](const InterfaceAddress& address) { return lan.contains(address.address); });
    if (holds_address && why_outside(interface, wan, routes).empty()) {
      devices.push_back(interface.name);
    }
  }
  return devices;
}

}  // namespace voip
