#include "ports/control_socket.h"

#include <grp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "ports/control_request.h"

namespace voip {
namespace {

constexpr int backlog = 8;
// Other ports number their own StatusRequested from 1 on; these must differ from theirs.
constexpr std::uint64_t first_request = 1ULL << 32U;

Error system_error(const std::string& doing) {
  return Error{doing + ": " + std::strerror(errno)};
}

sockaddr_un to_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(path.begin(), std::min(path.size(), sizeof address.sun_path - 1), std::begin(address.sun_path));
  return address;
}

UniqueFd new_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// Whatever is in the way: nothing, a socket that nobody answers on any more, a living daemon, or a stranger's file.
Status clear_the_way(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? Status() : Status(system_error("look for the control socket " + path));
  }
  if (!S_ISSOCK(status.st_mode)) {
    return Error{"open the control socket " + path +
                 ": there is a file of that name that is no socket; remove it or set control.socket"};
  }
  const UniqueFd probe = new_socket();
  const sockaddr_un address = to_address(path);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN) {
    return Error{"open the control socket " + path +
                 ": another voip-qosd answers on it; stop that one first or set control.socket"};
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return system_error("remove the old control socket " + path);
  }
  return {};
}

Status give_to_group(const std::string& path, const std::string& group) {
  const struct group* entry = ::getgrnam(group.c_str());  // NOLINT(concurrency-mt-unsafe): before any other thread
  if (entry == nullptr) {
    return Error{"let the group " + group + " use the control socket: there is no such group; create it or change control.group"};
  }
  if (::chown(path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) != 0 ||
      ::chmod(path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0) {
    return system_error("give the control socket " + path + " to the group " + group);
  }
  return {};
}

}  // namespace

ControlSocket::ControlSocket(ControlSettings settings, DaemonFacts facts, ControlLimits limits)
    : settings_(std::move(settings)), facts_(std::move(facts)), limits_(limits), last_request_(first_request) {}

ControlSocket::~ControlSocket() {
  ControlSocket::close();
}

Status ControlSocket::open(Loop& loop) {
  loop_ = &loop;
  facts_.since = loop.now();
  if (auto made = make_socket(); !made) {
    return made;
  }
  return loop.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { take_clients(); });
}

Status ControlSocket::make_socket() {
  const std::string& path = settings_.socket;
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  if (failed) {
    return Error{"make the directory of the control socket " + path + ": " + failed.message()};
  }
  if (auto cleared = clear_the_way(path); !cleared) {
    return cleared;
  }
  UniqueFd listener = new_socket();
  if (!listener) {
    return system_error("create the control socket");
  }
  const sockaddr_un address = to_address(path);
  // The mode is right from the first moment on: the umask counts for bind(2), see unix(7).
  const mode_t old_mask = ::umask(S_IXUSR | S_IRWXG | S_IRWXO);
  const bool is_bound = ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int bind_error = errno;
  ::umask(old_mask);
  if (!is_bound) {
    errno = bind_error;
    return system_error("open the control socket " + path);
  }
  listener_ = std::move(listener);
  if (!settings_.group.empty()) {
    if (auto given = give_to_group(path, settings_.group); !given) {
      return given;
    }
  }
  return ::listen(listener_.get(), backlog) == 0 ? Status() : Status(system_error("listen on the control socket " + path));
}

void ControlSocket::close() {
  if (!listener_) {
    return;
  }
  loop_->unwatch(listener_.get());
  while (!clients_.empty()) {
    drop(clients_.begin()->first);
  }
  listener_.reset();
  ::unlink(settings_.socket.c_str());
}

void ControlSocket::listen_again() {
  if (listener_) {
    if (auto watched = loop_->watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { take_clients(); }); !watched) {
      log_error("the control socket takes no more clients: " + watched.error());
    }
  }
}

void ControlSocket::take_clients() {
  for (int i = 0; i < backlog; ++i) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
        // The client stays in the queue and the descriptor stays ready: without a pause the loop would spin.
        loop_->unwatch(listener_.get());
        loop_->call_at(loop_->now() + 1s, [this] { listen_again(); });
      }
      return;
    }
    const int number = fd.get();
    if (clients_.size() >= limits_.clients) {
      const std::string answer = error_json("too many clients at a time; try again") + "\n";
      [[maybe_unused]] const auto sent = ::send(number, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      continue;
    }
    if (auto watched = loop_->watch(number, EPOLLIN, [this, number](std::uint32_t events) { serve(number, events); }); !watched) {
      continue;
    }
    Client& client = clients_[number];
    client.fd = std::move(fd);
    restart_timer(client);
  }
}

