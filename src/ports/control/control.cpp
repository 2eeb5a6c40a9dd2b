#include "ports/control/control.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/iso_8601.h"
#include "base/log.h"
#include "ports/control/request.h"

namespace voip {
namespace {

constexpr int most_taken_at_once = 8;

}  // namespace

ControlSocket::ControlSocket(ControlSettings settings, DaemonFacts facts, ControlLimits limits)
    : settings_(std::move(settings)), facts_(std::move(facts)), limits_(limits) {}

ControlSocket::~ControlSocket() {
  ControlSocket::close();
}

Status ControlSocket::open(Loop& loop) {
  loop_ = &loop;
  facts_.since = loop.now();
  auto listener = open_listener(settings_);
  if (!listener) {
    return Error{listener.error()};
  }
  listener_ = std::move(listener->fd);
  file_ = listener->file;
  return loop.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { take_clients(); });
}

void ControlSocket::close() {
  if (!listener_) {
    return;
  }
  loop_->unwatch(listener_.get());
  while (!clients_.empty()) {
    drop(clients_.begin()->first);
  }
  // Before our own is closed: its number belongs to no other file until then. Somebody may have removed it, and begun another
  // daemon.
  if (file_of(settings_.socket) == file_) {
    ::unlink(settings_.socket.c_str());
  }
  listener_.reset();
}

void ControlSocket::listen_again() {
  if (listener_) {
    if (auto watched = loop_->watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { take_clients(); }); !watched) {
      log_error("the control socket takes no more clients: " + watched.error());
    }
  }
}

void ControlSocket::take_clients() {
  for (int i = 0; i < most_taken_at_once; ++i) {
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
    ControlRequest request = read_request(line);
    if (const auto* refused = std::get_if<RequestRefused>(&request)) {
      client.output = error_json(refused->error) + "\n";
      continue;
    }
    const RequestId id{RequestId::Asker::control, ++last_request_};
    client.waits_for = last_request_;
    client.most_flows = most_flows_listed;
    if (auto* order = std::get_if<SetMode>(&request)) {
      order->request = id;
      loop_->post(*order);
    } else {
      client.most_flows = std::get<StatusWanted>(request).most_flows.value_or(most_flows_listed);
      loop_->post(StatusRequested{id});
    }
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
  if (const auto* taken = std::get_if<OrderTaken>(&action)) {
    if (Client* client = client_of(taken->request)) {
      client->order = *taken;
      loop_->post(StatusRequested{taken->request});
    }
  } else if (const auto* reported = std::get_if<StatusReported>(&action)) {
    if (Client* client = client_of(reported->request)) {
      answer(*client, reported->status);
    }
  }
}

ControlSocket::Client* ControlSocket::client_of(const RequestId& request) {
  if (request.asker != RequestId::Asker::control) {
    return nullptr;
  }
  const auto found =
      std::find_if(clients_.begin(), clients_.end(), [&](const auto& one) { return one.second.waits_for == request.number; });
  return found == clients_.end() ? nullptr : &found->second;
}

void ControlSocket::answer(Client& client, const FullStatus& status) {
  const auto order = std::exchange(client.order, std::nullopt);
  client.waits_for.reset();
  client.output = status_json(
                      status, facts_, loop_->now(), [this](Instant instant) { return iso_8601(loop_->wall(instant)); },
                      client.most_flows, order ? &*order : nullptr) +
                  "\n";
  restart_timer(client);
  if (!answer_lines(client)) {
    drop(client.fd.get());
  }
}

}  // namespace voip
