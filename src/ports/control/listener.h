// The control socket in the file system: its directory, whatever is in its way, who may use it.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "core/settings.h"

namespace voip {

// Which file it is, whatever its name leads to by now.
struct SocketFile {
  dev_t device = 0;
  ino_t number = 0;
  bool operator==(const SocketFile&) const = default;
};

struct Listener {
  UniqueFd fd;
  SocketFile file;
};

// What is at the path; nothing: the default.
SocketFile file_of(const std::string& path);

// Listens on control.socket, for its owner alone or for control.group too. Makes the directory if need be and takes over a socket
// that nobody answers on; an error if a daemon does, or if there is a stranger's file.
Result<Listener> open_listener(const ControlSettings& settings);

}  // namespace voip
