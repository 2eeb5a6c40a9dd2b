// The kernel's connection table as the daemon's only sensor. Births come as events, counters by batched lookups of just the flows
// that the engine asks for, so the cost grows with calls and not with connections; the table is listed only when asked.
// Needs CAP_NET_ADMIN. Never zeroes counters, never removes entries; writes only the call mark, and the accounting switch.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "core/detector.h"
#include "core/lan.h"
#include "core/settings.h"
#include "ports/port.h"

namespace voip {

struct ConntrackLimits {
  int event_buffer_bytes = 4 << 20;           // room for some 13 000 births that nobody has read yet
  int largest_event_buffer_bytes = 16 << 20;  // grown into when that was too little
  std::size_t most_listed_flows = 65'536;     // flows of the LAN told by one listing
};

// `ports`: of the detector, see DetectorKind. `find_lan` is asked at open and before each listing, so that changed networks are
// followed; while it fails the last answer stays.
std::unique_ptr<Port> make_conntrack(const Settings& settings, std::vector<PortRule> ports, std::function<Result<Lan>()> find_lan,
                                     const ConntrackLimits& limits = {});
std::unique_ptr<Port> make_conntrack(const Settings& settings, const std::vector<IpPrefix>& lan);

}  // namespace voip
