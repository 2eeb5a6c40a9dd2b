// One log for the whole program. Only base/log.cpp knows the library behind it.
// Log a change of state once (first failure, recovery), never each retry.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace voip {

enum class LogLevel { debug, info, warning, error };

// target is "stderr", "syslog" or "file"; `file` is the path for the last. Called once, before any other thread starts;
// until then everything from info on goes to standard error.
Status start_log(LogLevel level, std::string_view target, const std::string& file);

// Thread-safe; never throws; a line is one message without its newline.
void log(LogLevel level, std::string_view message);

inline void log_debug(std::string_view message) {
  log(LogLevel::debug, message);
}
inline void log_info(std::string_view message) {
  log(LogLevel::info, message);
}
inline void log_warning(std::string_view message) {
  log(LogLevel::warning, message);
}
inline void log_error(std::string_view message) {
  log(LogLevel::error, message);
}

}  // namespace voip
