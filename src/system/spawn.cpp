#include "system/spawn.h"
#include "base/system_error.h"
#include "base/unique_fd.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace voip {
namespace {

constexpr unsigned first_private = STDERR_FILENO + 1;
constexpr unsigned close_range_cloexec = 1U << 2U;  // CLOSE_RANGE_CLOEXEC
constexpr rlim_t most_descriptors = 65536;

// Not posix_spawn, which musl cannot tell to close what it does not know of. From here to the exec only what may be called after
// a fork beside other threads: no memory is asked for.
void close_all_on_exec() {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, first_private, ~0U, close_range_cloexec) == 0) {
    return;
  }
#endif
  // Before Linux 5.11.
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min(limit.rlim_cur, most_descriptors));
  for (int fd = first_private; fd < end; ++fd) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

[[noreturn]] void become(char* const* argv, int input, int output, int report) {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) {
    sigaction(signal, &plain, nullptr);  // in vain for those that nobody can ignore
  }
  const bool is_set = setpgid(0, 0) == 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
                      dup2(output, STDERR_FILENO) >= 0;
  if (is_set) {
    close_all_on_exec();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp(argv[0], argv);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(report, &error, sizeof error);
  _exit(127);
}

}  // namespace

Result<pid_t> spawn(const std::vector<std::string>& argv, int input, int output) {
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // exec does not write there (POSIX, execve rationale)
  }
  arguments.push_back(nullptr);
  // Closed by the exec; what comes before that is the reason why there was none.
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return system_error("make a pipe");
  }
  const UniqueFd report(ends[0]);
  UniqueFd report_end(ends[1]);
  // No handler of ours may run in the child.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  if (pid == 0) {
    become(arguments.data(), input, output, report_end.get());
  }
  const int fork_error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  report_end.reset();
  if (pid < 0) {
    errno = fork_error;
    return system_error("start a process");
  }
  int error = 0;
  ssize_t count = 0;
  do {
    count = read(report.get(), &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof error) {
    waitpid(pid, nullptr, 0);
    return Error{std::string("it could not be started: ") + std::strerror(error) +
                 (error == ENOENT ? " (is it installed, and in PATH?)" : "")};
  }
  return pid;
}

}  // namespace voip
