// Wakes up for the packets of a socket in bunches: they carry the kernel's time, so they need not be fetched one by one. While
// none come it does not wake up at all.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "core/time.h"
#include "system/loop.h"

namespace voip {

class PacketBunches {
 public:
  // Takes what came, and starts or stops nothing. True: more is expected, so it is called again after the same time.
  using Take = std::function<bool()>;
  explicit PacketBunches(Take take) : take_(std::move(take)) {}

  // `take` is called that long after a packet came, from the next one on; each interval if the descriptor cannot be watched.
  void set_interval(Duration interval) { interval_ = interval; }
  // Only once until stop(). `fd` stays the caller's and is open until then.
  void start(Loop& loop, int fd);
  void stop();
  [[nodiscard]] bool is_started() const { return fd_ >= 0; }

 private:
  void watch();
  void take_later();

  const Take take_;
  Duration interval_{};
  Loop* loop_ = nullptr;
  int fd_ = -1;                         // -1: stopped
  std::optional<Loop::TimerId> timer_;  // else the descriptor is watched
};

}  // namespace voip