void ControlSocket::serve(int fd, std::uint32_t epoll_events) {
  const auto found = clients_.find(fd);
  if (found == clients_.end()) {
    return;
  }
  Client& client = found->second;
  if ((epoll_events & EPOLLIN) != 0U) {
    read_from(client);
  }
  const bool is_broken = (epoll_events & EPOLLERR) != 0U || ((epoll_events & EPOLLHUP) != 0U && (epoll_events & EPOLLIN) == 0U);
  if (is_broken || !answer_lines(client)) {
    drop(fd);
  }
}

void ControlSocket::read_from(Client& client) {
  // Never more than a few lines ahead: the rest waits in the kernel until these are answered.
  std::array<char, longest_request> buffer{};
  const ssize_t count =
      ::recv(client.fd.get(), buffer.data(), longest_request - std::min(client.input.size(), longest_request - 1), 0);
  if (count > 0) {
    client.input.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
    client.has_ended = true;
  }
}

bool ControlSocket::answer_lines(Client& client) {
  while (flush(client) && !client.waits_for && client.output.empty()) {
    const std::size_t end = client.input.find('\n');
    if (end == std::string::npos) {
      if (client.input.size() < longest_request) {
        break;
      }
      client.output = error_json("the request is longer than 128 bytes") + "\n";
      flush(client);
      return false;
    }
    std::string line = client.input.substr(0, end);
    client.input.erase(0, end + 1);
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    const ControlRequest request = read_request(line);
    if (const auto* refused = std::get_if<RequestRefused>(&request)) {
      client.output = error_json(refused->error) + "\n";
      continue;
    }
    if (const auto* order = std::get_if<SetMode>(&request)) {
      loop_->post(*order);
    }
    const auto* wanted = std::get_if<StatusWanted>(&request);
    client.most_flows = wanted != nullptr ? wanted->most_flows.value_or(most_flows_listed) : most_flows_listed;
    client.waits_for = ++last_request_;
    loop_->post(StatusRequested{last_request_});
    restart_timer(client);
  }
  const bool is_idle = !client.waits_for && client.output.empty();
  if (client.has_ended && is_idle) {
    return false;
  }
  // Not ready for its next line: not interested in hearing it either, or a level-triggered loop would spin.
  std::uint32_t interest = 0;
  if (!client.output.empty()) {
    interest = EPOLLOUT;
  } else if (is_idle) {
    interest = EPOLLIN;
  }
  return client.fd && loop_->change(client.fd.get(), interest).ok();
}

bool ControlSocket::flush(Client& client) {
  while (!client.output.empty()) {
    const ssize_t count = ::send(client.fd.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL);
    if (count > 0) {
      client.output.erase(0, static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      const bool is_full = errno == EAGAIN;
      if (!is_full) {
        client.output.clear();
        client.input.clear();
        client.has_ended = true;
      }
      return is_full;
    }
  }
  return true;
}

void ControlSocket::restart_timer(Client& client) {
  loop_->cancel(client.timer);
  client.timer = loop_->call_at(loop_->now() + limits_.idle, [this, fd = client.fd.get()] { drop(fd); });
}

void ControlSocket::drop(int fd) {
  if (const auto found = clients_.find(fd); found != clients_.end()) {
    loop_->cancel(found->second.timer);
    loop_->unwatch(fd);
    clients_.erase(found);
  }
}

void ControlSocket::perform(const Action& action) {
  const auto* reported = std::get_if<StatusReported>(&action);
  if (reported == nullptr) {
    return;
  }
  for (auto& [fd, client] : clients_) {
    if (client.waits_for == reported->request) {
      client.waits_for.reset();
      client.output = status_json(
                          reported->status, facts_, loop_->now(),
                          [this](Instant instant) { return iso_8601(loop_->wall(instant)); }, client.most_flows) +
                      "\n";
      restart_timer(client);
      if (!answer_lines(client)) {
        drop(fd);
      }
      return;
    }
  }
}

}  // namespace voip
