#include "ports/line/packet_bunches.h"

#include <sys/epoll.h>

#include <utility>

namespace voip {

void PacketBunches::start(Loop& loop, int fd) {
  loop_ = &loop;
  fd_ = fd;
  watch();
}

void PacketBunches::watch() {
  const Status watched = loop_->watch(fd_, EPOLLIN, [this](std::uint32_t) {
    loop_->unwatch(fd_);
    take_later();
  });
  if (!watched) {
    take_later();
  }
}

void PacketBunches::take_later() {
  timer_ = loop_->call_at(loop_->now() + interval_, [this] {
    timer_.reset();
    take_() ? take_later() : watch();
  });
}

void PacketBunches::stop() {
  if (timer_) {
    loop_->cancel(*std::exchange(timer_, std::nullopt));
  } else if (fd_ >= 0) {
    loop_->unwatch(fd_);
  }
  fd_ = -1;
}

}  // namespace voip
