// Whether another daemon runs in the same network namespace, whose shaping and marks are not to be taken for remains of an
// earlier run.
#pragma once

#include "base/unique_fd.h"

namespace voip {

// A name in the namespace that is ours as long as the descriptor is open, and is gone with the process, however it ends. Empty:
// another process has it.
UniqueFd claim_network();

}  // namespace voip
