// What the kernel says of the interfaces: links and addresses.
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "ports/network/parse.h"
#include "ports/network/proc.h"
#include "system/netlink_reader.h"
#include "system/route_dump.h"

namespace voip {
namespace {

constexpr std::size_t most_interfaces = 4096;

std::optional<IpAddress> read_address(std::uint8_t family, Bytes payload) {
  const std::size_t width = family == AF_INET ? 4 : 16;
  if ((family != AF_INET && family != AF_INET6) || payload.size() < width) {
    return std::nullopt;
  }
  return IpAddress::from_bytes(payload.first(width));
}

std::string read_name(Bytes payload) {
  return {payload.begin(), std::find(payload.begin(), payload.end(), std::uint8_t{0})};
}

}  // namespace

std::optional<Interface> parse_link(Bytes payload) {
  const auto info = read_native<ifinfomsg>(payload);
  if (!info) {
    return std::nullopt;
  }
  Interface link;
  link.index = static_cast<std::uint32_t>(info->ifi_index);
  link.is_up = (info->ifi_flags & IFF_UP) != 0;
  link.is_loopback = (info->ifi_flags & IFF_LOOPBACK) != 0;
  link.is_ethernet = info->ifi_type == ARPHRD_ETHER && (info->ifi_flags & (IFF_POINTOPOINT | IFF_NOARP)) == 0;
  link.has_carrier = (info->ifi_flags & IFF_RUNNING) != 0;
  NetlinkAttributes attributes(payload.subspan(sizeof *info));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == IFLA_IFNAME) {
      link.name = read_name(attribute->payload);
    } else if (attribute->type == IFLA_LINKINFO) {
      NetlinkAttributes nest(attribute->payload);
      while (const auto part = nest.next()) {
        if (part->type == IFLA_INFO_KIND) {
          link.kind = read_name(part->payload);
        }
      }
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

Result<std::vector<Interface>> read_interfaces() {
  return read_route_dumps([](RouteDump& dump) -> Result<std::vector<Interface>> {
    std::vector<Interface> interfaces;
    const Status links = dump.list("the network interfaces", RTM_GETLINK, ifinfomsg{}, [&](Bytes datagram) {
      return walk_dump(datagram, RTM_NEWLINK, [&](Bytes payload) {
        if (auto link = parse_link(payload); link && interfaces.size() < most_interfaces) {
          interfaces.push_back(std::move(*link));
        }
      });
    });
    if (!links) {
      return Error{links.error()};
    }
    const Status addresses = dump.list("the addresses of the interfaces", RTM_GETADDR, ifaddrmsg{}, [&](Bytes datagram) {
      return walk_dump(datagram, RTM_NEWADDR, [&](Bytes payload) { take_address(payload, interfaces); });
    });
    if (!addresses) {
      return Error{addresses.error()};
    }
    // Links do not tell it.
    for (const std::string& name : read_pppoe_carriers()) {
      for (Interface& interface : interfaces) {
        interface.carries_pppoe |= interface.name == name;
      }
    }
    return interfaces;
  });
}

}  // namespace voip
