#include "ports/line/packet_bunches.h"

#include <sys/epoll.h>

#include <utility>

namespace voip {

Status PacketBunches::start(Loop& loop, int fd, Duration interval, Take take) {
  stop();
  loop_ = &loop;
  fd_ = fd;
  interval_ = interval;
  take_ = std::move(take);
  Status watched = watch();
  if (!watched) {
    fd_ = -1;
  }
  return watched;
}

Status PacketBunches::watch() {
  return loop_->watch(fd_, EPOLLIN, [this](std::uint32_t) {
    loop_->unwatch(fd_);
    take_later();
  });
}

void PacketBunches::take_later() {
  timer_ = loop_->call_at(loop_->now() + interval_, [this] {
    timer_.reset();
    if (take_() || !watch()) {
      take_later();
    }
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
