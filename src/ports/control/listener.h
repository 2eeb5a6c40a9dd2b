// The control socket in the file system: its directory, whatever is in its way, who may use it.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "core/settings.h"

namespace voip {

// Listens on control.socket, for its owner alone or for control.group too. Makes the directory if need be and takes over a socket
// that nobody answers on; an error if a daemon does, or if there is a stranger's file.
Result<UniqueFd> open_listener(const ControlSettings& settings);

}  // namespace voip
