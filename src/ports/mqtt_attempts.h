// Which broker is tried next, and when: all of them in order, then a pause that doubles from try to try, with jitter so that not
// all clients of a broker come back in the same moment. Pure; chance comes in as a number.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/time.h"

namespace voip {

class MqttAttempts {
 public:
  static constexpr Duration shortest_pause = 1s;
  // A connection that was kept for less is no sign that all is well again.
  static constexpr Duration steady_after = 10s;

  struct Attempt {
    std::size_t broker = 0;
    Duration after{};
  };

  // No pause is longer than `longest_pause`.
  MqttAttempts(std::size_t brokers, Duration longest_pause)
      : brokers_(brokers), longest_(std::max(longest_pause, shortest_pause)) {}

  Attempt after_failure(std::uint32_t chance) {
    if (++broker_ < brokers_) {
      return {broker_, Duration::zero()};
    }
    return start_again(chance);
  }
  Attempt after_loss(Duration was_connected_for, std::uint32_t chance) {
    if (was_connected_for >= steady_after) {
      pause_ = shortest_pause;
    }
    return start_again(chance);
  }

 private:
  // From half of the pause to all of it.
  Attempt start_again(std::uint32_t chance) {
    const std::int64_t half = pause_.count() / 2;
    const Duration after = pause_ - Duration(static_cast<std::int64_t>(chance) % (half + 1));
    pause_ = std::min(pause_ * 2, longest_);
    broker_ = 0;
    return {broker_, after};
  }

  std::size_t brokers_;
  Duration longest_;
  std::size_t broker_ = 0;
  Duration pause_ = shortest_pause;
};

}  // namespace voip
