// The daemon: settings, ports, the engine, and the one loop that joins them.
#pragma once

#include <optional>
#include <string>

namespace voip {

// Runs in the foreground until SIGTERM or SIGINT; SIGHUP reads the file again, and a wrong one is refused while the old settings
// go on. Returns the exit status: 0 ended as asked, 1 it failed while running, 2 the configuration is wrong.
int run_daemon(const std::optional<std::string>& config_path);

}  // namespace voip
