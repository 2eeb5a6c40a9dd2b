// Wakes up for the packets of a socket in bunches: they carry the kernel's time, so they need not be fetched one by one. While
// none come it does not wake up at all.
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "core/time.h"
#include "system/loop.h"

namespace voip {

class PacketBunches {
 public:
  // Takes what came, and starts or stops nothing. True: more is expected, so it is called again after the same time.
  using Take = std::function<bool()>;

  // `take` is called `interval` after a packet came to `fd`, which stays the caller's and is open until stop(). Stops what was
  // started before.
  Status start(Loop& loop, int fd, Duration interval, Take take);
  void set_interval(Duration interval) { interval_ = interval; }
  void stop();

 private:
  Status watch();
  void take_later();

  Loop* loop_ = nullptr;
  int fd_ = -1;  // -1: stopped
  Duration interval_{};
  Take take_;
  std::optional<Loop::TimerId> timer_;  // else the descriptor is watched
};

}  // namespace voip
