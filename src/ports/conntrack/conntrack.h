// The kernel's connection table as the daemon's only sensor. Births come as events, counters by batched lookups of just the flows
// that the engine asks for, so the cost grows with calls and not with connections; the table is listed only when asked.
// Needs CAP_NET_ADMIN. Never zeroes counters, never removes entries; writes only the call mark, and the accounting switch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "core/detector.h"
#include "core/lan.h"
#include "core/settings.h"
#include "ports/conntrack/messages.h"
#include "system/command_loop.h"
#include "system/port.h"

namespace voip {

struct ConntrackLimits {
  int event_buffer_bytes = 4 << 20;           // room for some 13 000 births that nobody has read yet
  int largest_event_buffer_bytes = 16 << 20;  // grown into when that was too little
  std::size_t most_listed_flows = 65'536;     // flows of the LAN told by one listing
  bool may_write = true;                      // else no switch, table or mark of the kernel is touched: for commands that look
};

// `ports`: of the detector, see DetectorKind. `find_lan` is asked at open and before each listing, so that changed networks are
// followed; while it fails the last answer stays.
std::unique_ptr<Port> make_conntrack(const Settings& settings, std::vector<PortRule> ports, std::function<Result<Lan>()> find_lan,
                                     const ConntrackLimits& limits = {});
std::unique_ptr<Port> make_conntrack(const Settings& settings, const std::vector<IpPrefix>& lan);

// ---- For commands that only look ----

// Of net.netfilter; nothing where the kernel has no such switch.
struct ConntrackSwitches {
  std::optional<bool> accounting;
  std::optional<bool> events;
  bool may_set_accounting = false;  // by whoever runs this
};
ConntrackSwitches read_conntrack_switches();

// The errno of a lookup of a flow that cannot exist: ENOENT where all is well.
int try_lookup();
// What a lookup of a flow that cannot exist says about the kernel: its errno. ENOENT is the healthy answer.
SightChanged judge_lookup(int error);

// Whether the kernel tracks connections of the LAN's families at all; ok where that cannot be told. Sends a packet over the
// loopback.
SightChanged try_tracking(const Lan& lan);

// Why the kernel cannot be told which events to make (monitor.kernel_events = "candidates"), if it is so; to be asked before any
// port listens.
std::optional<std::string> why_not_limit_events();

// Gives every entry of the connection table to `take`, which says whether to go on. False: it was not over within the limit.
bool list_connections(CommandLoop& commands, std::uint8_t protocol, Duration limit,
                      const std::function<bool(const ConntrackEntry&)>& take);

}  // namespace voip
