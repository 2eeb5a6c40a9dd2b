#include "system/child.h"
#include "base/system_error.h"
#include "system/json_reader.h"
#include "system/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U  // Linux 6.3; needed where vm.memfd_noexec is 2
#endif

namespace voip {
namespace {

constexpr std::size_t most_output = 64UL * 1024;
constexpr std::size_t most_tail = 4096;
constexpr std::size_t most_json = 2UL * 1024 * 1024;     // a list of some 20 000 entries
constexpr std::size_t beside_head = 2 * most_tail + 16;  // the tail grows to twice its size before it is cut
constexpr std::size_t most_at_once = 256UL * 1024;       // read in one go, so that a flood leaves time for calls
constexpr Duration grace = 500ms;
constexpr Duration kill_time = 2s;

// The input as a file that lives in memory: nothing to feed, and a program that does not read it blocks nobody.
Result<UniqueFd> input_file(const std::string& input) {
  if (input.empty()) {
    UniqueFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
    return null ? Result<UniqueFd>(std::move(null)) : Result<UniqueFd>(system_error("open /dev/null"));
  }
  UniqueFd file(memfd_create("input", MFD_CLOEXEC | MFD_NOEXEC_SEAL));
  if (!file && errno == EINVAL) {
    file.reset(memfd_create("input", MFD_CLOEXEC));
  }
  if (!file) {
    return system_error("make a file in memory for the input");
  }
  std::string_view rest = input;
  while (!rest.empty()) {
    const ssize_t written = write(file.get(), rest.data(), rest.size());
    if (written < 0) {
      return system_error("write the input");
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

}  // namespace

void Child::start(const Command& command, Duration time_limit, Finished finished) {
  assert(!is_running() && !command.argv.empty());
  finished_ = std::move(finished);
  stage_ = Stage::running;
  head_.clear();
  tail_.clear();
  is_cut_ = false;
  says_json_ = command.says_json;
  Status spawned = pid_ == -1 ? spawn(command) : Error{"an earlier program still hangs in the kernel and cannot be ended"};
  if (!spawned) {
    timer_ = loop_.call_at(loop_.now(), [this, why = spawned.error()] { finish({.exit_status = -1, .failure = why}); });
    return;
  }
  arm(time_limit);
}

Status Child::spawn(const Command& command) {
  auto input = input_file(command.input);
  if (!input) {
    return Error{input.error()};
  }
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return system_error("make a pipe");
  }
  output_.reset(ends[0]);
  const UniqueFd write_end(ends[1]);
  fcntl(output_.get(), F_SETFL, O_NONBLOCK);

  const Result<pid_t> spawned = voip::spawn(command.argv, input->get(), write_end.get());
  if (!spawned) {
    output_.reset();
    return Error{spawned.error()};
  }
  pid_ = *spawned;
  // The child is not reaped yet, so the number is still its own.
  exit_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  Status watched = exit_ ? loop_.watch(exit_.get(), EPOLLIN, [this](std::uint32_t) { take_exit(); })
                         : Status(system_error("open a pidfd (Linux 5.3 or later is needed)"));
  if (watched.ok()) {
    watched = loop_.watch(output_.get(), EPOLLIN, [this](std::uint32_t) { read_output(most_at_once); });
  }
  if (!watched) {
    signal_group(SIGKILL);
    waitpid(pid_, nullptr, 0);
    loop_.unwatch(exit_.get());
    exit_.reset();
    output_.reset();
    pid_ = -1;
  }
  return watched;
}

void Child::arm(Duration after) {
  timer_ = loop_.call_at(loop_.now() + after, [this] { run_out_of_time(); });
}

void Child::signal_group(int signal) const {
  kill(-pid_, signal);
}

void Child::run_out_of_time() {
  switch (stage_) {
    case Stage::running:
      stage_ = Stage::asked_to_end;
      signal_group(SIGTERM);
      arm(grace);
      break;
    case Stage::asked_to_end:
      stage_ = Stage::killed;
      signal_group(SIGKILL);
      arm(kill_time);
      break;
    case Stage::killed:
      // It hangs in the kernel. The pidfd stays watched, so that it is reaped if it ever comes back.
      stop_reading();
      finish({.exit_status = -1, .output = output(), .failure = "it ran out of time and cannot even be killed"});
      break;
  }
}

void Child::take_exit() {
  // Before the leader is reaped, since afterwards the number may be somebody else's. What a script that ended by itself has left
  // running (a daemon that it started) is let be.
  if (stage_ != Stage::running) {
    signal_group(SIGKILL);
  }
  int status = 0;
  const pid_t reaped = waitpid(pid_, &status, WNOHANG);
  if (reaped == 0) {
    return;
  }
  loop_.unwatch(exit_.get());
  exit_.reset();
  pid_ = -1;
  if (!finished_) {
    return;
  }
  // A grandchild may keep the pipe open for ever, so the end of the output is not waited for.
  if (output_) {
    read_output(4 * most_at_once);
  }
  stop_reading();
  CommandResult result{.exit_status = -1, .output = output()};
  if (stage_ != Stage::running) {
    result.failure = "it ran out of time and was killed";
  } else if (reaped < 0) {
    result.failure = "how it ended is not known: somebody else has taken its exit status";
  } else if (WIFEXITED(status)) {
    result.exit_status = WEXITSTATUS(status);
  } else {
    result.failure = std::string("it was ended by signal ") + std::to_string(WTERMSIG(status)) + " (" +
                     strsignal(WTERMSIG(status)) + ")";  // NOLINT(concurrency-mt-unsafe): one thread
  }
  finish(std::move(result));
}

void Child::finish(CommandResult result) {
  loop_.cancel(timer_);
  if (says_json_) {
    result.json = read_json(result.output);
  }
  // Moved out first: the callee may start the next program.
  const Finished finished = std::exchange(finished_, nullptr);
  finished(std::move(result));
}

void Child::read_output(std::size_t most) {
  std::array<char, 16384> buffer{};
  for (std::size_t total = 0; total < most;) {
    const ssize_t count = read(output_.get(), buffer.data(), buffer.size());
    if (count > 0) {
      keep({buffer.data(), static_cast<std::size_t>(count)});
      total += static_cast<std::size_t>(count);
      continue;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      stop_reading();
    }
    return;
  }
}

void Child::keep(std::string_view text) {
  const std::size_t room = std::min(text.size(), (says_json_ ? most_json : most_output) - beside_head - head_.size());
  head_.append(text.substr(0, room));
  tail_.append(text.substr(room));
  if (tail_.size() > 2 * most_tail) {
    tail_.erase(0, tail_.size() - most_tail);
    is_cut_ = true;
  }
}

std::string Child::output() const {
  return head_ + (is_cut_ ? "\n[...]\n" : "") + tail_;
}

void Child::stop_reading() {
  if (output_) {
    loop_.unwatch(output_.get());
    output_.reset();
  }
}

void Child::abandon() {
  finished_ = nullptr;
  loop_.cancel(timer_);
  stop_reading();
  if (pid_ != -1) {
    loop_.unwatch(exit_.get());
    signal_group(SIGKILL);
    // What hangs in the kernel is not waited for: the daemon ends in bounded time.
    pollfd exited{.fd = exit_.get(), .events = POLLIN, .revents = 0};
    poll(&exited, 1, static_cast<int>(grace.count()));
    waitpid(pid_, nullptr, WNOHANG);
    exit_.reset();
    pid_ = -1;
  }
}

}  // namespace voip
