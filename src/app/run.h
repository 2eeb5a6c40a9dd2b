// The daemon: settings, ports, the engine, and the one loop that joins them.
#pragma once

#include <optional>
#include <string>

namespace voip {

// Runs in the foreground until SIGTERM, SIGINT or SIGQUIT; SIGHUP reads the file again, and one that is wrong or cannot be
// carried out is refused while the old settings go on. Whenever it ends after a reload, the line is left as policy.on_exit says.
// Returns the exit status: 0 ended as asked, 1 it failed while running, 2 the configuration is wrong.
int run_daemon(const std::optional<std::string>& config_path);

// The command of the service manager that runs before the daemon (ports/line/line.h). Returns the exit status.
int lend_socket();

}  // namespace voip
