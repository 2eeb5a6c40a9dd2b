// Looks at the queueing disciplines of all devices in one dump.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/actuator.h"
#include "system/route_dump.h"

namespace voip {

struct Shaping {
  std::vector<Qdisc> qdiscs;
  std::vector<Link> links;  // the devices that exist
};

// Two dumps of rtnetlink: the links, then the qdiscs. Never waits: the kernel answers at once.
Result<Shaping> read_shaping();

// A link, and the indexes of its bridge and of the device under it (0: none), which may come later in the dump.
struct ListedLink {
  Link link;
  int bridge_index = 0;
  int lower_index = 0;
  friend bool operator==(const ListedLink&, const ListedLink&) = default;
};
using LinksByIndex = std::map<int, ListedLink>;
// What one datagram of those dumps says. Survives any bytes.
DumpPart take_links(Bytes datagram, LinksByIndex& links);
// Qdiscs of devices that are not among the links are left out.
DumpPart take_qdiscs(Bytes datagram, const LinksByIndex& links, std::vector<Qdisc>& qdiscs);

}  // namespace voip
