// One log for the whole program. Only base/log.cpp knows the library behind it.
// Log a change of state once (first failure, recovery), never each retry.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace voip {

enum class LogLevel { debug, info, warning, error };

// target is "stderr", "syslog" or "file"; `file` is the path for the last. Called at the start and when the configuration was
// read again, never while another thread may log; until the first time everything from info on goes to standard error.
Status start_log(LogLevel level, std::string_view target, const std::string& file);

// Thread-safe; never throws; does not wait for whoever reads standard error: a line that has no place there is lost, which is
// told later; a line is one message without its newline. Whatever it quotes stays one line of at most a kilobyte, and nothing in
// it acts on a terminal (base/printable.h): callers need not look at what others wrote.
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
