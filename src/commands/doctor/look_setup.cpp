#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/secret_file.h"
#include "base/unique_fd.h"
#include "commands/common/daemon_client.h"
#include "commands/doctor/look.h"
#include "ports/mqtt/mqtt.h"

namespace voip {
namespace {

bool is_there(const std::filesystem::path& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

// A file without a name, which is gone with its descriptor. 0: it could be written, or that cannot be tried there.
int try_to_write(const std::filesystem::path& folder) {
  const UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  const std::string block(4096, ' ');
  const bool is_written = file.get() >= 0 &&
                          ::write(file.get(), block.data(), block.size()) == static_cast<ssize_t>(block.size()) &&
                          ::fsync(file.get()) == 0;
  return is_written ? 0 : errno;
}

// A folder that is not there is made by the daemon, if the nearest one above it lets it.
Folder look_at_folder(const std::filesystem::path& path) {
  Folder folder;
  folder.exists = is_there(path);
  std::filesystem::path nearest = path;
  while (!is_there(nearest) && nearest.has_parent_path() && nearest != nearest.parent_path()) {
    nearest = nearest.parent_path();
  }
  folder.is_writable = ::faccessat(AT_FDCWD, nearest.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
  if (!folder.is_writable) {
    folder.reason = nearest.string() + ": " + std::strerror(errno);
  } else if (const int error = try_to_write(nearest); error == ENOSPC || error == EDQUOT) {
    folder.is_writable = false;
    folder.is_full = true;
    folder.reason = nearest.string() + ": " + std::strerror(error);
  }
  return folder;
}

}  // namespace

RunningDaemon look_at_daemon(const std::string& socket, const std::string& own_version) {
  RunningDaemon facts{.own_version = own_version};
  const ControlAnswer answer = ask_daemon(socket, "status");
  if (const auto* absent = std::get_if<NotRunning>(&answer)) {
    facts.not_running = absent->why;
    return facts;
  }
  facts.number = daemon_process(socket);
  if (const auto* text = std::get_if<std::string>(&answer)) {
    auto status = read_status(*text);
    if (status) {
      facts.status = std::move(*status);
    } else {
      facts.no_answer = status.error();
    }
  } else {
    facts.no_answer = std::get<Error>(answer).message;
  }
  return facts;
}

OwnFilesFacts look_at_own_files(const Settings& settings, bool daemon_runs) {
  OwnFilesFacts facts{.daemon_runs = daemon_runs};
  facts.state_dir = look_at_folder(settings.node.state_dir);
  facts.socket_dir = look_at_folder(std::filesystem::path(settings.control.socket).parent_path());
  // Of the password's file check_named_files() has seen to it.
  facts.secrets = settings.mqtt.password_file.empty() ? 0 : 1;
  if (const std::string& key = settings.mqtt.key_file; !key.empty()) {
    struct stat status {};
    ++facts.secrets;
    if (::stat(key.c_str(), &status) == 0 && others_may_read(status, key)) {
      facts.open_secrets.push_back(key);
    }
  }
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  facts.year = static_cast<int>(std::chrono::year_month_day(days).year());
  return facts;
}

BrokerFacts look_at_brokers(const Settings& settings, const RunningDaemon& daemon, CommandLoop& commands) {
  BrokerFacts facts;
  facts.daemon_runs = daemon.status.has_value();
  facts.daemon_is_known = daemon.status.has_value() || !daemon.not_running.empty();
  if (settings.mqtt.uri.empty()) {
    return facts;
  }
  auto trials = try_brokers(settings, topics_of_interest(settings), commands);
  if (trials) {
    facts.trials = std::move(*trials);
  } else {
    facts.problem = trials.error();
  }
  return facts;
}

}  // namespace voip
