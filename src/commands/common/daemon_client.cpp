#include "commands/common/daemon_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iterator>

#include "base/system_error.h"
#include "base/unix_address.h"
#include "commands/common/exit_status.h"
#include "config/config.h"
#include "terminal/output.h"

namespace voip {
namespace {

constexpr timeval patience{.tv_sec = 5, .tv_usec = 0};
constexpr std::size_t longest_answer = 16U << 20U;

UniqueFd patient_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // Connecting waits too, where the daemon hangs and its queue is full.
  if (fd && (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
             ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)) {
    fd.reset();
  }
  return fd;
}

Error failed(const char* doing, const std::string& socket) {
  return system_error(std::string(doing) + " " + socket);
}

constexpr const char* asking = "ask the daemon on";

}  // namespace

std::variant<DaemonQuestion, NotRunning, Error> DaemonQuestion::ask(const std::string& socket, const std::string& request) {
  return ask_by(UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), socket, request);
}

std::variant<DaemonQuestion, NotRunning, Error> DaemonQuestion::ask_by(UniqueFd fd, const std::string& socket,
                                                                       const std::string& request) {
  const auto address = unix_address(socket);
  if (!address) {
    return Error{"ask the daemon on " + socket + ": the path of a socket has at most 107 bytes"};
  }
  if (!fd) {
    return failed("create a socket to ask the daemon on", socket);
  }
  if (::connect(fd.get(), address->get(), address->length) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) {
      return NotRunning{"nobody answers on " + socket};
    }
    if (errno == EACCES || errno == EPERM) {
      return Error{"ask the daemon on " + socket + ": " + std::strerror(errno) + "; be root, or a member of control.group"};
    }
    if (errno == EAGAIN) {
      return Error{"ask the daemon on " + socket + ": it takes nobody in; does it hang?"};
    }
    return failed(asking, socket);
  }
  const std::string line = request + "\n";
  if (::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    return failed(asking, socket);
  }
  return DaemonQuestion(std::move(fd), socket);
}

std::optional<ControlAnswer> DaemonQuestion::hear() {
  std::array<char, 16384> buffer{};
  while (!answer_.ends_with('\n')) {
    const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count == 0 || answer_.size() > longest_answer) {
      return Error{"ask the daemon on " + socket_ +
                   (answer_.empty() ? ": it hung up without an answer" : ": its answer has no end")};
    }
    if (count > 0) {
      answer_.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      return std::nullopt;
    } else if (errno != EINTR) {
      return failed("hear the daemon on", socket_);
    }
  }
  answer_.pop_back();
  return std::move(answer_);
}

namespace {

// The whole answer, however it trickles.
std::optional<ControlAnswer> hear_within(std::chrono::milliseconds limit, DaemonQuestion& question) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (true) {
    if (auto answer = question.hear()) {
      return answer;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd ready{question.fd(), POLLIN, 0};
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) == 0) {
      return std::nullopt;
    }
  }
}

}  // namespace

ControlAnswer ask_daemon(const std::string& socket, const std::string& request) {
  auto asked = DaemonQuestion::ask_by(patient_socket(), socket, request);
  if (auto* question = std::get_if<DaemonQuestion>(&asked)) {
    return hear_within(std::chrono::seconds(patience.tv_sec), *question)
        .value_or(Error{"ask the daemon on " + socket + ": no answer within 5 s"});
  }
  if (auto* absent = std::get_if<NotRunning>(&asked)) {
    return std::move(*absent);
  }
  return std::get<Error>(std::move(asked));
}

std::optional<int> daemon_process(const std::string& socket) {
  const auto address = unix_address(socket);
  const UniqueFd fd = patient_socket();
  ucred peer{};
  socklen_t length = sizeof peer;
  if (!address || !fd || ::connect(fd.get(), address->get(), address->length) != 0 ||
      ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.pid <= 0) {
    return std::nullopt;
  }
  return peer.pid;
}

std::optional<std::string> find_socket(const DaemonAddress& address) {
  if (address.socket) {
    return address.socket;
  }
  // Somebody who may only talk to the daemon need not be able to read its configuration, nor the files that it names.
  const LoadedSettings loaded =
      address.config ? load_settings(*address.config, NamedFiles::ignored) : load_default_settings(NamedFiles::ignored);
  if (const auto* settings = std::get_if<Settings>(&loaded)) {
    return settings->control.socket;
  }
  if (!address.config) {
    return ControlSettings{}.socket;
  }
  for (const Problem& problem : std::get<std::vector<Problem>>(loaded)) {
    complain(to_string(problem));
  }
  return std::nullopt;
}

std::variant<std::string, int> ask_or_complain(const DaemonAddress& address, const std::string& request) {
  const auto socket = find_socket(address);
  if (!socket) {
    return exit_usage;
  }
  ControlAnswer answer = ask_daemon(*socket, request);
  if (auto* text = std::get_if<std::string>(&answer)) {
    return std::move(*text);
  }
  if (const auto* absent = std::get_if<NotRunning>(&answer)) {
    complain("voip-qosd: the daemon is not running: " + absent->why);
    return exit_not_running;
  }
  complain("voip-qosd: " + std::get<Error>(answer).message);
  return exit_failed;
}

}  // namespace voip
