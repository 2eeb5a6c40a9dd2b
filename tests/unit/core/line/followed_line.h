#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/line/line_follower.h"
#include "source_dir.h"
#include "unit/simulation.h"

namespace voip {

// A line with a bulk transfer that takes what it gets, four samples a second. The queue is what passes beyond what the line
// carries.
class Following : public testing::Test {
 protected:
  void SetUp() override { follower_.begin(10'000, now_); }

  void run(Duration length) {
    for (const Instant end = now_ + length; now_ < end;) {
      now_ += 10ms;
      follower_.pass(now_);
      const std::int64_t offered = std::min<std::int64_t>(offered_kbit_, std::int64_t{follower_.kbit()} * 70 / 100) + call_kbit_;
      queue_kbit_ms_ = std::clamp<std::int64_t>(queue_kbit_ms_ + (offered - line_kbit_) * 10, 0, line_kbit_ * longest_.count());
      shortest_queue_ = std::min(shortest_queue_, queue());
      if ((now_.time_since_epoch() + shift_) % 250ms == 0ms) {
        const Duration queue = std::exchange(shortest_queue_, Duration::max());
        const bool is_full = queue > 20ms;
        follower_.sampled({.is_full = is_full && is_seen_,
                           .is_calm = !is_full && is_seen_,
                           .queue = queue,
                           .carried_kbit = static_cast<std::uint32_t>(queue_kbit_ms_ > 0 ? line_kbit_ : offered),
                           .target = target_},
                          now_);
      }
      longest_queue_ = std::max(longest_queue_, queue());
      shortest_ever_ = std::min(shortest_ever_, queue());
      queues_.push_back(queue());
      carried_ += queue_kbit_ms_ > 0 ? line_kbit_ : std::min(offered, line_kbit_);
      could_ += line_kbit_;
      shaped_ += follower_.kbit() != std::exchange(shaped_kbit_, follower_.kbit()) ? 1 : 0;
    }
  }
  // What is told once the line is halved.
  std::optional<FollowedStep> step_after_a_halving() {
    run(5s);
    EXPECT_FALSE(follower_.take_step());
    line_kbit_ = 5000;
    run(2s);
    return follower_.take_step();
  }
  // As the bench does: seconds and kbit/s, a line each.
  void run_trace(const std::string& name) {
    std::ifstream file(VOIP_SOURCE_DIR "/tests/bench/lines/" + name);
    for (std::string line; std::getline(file, line);) {
      double seconds = 0;
      if (std::istringstream row(line); row >> seconds >> line_kbit_) {
        run(Duration(static_cast<std::int64_t>(seconds * 1000)));
      }
    }
  }
  [[nodiscard]] Duration usual_worst_queue() {
    std::sort(queues_.begin(), queues_.end());
    return queues_.at(queues_.size() * 95 / 100);
  }
  [[nodiscard]] Duration queue() const { return Duration(queue_kbit_ms_ / line_kbit_); }

  LineFollower follower_;
  Instant now_ = at(100s);
  std::int64_t line_kbit_ = 10'000;
  std::int64_t offered_kbit_ = 100'000;
  std::int64_t call_kbit_ = 0;
  std::int64_t queue_kbit_ms_ = 0;
  Duration longest_ = 1s;                      // queue: what is more is lost
  Duration shift_{};                           // of the samples
  Duration shortest_queue_ = Duration::max();  // since the last sample, which tells of it
  Duration longest_queue_{};
  Duration shortest_ever_ = Duration::max();
  std::uint32_t shaped_kbit_ = 0;
  int shaped_ = 0;  // so often anew
  bool is_seen_ = true;
  Duration target_{};
  std::vector<Duration> queues_;
  std::int64_t carried_ = 0;
  std::int64_t could_ = 0;
};

// Whenever its changes meet the samples.
class FollowingATrace : public Following, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    longest_ = 500ms;
    shift_ = Duration(GetParam());
  }
};

}  // namespace voip
