// What the kernel's switches (sysctl net.netfilter.*, of our network namespace) let us see of the connection table.
#pragma once

#include "core/events.h"
#include "core/lan.h"
#include "ports/conntrack/queries.h"

namespace voip {

// Looks at the accounting and event switches; with `enable_accounting` turns the first one on, and says so in the log.
SightChanged look_at_switches(bool enable_accounting);

// Whether there is somebody to be seen in the networks that are watched.
SightChanged look_at_lan(const Lan& lan);

// Whether the kernel tracks connections at all: it does so only where some rule looks at their state, or NAT needs it, for each
// family by itself. Asks for those that the LAN has: sends itself a packet over the loopback and looks it up. Ok where that
// cannot be told.
SightChanged look_at_tracking(ConntrackQueries& queries, const Lan& lan);

}  // namespace voip
