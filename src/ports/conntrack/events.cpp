#include "ports/conntrack/events.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/log.h"

namespace voip {
namespace {

constexpr Duration fresh_for = 20ms;  // a flow has carried next to nothing by then
constexpr int receives_per_turn = 8;  // of up to 64 events each

}  // namespace

int ConntrackEvents::open(const FlowFilter& wanted, Take take, std::function<void()> lost) {
  auto socket = ConntrackSocket::open();
  if (!socket) {
    return errno;
  }
  take_ = std::move(take);
  lost_ = std::move(lost);
  socket_.emplace(std::move(*socket));
  socket_->set_receive_buffer(sizes_.buffer_bytes);
  filter(wanted);
  int error = socket_->hear_births();
  if (error == 0 && !loop_.watch(socket_->fd(), EPOLLIN, [this](std::uint32_t) { take_queued(); })) {
    error = ENOMEM;
  }
  if (error != 0) {
    socket_.reset();
    return error;
  }
  is_woken_ = true;
  if (!at_once_) {
    at_once_ = true;
    listen(false);
  }
  return 0;
}

void ConntrackEvents::close() {
  if (socket_) {
    loop_.unwatch(socket_->fd());
    socket_.reset();
  }
}

void ConntrackEvents::filter(const FlowFilter& wanted) {
  if (!socket_) {
    return;
  }
  if (const Status filtered = attach_flow_filter(socket_->fd(), wanted); !filtered) {
    log_warning(filtered.error() + ": flows that cannot matter cost time");
  }
}

void ConntrackEvents::listen(bool at_once) {
  if (at_once == at_once_) {
    return;
  }
  at_once_ = at_once;
  if (!socket_) {
    return;
  }
  if (const int error = socket_->hear_ends(!at_once); error != 0) {
    log_debug(std::string("hear of ended flows: ") + std::strerror(error));
  }
  if (at_once) {
    take_queued();  // so that what comes from now on is known to be new
  } else {
    has_backlog_ = true;
    wake(false);
  }
}

void ConntrackEvents::take_queued() {
  if (!socket_) {
    return;
  }
  // However often it is called in a turn: what it posts waits for the next one, and takes memory until then.
  if (loop_.turn() != turn_) {
    turn_ = loop_.turn();
    receives_ = 0;
  }
  bool has_overflowed = false;
  bool is_empty = false;
  for (; receives_ < receives_per_turn && !is_empty; ++receives_) {
    const int count = buffers_.receive(socket_->fd());
    if (count < 0) {
      // ENOBUFS, told once. The kernel queues nothing new until all is read that it still holds: so go on.
      has_overflowed = true;
      continue;
    }
    for (int event = 0; event < count; ++event) {
      take(buffers_.at(event));
    }
    is_empty = count < ReceiveBuffers::most;
  }
  if (has_overflowed) {
    overflowed();
  }
  has_backlog_ = !at_once_ || (has_backlog_ && !is_empty);
  wake(at_once_ || !is_empty);
}

void ConntrackEvents::take(Bytes datagram) {
  NetlinkMessages messages(datagram);
  while (const auto message = messages.next()) {
    const auto kind = kind_of(*message);
    if (kind != ConntrackMessage::entry && kind != ConntrackMessage::destroyed) {
      continue;
    }
    if (const auto entry = read_entry(*message)) {
      const What birth = has_backlog_ || loop_.lateness() > fresh_for ? What::born : What::born_just_now;
      take_(*entry, kind == ConntrackMessage::entry ? birth : What::ended);
    }
  }
}

void ConntrackEvents::overflowed() {
  if (sizes_.buffer_bytes < sizes_.largest_bytes) {
    sizes_.buffer_bytes = std::min(sizes_.buffer_bytes * 2, sizes_.largest_bytes);
    socket_->set_receive_buffer(sizes_.buffer_bytes);
    log_info("conntrack events were lost: enlarged their buffer to " + std::to_string(sizes_.buffer_bytes / 1024) + " KiB");
  }
  lost_();
}

void ConntrackEvents::wake(bool wanted) {
  // An error of the socket (EPOLLERR) wakes us whatever is asked for.
  if (socket_ && wanted != is_woken_ && loop_.change(socket_->fd(), wanted ? std::uint32_t{EPOLLIN} : 0U)) {
    is_woken_ = wanted;
  }
}

}  // namespace voip
