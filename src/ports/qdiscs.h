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
  std::vector<std::string> links;  // names of the devices that exist
};

// Two dumps of rtnetlink: the links for their names, then the qdiscs. Never waits: the kernel answers at once.
Result<Shaping> read_shaping();

// What one datagram of an rtnetlink dump says. Survives any bytes.
struct DumpPart {
  bool is_last = false;
  bool is_interrupted = false;  // something changed meanwhile: ask again
  int error = 0;                // errno
};
DumpPart take_links(std::span<const std::uint8_t> datagram, std::map<int, std::string>& names_by_index);
// Qdiscs of devices that are not among the names are left out.
DumpPart take_qdiscs(std::span<const std::uint8_t> datagram, const std::map<int, std::string>& names_by_index,
                     std::vector<Qdisc>& qdiscs);
}  // namespace voip
