// Reads what tells hardware addresses and host names from IP addresses: the lease files of dnsmasq and odhcpd, hosts(5), and the
// kernel's neighbour messages. Pure; what is malformed is nothing, and never more is read than is given.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "system/netlink_reader.h"

namespace voip {

using HardwareAddress = std::array<std::uint8_t, 6>;

// "00:11:22:aa:bb:cc" in either case, or the same without colons as odhcpd writes it.
std::optional<HardwareAddress> parse_hardware_address(std::string_view text);

// Whether an address can be that of a LAN device in a connection: no multicast, loopback, link-local, 0.0.0.0.
bool is_host_address(const IpAddress& address);

// Names are equal in either case; a domain counts only where both have one ("phone" is "Phone.lan").
bool is_same_host(std::string_view one, std::string_view other);

// One line of a lease file or of hosts(5).
struct HostEntry {
  IpAddress address;
  std::optional<HardwareAddress> hardware;
  std::vector<std::string> names;
  bool is_lease = false;
  friend bool operator==(const HostEntry&, const HostEntry&) = default;
};

// Tells the formats apart by their lines:
// - dnsmasq:  "1732300000 00:11:22:aa:bb:cc 192.168.1.30 phone 01:00:11:22:aa:bb:cc" (expiry, hardware address or IAID, address,
// name
//   or "*", client id);
// - odhcpd:   "# br-lan 001122aabbcc ipv4 phone 1732300000 c0a8011e 32 192.168.1.30/32", and lines of hosts(5);
// - hosts(5): "192.168.1.30 phone.lan phone # comment".
std::optional<HostEntry> parse_host_line(std::string_view line);

constexpr std::size_t most_host_entries = 4096;   // in one file; further ones are left out
constexpr std::size_t longest_host_line = 1024;   // longer ones are left out
constexpr std::size_t most_names_of_a_host = 32;  // further ones are left out

// The entries of a file that `is_wanted` wants. A lease that is not ended by a newline is left out: it is still being written.
std::vector<HostEntry> parse_hosts(std::string_view text, const std::function<bool(const HostEntry&)>& is_wanted);

struct Neighbour {
  IpAddress address;
  HardwareAddress hardware{};
  friend bool operator==(const Neighbour&, const Neighbour&) = default;
};

// From the payload of an RTM_NEWNEIGH; nothing for an entry that has no Ethernet address (yet), or is of a bridge.
std::optional<Neighbour> parse_neighbour(Bytes payload);

}  // namespace voip
