// The other end of the control socket: asks the running daemon one thing.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/result.h"
#include "base/unique_fd.h"

namespace voip {

// Where the daemon listens: the socket itself, or the configuration that names it.
struct DaemonAddress {
  std::optional<std::string> socket;
  std::optional<std::string> config;
};

struct NotRunning {
  std::string why;
};

// The daemon's line of JSON, without its end; NotRunning: nobody listens there; Error: it does not answer, or must not be asked.
using ControlAnswer = std::variant<std::string, NotRunning, Error>;

// One question whose answer is waited for along with other things: when fd() is readable, hear() takes in what has come.
class DaemonQuestion {
 public:
  // Waits for nothing: a daemon that takes nobody in is an error.
  static std::variant<DaemonQuestion, NotRunning, Error> ask(const std::string& socket, const std::string& request);

  [[nodiscard]] int fd() const { return fd_.get(); }
  std::optional<ControlAnswer> hear();  // nothing: there is more to come

 private:
  friend ControlAnswer ask_daemon(const std::string& socket, const std::string& request);
  DaemonQuestion(UniqueFd fd, std::string socket) : fd_(std::move(fd)), socket_(std::move(socket)) {}
  static std::variant<DaemonQuestion, NotRunning, Error> ask_by(UniqueFd fd, const std::string& socket,
                                                                const std::string& request);

  UniqueFd fd_;
  std::string socket_;
  std::string answer_;
};

// Waits a few seconds at most.
ControlAnswer ask_daemon(const std::string& socket, const std::string& request);

// The number of the process that listens there; none: nobody does, or it cannot be told.
std::optional<int> daemon_process(const std::string& socket);

// The socket given, or that of the configuration; empty, with the problems told on standard error, if that cannot be read.
std::optional<std::string> find_socket(const DaemonAddress& address);

// The same for commands: complains on standard error and returns the exit status where there is no answer.
std::variant<std::string, int> ask_or_complain(const DaemonAddress& address, const std::string& request);

}  // namespace voip
