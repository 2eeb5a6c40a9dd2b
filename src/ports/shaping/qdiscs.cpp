#include "ports/shaping/qdiscs.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "system/netlink_reader.h"

namespace voip {
namespace {

constexpr std::size_t most_entries = 4096;

// What the first attribute of that type holds; empty when it is not there.
Bytes find_attribute(Bytes attributes, std::uint16_t type) {
  NetlinkAttributes all(attributes);
  while (const auto one = all.next()) {
    if (one->type == type) {
      return one->payload;
    }
  }
  return {};
}

std::string text_attribute(Bytes attributes, std::uint16_t type) {
  const Bytes payload = find_attribute(attributes, type);
  return {payload.begin(), std::find(payload.begin(), payload.end(), 0)};
}

// What follows a header of that size.
Bytes attributes_after(Bytes payload, std::size_t header) {
  return payload.subspan(std::min<std::size_t>(NLMSG_ALIGN(header), payload.size()));
}

ListedLink read_link(const ifinfomsg& link, Bytes attributes) {
  ListedLink listed;
  listed.link.name = text_attribute(attributes, IFLA_IFNAME);
  listed.link.mtu = read_native<std::uint32_t>(find_attribute(attributes, IFLA_MTU)).value_or(listed.link.mtu);
  listed.link.is_up = (link.ifi_flags & IFF_UP) != 0;
  listed.link.header = link.ifi_type == ARPHRD_ETHER || link.ifi_type == ARPHRD_LOOPBACK ? ETH_HLEN : 0;
  const Bytes info = find_attribute(attributes, IFLA_LINKINFO);
  // Bonds and VRFs have masters too.
  if (text_attribute(info, IFLA_INFO_SLAVE_KIND) == "bridge") {
    listed.bridge_index = static_cast<int>(read_native<std::uint32_t>(find_attribute(attributes, IFLA_MASTER)).value_or(0));
  }
  // Of others the link is something else: of a veth its peer. And it may be in another namespace.
  constexpr std::array<std::string_view, 5> stacked{"vlan", "macvlan", "macvtap", "ipvlan", "dsa"};
  if (std::find(stacked.begin(), stacked.end(), text_attribute(info, IFLA_INFO_KIND)) != stacked.end() &&
      find_attribute(attributes, IFLA_LINK_NETNSID).empty()) {
    listed.lower_index = static_cast<int>(read_native<std::uint32_t>(find_attribute(attributes, IFLA_LINK)).value_or(0));
  }
  return listed;
}

}  // namespace

DumpPart take_links(Bytes datagram, LinksByIndex& links) {
  return walk_dump(datagram, RTM_NEWLINK, [&](Bytes payload) {
    const auto link = read_native<ifinfomsg>(payload);
    if (!link || links.size() >= most_entries) {
      return;
    }
    if (auto listed = read_link(*link, attributes_after(payload, sizeof(ifinfomsg))); !listed.link.name.empty()) {
      links[link->ifi_index] = std::move(listed);
    }
  });
}

DumpPart take_qdiscs(Bytes datagram, const LinksByIndex& links, std::vector<Qdisc>& qdiscs) {
  return walk_dump(datagram, RTM_NEWQDISC, [&](Bytes payload) {
    const auto qdisc = read_native<tcmsg>(payload);
    if (!qdisc || qdiscs.size() >= most_entries) {
      return;
    }
    const auto device = links.find(qdisc->tcm_ifindex);
    const Bytes attributes = attributes_after(payload, sizeof(tcmsg));
    auto kind = text_attribute(attributes, TCA_KIND);
    if (device != links.end() && !kind.empty()) {
      // A tc_fifo_qopt, which is nothing but that.
      const auto limit = kind == "pfifo" ? read_native<std::uint32_t>(find_attribute(attributes, TCA_OPTIONS)) : std::nullopt;
      qdiscs.push_back({device->second.link.name, std::move(kind), qdisc->tcm_handle, qdisc->tcm_parent, limit.value_or(0)});
    }
  });
}

Result<Shaping> read_shaping() {
  return read_route_dumps([](RouteDump& dump) -> Result<Shaping> {
    LinksByIndex links;
    Shaping shaping;
    auto listed =
        dump.list("the network devices", RTM_GETLINK, ifinfomsg{}, [&](Bytes datagram) { return take_links(datagram, links); });
    if (!listed) {
      return Error{listed.error()};
    }
    listed = dump.list("the queueing disciplines", RTM_GETQDISC, tcmsg{},
                       [&](Bytes datagram) { return take_qdiscs(datagram, links, shaping.qdiscs); });
    if (!listed) {
      return Error{listed.error()};
    }
    for (auto& [index, link] : links) {
      if (const auto bridge = links.find(link.bridge_index); bridge != links.end()) {
        link.link.bridge = bridge->second.link.name;
      }
      if (const auto lower = links.find(link.lower_index); lower != links.end()) {
        link.link.lower = lower->second.link.name;
      }
      shaping.links.push_back(link.link);
    }
    return shaping;
  });
}

}  // namespace voip
