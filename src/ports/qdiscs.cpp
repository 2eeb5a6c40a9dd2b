#include "ports/qdiscs.h"

#include <linux/rtnetlink.h>

namespace voip {

Result<Shaping> read_shaping() {
  return read_route_dumps([](RouteDump& dump) -> Result<Shaping> {
    LinksByIndex links;
    Shaping shaping;
    auto listed = dump.list("the network devices", RTM_GETLINK, sizeof(ifinfomsg),
                            [&](Bytes datagram) { return take_links(datagram, links); });
    if (!listed) {
      return Error{listed.error()};
    }
    listed = dump.list("the queueing disciplines", RTM_GETQDISC, sizeof(tcmsg),
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
