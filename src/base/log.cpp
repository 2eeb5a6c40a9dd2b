#include "base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/details/os.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "base/printable.h"
#include "base/regular_file.h"
#include "base/unique_fd.h"

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

std::string_view colour_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "\033[36m";  // cyan
    case spdlog::level::info:
      return "\033[32m";  // green
    case spdlog::level::warn:
      return "\033[33m\033[1m";  // yellow, bold
    default:
      return "\033[31m\033[1m";  // red, bold
  }
}

// Writes without ever waiting: the loop of the daemon logs, and somebody who reads standard error no more (a pipe that nobody
// empties, a terminal that was stopped with Ctrl-S) must not stop it. What cannot be written is lost, and told when it can be
// again.
class Lines final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Lines(int fd, UniqueFd owned, bool is_coloured) : fd_(fd), owned_(std::move(owned)), is_coloured_(is_coloured) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (lost_ > 0 && write(line_of({"", spdlog::level::warn, lost_text()}))) {
      lost_ = 0;
    }
    if (lost_ > 0 || !write(line_of(message))) {
      ++lost_;
    }
  }
  void flush_() override {}

  [[nodiscard]] std::string lost_text() const {
    return std::to_string(lost_) + (lost_ == 1 ? " line" : " lines") + " of this log could not be written";
  }

  std::string line_of(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t buffer;
    formatter_->format(message, buffer);
    std::string line(buffer.data(), buffer.size());
    if (is_coloured_ && message.color_range_end > message.color_range_start) {
      line.insert(message.color_range_end, "\033[m");
      line.insert(message.color_range_start, colour_of(message.level));
    }
    return line;
  }

  // O_NONBLOCK is not set on what others hold too, a shell for example: so it is asked whether there is room. A line is shorter
  // than PIPE_BUF, which a pipe has room for then.
  [[nodiscard]] bool write(const std::string& line) const {
    pollfd ready{fd_, POLLOUT, 0};
    return poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0 &&
           ::write(fd_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  }

  int fd_;
  UniqueFd owned_;
  bool is_coloured_;
  std::uint64_t lost_ = 0;
};

// A terminal or a pipe is opened once more where that is allowed, and does not block then, even if somebody else fills it between
// the question and the answer. Not so a file, in which we would have a place of our own, at its beginning.
UniqueFd own_way_to_stderr() {
  struct stat status {};
  const bool can_block = fstat(STDERR_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || isatty(STDERR_FILENO) == 1);
  return UniqueFd(can_block ? open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1);
}

spdlog::sink_ptr stderr_sink(UniqueFd own) {
  const int fd = own ? own.get() : STDERR_FILENO;
  return std::make_shared<Lines>(fd, std::move(own), isatty(STDERR_FILENO) == 1 && spdlog::details::os::is_color_terminal());
}

Result<spdlog::sink_ptr> file_sink(const std::string& path) {
  std::error_code error;  // told by the opening
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  auto file = open_regular_file(path, O_WRONLY | O_APPEND | O_CREAT, 0666);
  if (!file) {
    return Error{"open the log file " + path + ": " + file.error()};
  }
  const int fd = file->fd.get();
  return spdlog::sink_ptr(std::make_shared<Lines>(fd, std::move(file->fd), false));
}

Result<spdlog::sink_ptr> sink_for(std::string_view target, const std::string& file) {
  if (target == "syslog") {
    return spdlog::sink_ptr(std::make_shared<spdlog::sinks::syslog_sink_mt>("voip-qosd", 0, LOG_DAEMON, false));
  }
  return target == "file" ? file_sink(file) : Result<spdlog::sink_ptr>(stderr_sink(own_way_to_stderr()));
}

// Never destroyed: a thread of the MQTT library may still log while main returns. Until start_log() it goes wherever standard
// error goes just then.
std::shared_ptr<spdlog::logger>& logger() {
  static auto* const shared = new std::shared_ptr<spdlog::logger>(std::make_shared<spdlog::logger>("voip-qosd", stderr_sink({})));
  return *shared;
}

}  // namespace

Status start_log(LogLevel level, std::string_view target, const std::string& file) {
  auto sink = sink_for(target, file);
  if (!sink) {
    return Error{sink.error()};
  }
  auto started = std::make_shared<spdlog::logger>("voip-qosd", std::move(*sink));
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
