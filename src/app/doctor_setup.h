// Judges what the router's owner has set up: the configuration, the daemon that runs or does not, the places it writes to, its
// secrets, the clock. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/doctor_check.h"
#include "base/result.h"
#include "core/settings.h"

namespace voip {

struct ConfigFacts {
  std::string file;
  bool exists = true;
  std::vector<Problem> problems{};
};
Checks judge_configuration(const ConfigFacts& facts);

// What the running daemon says of itself.
struct DaemonStatus {
  std::string version;
  std::optional<bool> is_on;  // QoS; empty: unknown
  std::string mode;
  bool mode_is_limited = false;  // an override that ends by itself
  std::string sight;             // "ok", "limited", "blind"
  std::string sight_reason;
  std::string error;
  std::int64_t calls = 0;
  std::int64_t flows_seen = 0;
  std::int64_t calls_seen = 0;
  std::int64_t events_lost = 0;
};
Result<DaemonStatus> read_daemon_status(std::string_view json);

struct DaemonFacts {
  std::string own_version;
  std::string not_running{};  // why we think so; empty: somebody listens
  std::string no_answer{};    // why a running one did not answer
  std::optional<DaemonStatus> status{};
  std::optional<int> number{};  // of its process
};
Checks judge_daemon(const DaemonFacts& facts, const Settings& settings, const Platform& platform);

struct Folder {
  bool exists = false;
  bool is_writable = false;  // if it does not exist: whether it can be made
  std::string reason{};      // of the system, where it is neither
};
struct OwnFilesFacts {
  bool daemon_runs = false;
  Folder state_dir{};
  Folder socket_dir{};
  std::vector<std::string> open_secrets{};  // files that others may read and should not
  std::size_t secrets = 0;                  // that were looked at
  std::int64_t year = 0;                    // by the clock
};
Checks judge_own_files(const OwnFilesFacts& facts, const Settings& settings);

}  // namespace voip
