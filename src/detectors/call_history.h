// What a flow, or several together, carried in the last six seconds, in quarter seconds. Constant size, integers only.
// Knows which quarters were read as such, and which are shares of a longer reading: these have sums, and no rhythm.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/model.h"
#include "core/time.h"

namespace voip::detectors {

inline constexpr Duration quarter = 250ms;

class CallHistory {
 public:
  static constexpr int length = 24;

  // Begins a new quarter second; the oldest one is forgotten.
  void begin() {
    newest_ = (newest_ + 1) % length;
    buckets_[index(0)] = {};
    readings_ = (readings_ << 1U) | 1U;
  }

  // The newest `count` quarters were read at once, so what happened inside of them is not known.
  void blur(int count) {
    const std::uint32_t inside = (std::uint32_t{1} << static_cast<unsigned>(count - 1)) - 1U;
    readings_ &= ~inside;
  }

  // Adds to the quarter second that is `age` (0: the newest).
  void add(int age, Direction direction, Counters counters) {
    Count& count = buckets_[index(age)][side(direction)];
    count.packets = static_cast<std::uint16_t>(std::min<std::uint64_t>(count.packets + counters.packets, UINT16_MAX));
    count.bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(count.bytes + counters.bytes, UINT32_MAX / 64));
  }

  [[nodiscard]] int packets_at(Direction direction, int age) const { return buckets_[index(age)][side(direction)].packets; }
  [[nodiscard]] std::int64_t bytes_at(Direction direction, int age) const { return buckets_[index(age)][side(direction)].bytes; }

  // Sums over the newest `count` quarters.
  [[nodiscard]] int packets(Direction direction, int count) const {
    int sum = 0;
    for (int age = 0; age < count; ++age) {
      sum += packets_at(direction, age);
    }
    return sum;
  }
  [[nodiscard]] std::int64_t bytes(Direction direction, int count) const {
    std::int64_t sum = 0;
    for (int age = 0; age < count; ++age) {
      sum += bytes_at(direction, age);
    }
    return sum;
  }
  // Whether each of the newest `count` stretches of `quarters` quarter seconds begins and ends with a reading.
  [[nodiscard]] bool is_read(int count, int quarters = 1) const {
    for (int i = 1; i <= count; ++i) {
      if ((readings_ >> static_cast<unsigned>(i * quarters - 1) & 1U) == 0) {
        return false;
      }
    }
    return true;
  }
  [[nodiscard]] int packets_both(int count) const { return packets(Direction::up, count) + packets(Direction::down, count); }

 private:
  struct Count {
    std::uint16_t packets = 0;
    std::uint32_t bytes = 0;
  };
  [[nodiscard]] std::size_t index(int age) const { return static_cast<std::size_t>((newest_ - age + length) % length); }
  static std::size_t side(Direction direction) { return direction == Direction::up ? 0 : 1; }

  std::array<std::array<Count, 2>, length> buckets_{};
  int newest_ = 0;
  std::uint32_t readings_ = UINT32_MAX;  // bit i: the quarter of age i begins with a reading
};

}  // namespace voip::detectors
