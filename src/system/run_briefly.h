// Runs a program that answers at once, and waits for it: for a look that others wait for on the same turn. What may take its time
// belongs to Child.
#pragma once

#include "core/actuator.h"
#include "core/time.h"

namespace voip {

// Blocks for no longer than the limit, after which its whole group is killed. Without input; at most 64 KiB of its output are
// kept.
CommandResult run_briefly(const Command& command, Duration limit);

}  // namespace voip
