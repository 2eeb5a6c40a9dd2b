// Judges what the router's owner has set up: the configuration, the daemon that runs or does not, the places it writes to, its
// secrets, the clock. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "commands/common/status_reading.h"
#include "commands/doctor/check.h"
#include "config/config.h"
#include "core/settings.h"

namespace voip {

struct ConfigFacts {
  std::string file;
  bool exists = true;
  std::vector<Problem> problems{};
};
Checks judge_configuration(const ConfigFacts& facts);

struct RunningDaemon {
  std::string own_version;
  std::string not_running{};  // why we think so; empty: somebody listens
  std::string no_answer{};    // why a running one did not answer
  std::optional<SeenStatus> status{};
  std::optional<int> number{};  // of its process
};
Checks judge_daemon(const RunningDaemon& facts, const Settings& settings, const Platform& platform);

struct Folder {
  bool exists = false;
  bool is_writable = false;  // if it does not exist: whether it can be made
  bool is_full = false;      // it could be written to if there was room
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
