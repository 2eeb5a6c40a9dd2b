// A call of which each second is told.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "core/quality/quality.h"

namespace voip::test {

class Talk : public testing::Test {
 protected:
  struct Way {
    Duration interval = 20ms;
    std::uint64_t bytes = 200;
    double lost = 0;
    double pause = 0;  // seconds in which only some short packets come
    bool varies = false;
  };
  Counters second(const Way& way) {
    const auto chance = [this](double part) { return std::uniform_real_distribution<>(0, 1)(random_) < part; };
    if (way.pause > 0 && chance(way.pause)) {
      return {3, 3 * 41};
    }
    Counters came;
    for (std::int64_t i = 0; i < 1000 / way.interval.count(); ++i) {
      if (!chance(way.lost)) {
        came.packets += 1;
        came.bytes += way.varies ? way.bytes / 2 + random_() % way.bytes : way.bytes;
      }
    }
    return came;
  }
  void talk(int seconds, const Way& up, const Way& down) {
    for (int i = 0; i < seconds; ++i) {
      meter_.measured(second(up), second(down), 1s, line_, around_);
    }
  }

  std::mt19937 random_{17};
  LineState line_;
  CallMeter::Around around_;
  CallMeter meter_{20};
};

}  // namespace voip::test
