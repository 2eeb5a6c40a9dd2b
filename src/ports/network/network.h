// The router's network interfaces as the kernel lists them now, and which of them are the WAN and the LAN.
//
// A LAN is where clients are, and the router is at home: an interface like Ethernet (a port, a bridge, a VLAN, Wi-Fi) on which it
// has a private address in a network of more than two. Not one by which the router itself goes elsewhere: the WAN, whatever any
// default route leads through (of every routing table, each hop of a multipath route), tunnels and point-to-point links, a port
// that carries PPPoE to a modem.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "core/actuator.h"
#include "core/json_value.h"
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
  std::string kind{};  // of a virtual one, as `ip -d link` shows it: "bridge", "vlan", "wireguard", "tun" ...
  bool is_up = false;
  bool is_loopback = false;
  bool is_ethernet = true;  // else point-to-point, or without neighbours
  bool carries_pppoe = false;
  bool has_carrier = true;
  std::vector<InterfaceAddress> addresses;
};

// Devices of the default routes: in the main table those of the lowest metric; empty where there is none.
struct DefaultRoutes {
  std::string ipv4;
  std::string ipv6;
  std::vector<std::string> all{};     // of the main table, of every metric and hop, each once; bounded
  std::vector<std::string> others{};  // of the tables that rules lead to (ip rule), likewise
};

// What the daemon needs to know of where it stands.
struct Network {
  std::string wan;  // device; empty: there is none now. The one that is configured may not exist
  std::vector<std::string> lan_devices;
  Lan lan;
};

Result<std::vector<Interface>> read_interfaces();
Result<DefaultRoutes> read_default_routes(const std::vector<Interface>& interfaces);

// Reads the kernel and chooses by monitor.lan and qos.wan. Cheap (a few dumps of short lists): call it again to follow changes.
Result<Network> read_network(const Settings& settings);

// The LAN of the same.
Result<Lan> read_lan(const Settings& settings);

// Where the router's traffic passes. Without the phones and the calls: ports/shaping fills them in.
Site site_of(const Settings& settings, const Network& network);

// What OpenWrt says of an interface.
struct OpenWrt {
  std::string configuration;          // /etc/config/network, as far as 64 KiB; empty where there is none
  std::optional<JsonValue> status{};  // what netifd answered of it; nothing where it did not
};

// The device of qos.wan: "auto" is where the default route goes, IPv4 before IPv6. The name of an interface of OpenWrt stands for
// the device that carries its IP, also where there is a device of that name: with DSA that is the port under PPPoE. Netifd knows
// it, else it follows from the configuration. Any other name stays what it is, whether there is such a device now or not, so that
// no other line is taken for it.
std::string choose_wan(std::string_view wan_setting, const std::vector<Interface>& interfaces, const DefaultRoutes& routes,
                       const OpenWrt& openwrt = {});

// Why what leaves by the interface does not go to clients, in words for people; empty: it may.
std::string why_outside(const Interface& interface, std::string_view wan, const DefaultRoutes& routes);

// The networks of a LAN that the interface is by itself: the private ones, with them the global IPv6 ones. Empty: it is none.
std::vector<IpPrefix> lan_networks(const Interface& interface);

// Whether the router's private IPv4 addresses there are neither the first nor the last of their networks, as a guest's are.
bool looks_like_guest(const Interface& interface);

// monitor.lan, or where that is empty ("auto") the networks of every interface that is not outside. `has_own_calls`: see Lan.
Lan choose_lan(const std::vector<IpPrefix>& lan_setting, std::string_view wan, const std::vector<Interface>& interfaces,
               const DefaultRoutes& routes, bool has_own_calls = false);

// Devices that hold an address of the LAN and are not outside: what leaves by them is the download.
std::vector<std::string> choose_lan_devices(const Lan& lan, std::string_view wan, const std::vector<Interface>& interfaces,
                                            const DefaultRoutes& routes);

// Whether one of the sockets in /proc/net/udp (or udp6) has a port of SIP, 5060 or 5061: a PBX or a proxy on the router itself.
bool names_sip_socket(std::string_view proc_net_udp);

// The devices that /proc/net/pppoe names.
std::vector<std::string> pppoe_carriers(std::string_view proc_net_pppoe);

}  // namespace voip
