// The parser of rtnetlink's messages about links and qdiscs.
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "ports/qdiscs.h"

namespace voip {
namespace {

constexpr std::size_t most_entries = 4096;

// Reads a T at the start of the bytes, which need not be aligned.
template <typename T>
std::optional<T> read_as(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < sizeof(T)) {
    return std::nullopt;
  }
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Walks the messages of a datagram; `each` gets the header and what follows it.
template <typename Each>
void walk_messages(std::span<const std::uint8_t> rest, const Each& each) {
  while (const auto header = read_as<nlmsghdr>(rest)) {
    if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > rest.size()) {
      return;
    }
    each(*header, rest.subspan(NLMSG_HDRLEN, header->nlmsg_len - NLMSG_HDRLEN));
    rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(header->nlmsg_len), rest.size()));
  }
}

// What the first attribute of that type holds; empty when it is not there.
std::span<const std::uint8_t> attribute(std::span<const std::uint8_t> rest, unsigned type) {
  while (const auto header = read_as<rtattr>(rest)) {
    if (header->rta_len < sizeof(rtattr) || header->rta_len > rest.size()) {
      break;
    }
    if ((header->rta_type & static_cast<unsigned>(NLA_TYPE_MASK)) == type) {
      return rest.subspan(sizeof(rtattr), header->rta_len - sizeof(rtattr));
    }
    rest = rest.subspan(std::min<std::size_t>(RTA_ALIGN(header->rta_len), rest.size()));
  }
  return {};
}

std::string text_attribute(std::span<const std::uint8_t> rest, unsigned type) {
  const auto payload = attribute(rest, type);
  return {payload.begin(), std::find(payload.begin(), payload.end(), 0)};
}

ListedLink read_link(const ifinfomsg& link, std::span<const std::uint8_t> attributes) {
  ListedLink listed;
  listed.link.name = text_attribute(attributes, IFLA_IFNAME);
  listed.link.mtu = read_as<std::uint32_t>(attribute(attributes, IFLA_MTU)).value_or(listed.link.mtu);
  listed.link.header = link.ifi_type == ARPHRD_ETHER || link.ifi_type == ARPHRD_LOOPBACK ? ETH_HLEN : 0;
  const auto info = attribute(attributes, IFLA_LINKINFO);
  // Bonds and VRFs have masters too.
  if (text_attribute(info, IFLA_INFO_SLAVE_KIND) == "bridge") {
    listed.bridge_index = read_as<int>(attribute(attributes, IFLA_MASTER)).value_or(0);
  }
  // Of others the link is something else: of a veth its peer. And it may be in another namespace.
  constexpr std::array<std::string_view, 5> stacked{"vlan", "macvlan", "macvtap", "ipvlan", "dsa"};
  if (std::find(stacked.begin(), stacked.end(), text_attribute(info, IFLA_INFO_KIND)) != stacked.end() &&
      attribute(attributes, IFLA_LINK_NETNSID).empty()) {
    listed.lower_index = read_as<int>(attribute(attributes, IFLA_LINK)).value_or(0);
  }
  return listed;
}

template <typename Each>
DumpPart walk_dump(std::span<const std::uint8_t> datagram, const Each& each) {
  DumpPart part;
  walk_messages(datagram, [&](const nlmsghdr& header, std::span<const std::uint8_t> payload) {
    part.is_interrupted |= (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (header.nlmsg_type == NLMSG_DONE) {
      part.is_last = true;
    } else if (header.nlmsg_type == NLMSG_ERROR) {
      part.is_last = true;
      const auto code = read_as<int>(payload);
      part.error = code && *code < 0 ? -*code : EBADMSG;
    } else {
      each(header.nlmsg_type, payload);
    }
  });
  return part;
}

}  // namespace

DumpPart take_links(std::span<const std::uint8_t> datagram, LinksByIndex& links) {
  return walk_dump(datagram, [&](std::uint16_t type, std::span<const std::uint8_t> payload) {
    const auto link = read_as<ifinfomsg>(payload);
    if (type != RTM_NEWLINK || !link || links.size() >= most_entries) {
      return;
    }
    if (auto listed = read_link(*link, payload.subspan(NLMSG_ALIGN(sizeof(ifinfomsg)))); !listed.link.name.empty()) {
      links[link->ifi_index] = std::move(listed);
    }
  });
}

DumpPart take_qdiscs(std::span<const std::uint8_t> datagram, const LinksByIndex& links, std::vector<Qdisc>& qdiscs) {
  return walk_dump(datagram, [&](std::uint16_t type, std::span<const std::uint8_t> payload) {
    const auto qdisc = read_as<tcmsg>(payload);
    if (type != RTM_NEWQDISC || !qdisc || qdiscs.size() >= most_entries) {
      return;
    }
    const auto device = links.find(qdisc->tcm_ifindex);
    auto kind = text_attribute(payload.subspan(NLMSG_ALIGN(sizeof(tcmsg))), TCA_KIND);
    if (device != links.end() && !kind.empty()) {
      qdiscs.push_back({device->second.link.name, std::move(kind), qdisc->tcm_handle, qdisc->tcm_parent});
    }
  });
}

bool touches_shaping(std::span<const std::uint8_t> datagram) {
  bool touches = false;
  walk_messages(datagram, [&](const nlmsghdr& header, std::span<const std::uint8_t> payload) {
    switch (header.nlmsg_type) {
      case RTM_NEWLINK: {
        // Wireless events, statistics and bridge ports come as changes of nothing, by the dozen a minute.
        const auto link = read_as<ifinfomsg>(payload);
        touches |= link && link->ifi_family == AF_UNSPEC && link->ifi_change != 0;
        break;
      }
      case RTM_DELLINK: {
        // A port that leaves its bridge is told as AF_BRIDGE.
        const auto link = read_as<ifinfomsg>(payload);
        touches |= link && link->ifi_family == AF_UNSPEC;
        break;
      }
      case RTM_NEWQDISC:
      case RTM_DELQDISC:
      case RTM_NEWTCLASS:
      case RTM_DELTCLASS:
      case RTM_NEWTFILTER:
      case RTM_DELTFILTER:
        touches = true;
        break;
      default:
        break;
    }
  });
  return touches;
}

}  // namespace voip
