// The commands status, watch and qos: ask the running daemon, show the answer. Each returns its exit status.
#pragma once

#include <optional>

#include "commands/common/daemon_client.h"
#include "core/model.h"
#include "core/time.h"

namespace voip {

struct StatusOptions {
  DaemonAddress daemon;
  bool as_json = false;
};
int status_command(const StatusOptions& options);

struct WatchOptions {
  DaemonAddress daemon;
  Duration interval = 1s;
};
// Live on a terminal, until the user ends it; anywhere else a line for each change, until nobody reads them.
int watch_command(const WatchOptions& options);

struct QosOptions {
  DaemonAddress daemon;
  Mode mode = Mode::automatic;
  std::optional<Duration> time_limit;  // absent: policy.override_for
};
int qos_command(const QosOptions& options);

}  // namespace voip
