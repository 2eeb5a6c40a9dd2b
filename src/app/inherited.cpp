#include "app/inherited.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace voip {

bool put_inherited_right() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // The lowest free number is taken, which is this one. Programs that are started have it too: no O_CLOEXEC. What a command
    // says on a closed standard output is lost, and must not seem to be written.
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) != fd) {
      return false;
    }
  }
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGXFSZ, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  umask(umask(0) | S_IWGRP | S_IWOTH);
  return true;
}

}  // namespace voip
