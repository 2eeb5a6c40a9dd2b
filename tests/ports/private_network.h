// A network namespace of the test's own: while it lives, this thread and what it starts see only that one. It has no name, so
// nothing is left behind, however the test ends.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <signal.h>

#include <array>
#include <cstdio>
#include <string>

#include "base/unique_fd.h"

namespace voip::test {

class PrivateNetwork {
 public:
  PrivateNetwork() : outside_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    if (outside_ && unshare(CLONE_NEWNET) == 0) {
      inside_.reset(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    }
  }
  ~PrivateNetwork() {
    if (inside_) {
      setns(outside_.get(), CLONE_NEWNET);
    }
  }
  PrivateNetwork(const PrivateNetwork&) = delete;
  PrivateNetwork& operator=(const PrivateNetwork&) = delete;

  // False without the privilege: then the test is to skip.
  [[nodiscard]] bool is_there() const { return static_cast<bool>(inside_); }

 private:
  UniqueFd outside_;
  UniqueFd inside_;
};

// What a line of shell prints, both outputs, in the namespace of this thread; the tests' own way to look.
inline std::string shell(const std::string& line) {
  std::string output;
  // A loop of this process blocks SIGTERM for itself; who inherited that would not end when timeout(1) wants it to.
  sigset_t none;
  sigset_t before;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, &before);
  FILE* const pipe = popen((line + " 2>&1").c_str(), "r");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pipe == nullptr) {
    return "popen failed";
  }
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) {
    output += buffer.data();
  }
  pclose(pipe);
  return output;
}

}  // namespace voip::test
