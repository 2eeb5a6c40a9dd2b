// The router's network interfaces as the kernel lists them now, and which of them are the WAN and the LAN.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "core/lan.h"
#include "core/settings.h"

namespace voip {

struct InterfaceAddress {
  IpAddress address;  // the router's own
  IpPrefix network;   // who can be reached there; on a point-to-point link the other end
};

struct Interface {
  std::uint32_t index = 0;
  std::string name;
  bool is_up = false;
  bool is_loopback = false;
  bool has_carrier = true;
  std::vector<InterfaceAddress> addresses;
};

// Devices of the default routes in the main table, those of the lowest metric; empty where there is none.
struct DefaultRoutes {
  std::string ipv4;
  std::string ipv6;
  std::vector<std::string> all{};  // of every metric, each once; bounded
};

// What the daemon needs to know of where it stands.
struct Network {
  std::string wan;  // device; empty: there is none now
  std::vector<std::string> lan_devices;
  Lan lan;
};

Result<std::vector<Interface>> read_interfaces();
Result<DefaultRoutes> read_default_routes(const std::vector<Interface>& interfaces);

// Reads the kernel and chooses by monitor.lan and qos.wan. Cheap (a few dumps of short lists): call it again to follow changes.
Result<Network> read_network(const Settings& settings);

// qos.wan: the device of that name; else ("auto", or a name that is no device) where the default route goes, IPv4 before IPv6.
std::string choose_wan(std::string_view wan_setting, const std::vector<Interface>& interfaces, const DefaultRoutes& routes);

// monitor.lan, or where that is empty ("auto") the private networks of every interface that is up and neither the WAN, nor the
// way of a default route, nor loopback; with them the global IPv6 networks of those interfaces.
Lan choose_lan(const std::vector<IpPrefix>& lan_setting, std::string_view wan, const std::vector<Interface>& interfaces,
               const DefaultRoutes& routes);

// Devices other than the WAN that hold an address of the LAN.
std::vector<std::string> choose_lan_devices(const Lan& lan, std::string_view wan, const std::vector<Interface>& interfaces);

}  // namespace voip
