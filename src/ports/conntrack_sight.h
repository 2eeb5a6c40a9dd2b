// What the kernel's switches (sysctl net.netfilter.*, of our network namespace) let us see of the connection table.
#pragma once

#include <optional>

#include "core/events.h"

namespace voip {

// Of net.netfilter; nothing where the kernel has no such switch.
struct ConntrackSwitches {
  std::optional<bool> accounting;
  std::optional<bool> events;
  bool may_set_accounting = false;  // by whoever runs this
};
ConntrackSwitches read_conntrack_switches();

// Looks at the accounting and event switches; with `enable_accounting` turns the first one on, and says so in the log.
SightChanged look_at_switches(bool enable_accounting);

// What a lookup of a flow that cannot exist says about the kernel: its errno. ENOENT is the healthy answer.
SightChanged judge_lookup(int error);

}  // namespace voip
