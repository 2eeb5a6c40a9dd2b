#include "system/run_briefly.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <utility>

#include "base/system_error.h"
#include "base/unique_fd.h"
#include "system/json_reader.h"
#include "system/spawn.h"

namespace voip {
namespace {

constexpr std::size_t most_output = 64UL * 1024;
constexpr int kill_ms = 200;

CommandResult not_run(std::string why) {
  return {.exit_status = -1, .failure = std::move(why)};
}

// Keeps what fits. False at its end.
bool read_some(int pipe, std::string& output) {
  std::array<char, 4096> buffer{};
  const ssize_t count = read(pipe, buffer.data(), buffer.size());
  if (count > 0) {
    output.append(buffer.data(), std::min(static_cast<std::size_t>(count), most_output - output.size()));
  }
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

}  // namespace

CommandResult run_briefly(const Command& command, Duration limit) {
  assert(!command.argv.empty() && command.input.empty());
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const UniqueFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::array<int, 2> ends{};
  if (!null || pipe2(ends.data(), O_CLOEXEC) != 0) {
    return not_run(system_error("make a pipe").message);
  }
  const UniqueFd output(ends[0]);
  UniqueFd write_end(ends[1]);
  fcntl(output.get(), F_SETFL, O_NONBLOCK);
  const Result<pid_t> pid = spawn(command.argv, null.get(), write_end.get());
  write_end.reset();
  if (!pid) {
    return not_run(pid.error());
  }
  const UniqueFd exit(static_cast<int>(syscall(SYS_pidfd_open, *pid, 0)));
  CommandResult result{.exit_status = -1};
  std::array<pollfd, 2> both{{{exit.get(), POLLIN, 0}, {output.get(), POLLIN, 0}}};
  while (exit && both[0].revents == 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      break;
    }
    poll(both.data(), both.size(), static_cast<int>(left.count()) + 1);
    if (both[1].revents != 0 && !read_some(output.get(), result.output)) {
      both[1].fd = -1;
    }
  }
  const bool has_ended = both[0].revents != 0;
  if (!has_ended) {
    kill(-*pid, SIGKILL);
    poll(both.data(), 1, kill_ms);
  }
  int status = 0;
  const bool is_reaped = waitpid(*pid, &status, WNOHANG) == *pid;
  if (!has_ended) {
    result.failure = "it did not answer within " + to_string(limit);
  } else if (!is_reaped || !WIFEXITED(status)) {
    result.failure = "it was ended by a signal";
  } else {
    // What it has printed is all there; a grandchild may keep the pipe open.
    while (both[1].fd >= 0 && poll(&both[1], 1, 0) > 0 && read_some(output.get(), result.output)) {
    }
    result.exit_status = WEXITSTATUS(status);
  }
  if (command.says_json) {
    result.json = read_json(result.output);
  }
  return result;
}

}  // namespace voip
