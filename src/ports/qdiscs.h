// Looks at the queueing disciplines of all devices in one dump. Needs no privilege.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/actuator.h"

namespace voip {

struct Shaping {
  std::vector<Qdisc> qdiscs;
  std::vector<Link> links;  // the devices that exist
};

// Two dumps of rtnetlink: the links, then the qdiscs. Never waits: the kernel answers at once.
Result<Shaping> read_shaping();

// What one datagram of an rtnetlink dump says. Survives any bytes.
struct DumpPart {
  bool is_last = false;
  bool is_interrupted = false;  // something changed meanwhile: ask again
  int error = 0;                // errno
};
// A link, and the indexes of its bridge and of the device under it (0: none), which may come later in the dump.
struct ListedLink {
  Link link;
  int bridge_index = 0;
  int lower_index = 0;
  friend bool operator==(const ListedLink&, const ListedLink&) = default;
};
using LinksByIndex = std::map<int, ListedLink>;
DumpPart take_links(std::span<const std::uint8_t> datagram, LinksByIndex& links);
// Qdiscs of devices that are not among the links are left out.
DumpPart take_qdiscs(std::span<const std::uint8_t> datagram, const LinksByIndex& links, std::vector<Qdisc>& qdiscs);

}  // namespace voip
