// The command line as a value. Only app/options.cpp knows the library that takes it apart.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "app/marked_call.h"
#include "core/model.h"
#include "core/time.h"

namespace voip {

// Exit statuses of every command.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;  // wrong usage or configuration
inline constexpr int exit_not_running = 3;

struct RunOptions {
  std::optional<std::string> config;  // absent: the default file, or the defaults if there is none
};

struct CheckConfigOptions {
  std::optional<std::string> config;
};

// Where the daemon listens: the socket itself, or the configuration that names it.
struct DaemonAddress {
  std::optional<std::string> socket;
  std::optional<std::string> config;
};

struct StatusOptions {
  DaemonAddress daemon;
  bool as_json = false;
};

struct WatchOptions {
  DaemonAddress daemon;
  Duration interval = 1s;
};

struct QosOptions {
  DaemonAddress daemon;
  Mode mode = Mode::automatic;
  std::optional<Duration> time_limit;  // absent: policy.override_for
};

struct DoctorOptions {
  std::optional<std::string> config;
  bool as_json = false;
};

struct ReplayOptions {
  std::optional<std::string> config;
  std::optional<Duration> interval;  // instead of the timeline's own
  std::vector<std::string> files;    // "-": standard input
  bool explains = false;             // tells the detector's opinions, too
};

struct RecordOptions {
  std::optional<std::string> config;
  std::optional<Duration> time_limit;  // absent: until it is asked to end
  std::string output = "-";            // standard output
  bool masks_remote = false;
  bool masks_lan = false;
};

struct TuneOptions {
  std::optional<std::string> config;
  std::vector<MarkedCall> calls;  // in every file, besides those that the files mark
  std::vector<std::string> files;
};

struct MqttPurgeOptions {
  std::optional<std::string> config;
};

// Nothing to do but to print: help and version with exit_done on standard output, wrong usage with exit_usage on standard error.
struct TextOptions {
  std::string text;
  int exit_status = exit_done;
};

using Options = std::variant<RunOptions, CheckConfigOptions, StatusOptions, WatchOptions, QosOptions, DoctorOptions,
                             RecordOptions, ReplayOptions, TuneOptions, MqttPurgeOptions, TextOptions>;

// `arguments` are those after the program's name.
Options parse_options(std::span<const char* const> arguments);

}  // namespace voip
