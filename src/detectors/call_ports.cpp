#include "detectors/call_ports.h"

#include <algorithm>
#include <array>
#include <span>

namespace voip::detectors {
namespace {

struct PortRange {
  std::uint16_t first;
  std::uint16_t last;
};

// DNS, DHCP, NTP, NetBIOS, SNMP, IKE, syslog, RIP, DHCPv6, DNS over QUIC and TLS, SSDP, WS-Discovery, SIP, NAT-PMP, mDNS, LLMNR:
// none of them carries media. IANA Service Name and Transport Protocol Port Number Registry.
constexpr std::array<PortRange, 16> infrastructure{{{53, 53},
                                                    {67, 68},
                                                    {123, 123},
                                                    {137, 138},
                                                    {161, 162},
                                                    {500, 500},
                                                    {514, 514},
                                                    {546, 547},
                                                    {784, 784},
                                                    {853, 853},
                                                    {1900, 1900},
                                                    {3702, 3702},
                                                    {5060, 5061},
                                                    {5351, 5351},
                                                    {5353, 5353},
                                                    {5355, 5355}}};

// Tunnels (tinc, OpenVPN, L2TP, WARP, IPsec NAT-T, Tailscale, WireGuard) carry anything at all, and some games and access
// protocols (CAPWAP, GTP, Teredo, Xbox, PlayStation, Quake) have the rhythm of voice.
constexpr std::array<PortRange, 16> tunnels_and_games{{{655, 655},
                                                       {1194, 1194},
                                                       {1701, 1701},
                                                       {2123, 2123},
                                                       {2152, 2152},
                                                       {2408, 2408},
                                                       {3074, 3075},
                                                       {3544, 3544},
                                                       {3659, 3659},
                                                       {4500, 4500},
                                                       {5246, 5247},
                                                       {6672, 6672},
                                                       {17500, 17500},
                                                       {27960, 27960},
                                                       {41641, 41641},
                                                       {51820, 51820}}};

// IPsec through NAT (RFC 3948): all that a mobile phone sends its provider for Wi-Fi calling (3GPP TS 24.302). Anybody else's
// tunnel carries anything.
constexpr std::array<PortRange, 1> wifi_calling{{{4500, 4500}}};

// QUIC, and Steam.
constexpr std::array<PortRange, 2> anything{{{443, 443}, {27000, 27200}}};

// STUN and TURN (RFC 8489), the relays and servers of Google, Zoom, Discord, Viber, FaceTime, TeamSpeak and Mumble, and customary
// RTP ranges.
constexpr std::array<PortRange, 15> calls{{{3478, 3497},
                                           {4244, 4244},
                                           {5004, 5004},
                                           {7078, 7078},
                                           {7080, 7080},
                                           {7985, 7985},
                                           {8801, 8810},
                                           {9078, 9078},
                                           {9080, 9080},
                                           {9987, 9987},
                                           {10000, 10000},
                                           {16384, 16482},
                                           {19302, 19309},
                                           {50000, 50059},
                                           {64738, 64738}}};

bool has_port(const FlowKey& key, std::span<const PortRange> ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [&key](const PortRange& range) {
    return (key.client.port >= range.first && key.client.port <= range.last) ||
           (key.server.port >= range.first && key.server.port <= range.last);
  });
}

bool has_port(const FlowKey& key, std::span<const std::uint16_t> ports) {
  return std::any_of(ports.begin(), ports.end(),
                     [&key](std::uint16_t port) { return port == key.client.port || port == key.server.port; });
}

}  // namespace

PortHint port_hint(const FlowKey& key, const CallsSettings& settings, Role role) {
  if (has_port(key, settings.never_ports)) {
    return PortHint::excluded;
  }
  if (has_port(key, settings.voip_ports)) {
    return PortHint::voip;
  }
  if (role == Role::phone && has_port(key, wifi_calling)) {
    return PortHint::none;
  }
  if (has_port(key, infrastructure) || has_port(key, tunnels_and_games)) {
    return PortHint::excluded;
  }
  if (has_port(key, anything)) {
    return PortHint::weak;
  }
  return has_port(key, calls) ? PortHint::voip : PortHint::none;
}

std::vector<PortRule> port_rules(const CallsSettings& settings, bool has_phones) {
  std::vector<PortRule> rules;
  for (const std::uint16_t port : settings.never_ports) {
    rules.push_back({port, port, false});
  }
  for (const std::uint16_t port : settings.voip_ports) {
    rules.push_back({port, port, true});
  }
  if (has_phones) {
    for (const PortRange& range : wifi_calling) {
      rules.push_back({range.first, range.last, true});
    }
  }
  for (const auto& ranges : {std::span<const PortRange>(infrastructure), std::span<const PortRange>(tunnels_and_games)}) {
    for (const PortRange& range : ranges) {
      rules.push_back({range.first, range.last, false});
    }
  }
  return rules;
}

}  // namespace voip::detectors
