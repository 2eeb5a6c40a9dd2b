#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include <cstddef>
#include <memory>
#include <string>

#include "base/printable.h"

namespace voip {
namespace {

// Longer than any line that we mean; what somebody else wrote must not fill the disk.
constexpr std::size_t longest_line = 1024;

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

// Never destroyed: a thread of the MQTT library may still log while main returns.
std::shared_ptr<spdlog::logger>& logger() {
  static auto* const shared = new std::shared_ptr<spdlog::logger>(
      std::make_shared<spdlog::logger>("voip-qosd", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
  return *shared;
}

}  // namespace

Status start_log(LogLevel level, std::string_view target, const std::string& file) {
  spdlog::sink_ptr sink;
  try {
    if (target == "syslog") {
      sink = std::make_shared<spdlog::sinks::syslog_sink_mt>("voip-qosd", 0, LOG_DAEMON, false);
    } else if (target == "file") {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
    } else {
      sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    }
  } catch (const spdlog::spdlog_ex& exception) {
    return Error{"open the log file " + file + ": " + exception.what()};
  }
  auto started = std::make_shared<spdlog::logger>("voip-qosd", std::move(sink));
  started->set_level(to_spdlog(level));
  started->flush_on(spdlog::level::info);
  started->set_pattern(target == "syslog" ? "%v" : "%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  logger() = std::move(started);
  return {};
}

void log(LogLevel level, std::string_view message) {
  const std::string line = printable(message, longest_line);
  logger()->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace voip
