// The command line as a value. Only app/options.cpp knows the library that takes it apart.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "commands/common/exit_status.h"
#include "commands/doctor/doctor.h"
#include "commands/recording/recording.h"
#include "commands/report/report.h"
#include "commands/setup/setup.h"
#include "commands/status/status.h"

namespace voip {

struct LendSocketOptions {};

struct RunOptions {
  std::optional<std::string> config;  // absent: the default file, or the defaults if there is none
};

// Nothing to do but to print: help and version with exit_done on standard output, wrong usage with exit_usage on standard error.
struct TextOptions {
  std::string text;
  int exit_status = exit_done;
};

using Options =
    std::variant<RunOptions, CheckConfigOptions, StatusOptions, WatchOptions, QosOptions, DoctorOptions, RecordOptions,
                 ReplayOptions, TuneOptions, ReportOptions, SetupOptions, MqttPurgeOptions, LendSocketOptions, TextOptions>;

// `arguments` are those after the program's name.
Options parse_options(std::span<const char* const> arguments);

}  // namespace voip
