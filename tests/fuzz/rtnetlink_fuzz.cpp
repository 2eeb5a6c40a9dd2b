// What a route netlink socket brings: links, addresses, routes, rules, qdiscs and neighbours.
#include <linux/rtnetlink.h>

#include "fuzz/fuzz.h"
#include "ports/devices/parse.h"
#include "ports/network/parse.h"
#include "ports/shaping/qdiscs.h"
#include "system/route_dump.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes datagram(data, size);
  LinksByIndex links;
  take_links(datagram, links);
  std::vector<Qdisc> qdiscs;
  take_qdiscs(datagram, links, qdiscs);
  for (const Qdisc& qdisc : qdiscs) {
    fuzz::hold(!qdisc.device.empty(), "a qdisc is on a device that is known");
  }
  walk_dump(datagram, RTM_NEWNEIGH, [](Bytes payload) {
    if (const auto neighbour = parse_neighbour(payload)) {
      fuzz::hold(is_host_address(neighbour->address), "a neighbour has the address of a host");
    }
  });
  std::vector<Interface> interfaces;
  walk_dump(datagram, RTM_NEWLINK, [&](Bytes payload) {
    if (auto link = parse_link(payload)) {
      interfaces.push_back(std::move(*link));
    }
  });
  walk_dump(datagram, RTM_NEWADDR, [&](Bytes payload) { take_address(payload, interfaces); });
  walk_dump(datagram, RTM_NEWRULE, [](Bytes payload) { parse_rule_table(payload); });
  walk_dump(datagram, RTM_NEWROUTE, [&](Bytes payload) {
    if (const auto route = parse_route(payload)) {
      fuzz::hold(route->devices.size() <= payload.size(), "the hops of a route are in the message");
    }
  });
  for (const Interface& interface : interfaces) {
    why_outside(interface, "wan", {});
    for (const IpPrefix& network : lan_networks(interface)) {
      fuzz::hold(network.length() <= 128, "a network is a prefix");
    }
  }
  return 0;
}
