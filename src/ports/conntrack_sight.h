// What the kernel's switches (sysctl net.netfilter.*, of our network namespace) let us see of the connection table.
#pragma once

#include "core/events.h"

namespace voip {

// Looks at the accounting and event switches; with `enable_accounting` turns the first one on, and says so in the log.
SightChanged look_at_switches(bool enable_accounting);

// What a lookup of a flow that cannot exist says about the kernel: its errno. ENOENT is the healthy answer.
SightChanged judge_lookup(int error);

}  // namespace voip
