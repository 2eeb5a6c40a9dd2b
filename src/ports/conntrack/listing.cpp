#include "ports/conntrack/listing.h"

#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/log.h"

namespace voip {
namespace {

constexpr int datagrams_per_turn = 4;  // of up to 32 KB: some 600 entries, about a millisecond

}  // namespace

ConntrackListing::ConntrackListing(Loop& loop, ReceiveBuffers& buffers, std::optional<std::uint8_t> protocol,
                                   std::function<bool(const ConntrackEntry&)> take)
    : loop_(loop), buffers_(buffers), protocol_(protocol), take_(std::move(take)) {}

ConntrackListing::~ConntrackListing() {
  if (socket_) {
    loop_.unwatch(socket_->fd());
  }
}

void ConntrackListing::start() {
  if (socket_) {
    again_ = true;
    return;
  }
  auto socket = ConntrackSocket::open();
  if (!socket) {
    fail(errno);
    return;
  }
  socket_.emplace(std::move(*socket));
  if (const Status watched = loop_.watch(socket_->fd(), EPOLLIN, [this](std::uint32_t) { receive(); }); !watched) {
    log_error("list conntrack: " + watched.error());
    socket_.reset();
    return;
  }
  is_v6_ = false;
  ask();
}

void ConntrackListing::ask() {
  request_.clear();
  request_.add_list(is_v6_, protocol_, is_v6_ ? 2 : 1);
  if (const int error = socket_->send(request_.bytes()); error != 0) {
    fail(error);
  }
}

void ConntrackListing::receive() {
  for (int i = 0; i < datagrams_per_turn; ++i) {
    const int length = buffers_.receive_long(socket_->fd());
    if (length < 0) {
      fail(-length);
      return;
    }
    if (length == 0) {
      return;
    }
    if (!take_messages(buffers_.long_one(length))) {
      return;
    }
  }
}

bool ConntrackListing::take_messages(Bytes received) {
  NetlinkMessages messages(received);
  while (const auto message = messages.next()) {
    switch (kind_of(*message)) {
      case ConntrackMessage::entry:
        if (const auto entry = read_entry(*message); entry && !take_(*entry)) {
          finish();
          return false;
        }
        break;
      case ConntrackMessage::done:
        part_done();
        return false;
      case ConntrackMessage::error:
        // A kernel that cannot filter says EOPNOTSUPP or EINVAL, if it doesn't simply list all.
        if (const int error = read_error(*message); protocol_ && (error == EOPNOTSUPP || error == EINVAL)) {
          protocol_.reset();
          ask();
        } else {
          fail(error);
        }
        return false;
      case ConntrackMessage::destroyed:
      case ConntrackMessage::other:
        break;
    }
  }
  return true;
}

void ConntrackListing::part_done() {
  if (is_v6_) {
    has_failed_ = false;
    finish();
    return;
  }
  is_v6_ = true;
  ask();
}

void ConntrackListing::fail(int error) {
  if (!std::exchange(has_failed_, true)) {
    log_warning(std::string("list conntrack: ") + std::strerror(error) + ": flows that were open before the start may be missed");
  }
  finish();
}

void ConntrackListing::finish() {
  if (socket_) {
    loop_.unwatch(socket_->fd());
    socket_.reset();
  }
  if (std::exchange(again_, false)) {
    start();
  }
}

}  // namespace voip
