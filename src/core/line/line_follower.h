// Keeps the rate that one direction is shaped to at what the line carries while that changes: LTE, a cable in the evening, Wi-Fi.
//
// A queue of the line that stands in spite of our shaping says that the line has become slower. Then the rate goes down at once,
// to what is measured to pass; first well below it, until the queue can be empty.
//
// That it carries more again only a trial can show: while what we hold back would take it, the rest gets a little more for a
// moment than the line was seen to carry. Passes that without a queue, then the line carries it, and the next trial follows; the
// first sample with a queue ends it, tells what the line does carry, and the next one has to wait, longer each time. Beyond what
// it was known to carry within a day only a line is tried that has fallen: a cable in the evening, not one that is always so.
//
// Where a short queue may stand, one is held instead (queue_holder.h).
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "core/line/followed.h"
#include "core/line/queue_holder.h"
#include "core/time.h"

namespace voip {

class LineFollower {
 public:
  // Shaping begins with what the line is known to carry. 0: it is not known, so there is nothing to follow.
  void begin(std::uint32_t kbit, Instant now);
  void end() {
    kbit_ = 0;
    drained_at_.reset();
    trial_.reset();
    held_kbit_ = 0;
  }
  [[nodiscard]] bool is_following() const { return kbit_ != 0; }

  void sampled(const FollowedSample& sample, Instant now);
  // The time has come to let go after a drain.
  void pass(Instant now);

  // The step that was done since the last call, if any is worth telling.
  std::optional<FollowedStep> take_step() { return std::exchange(step_, std::nullopt); }

  // The rate to shape to now.
  [[nodiscard]] std::uint32_t kbit() const {
    return held_kbit_ != 0 ? held_kbit_ : drained_at_ ? low_kbit_ : trial_ ? trial_->shaped : kbit_;
  }
  // What is let into the line by that: more than a share is left to the rest while a trial goes on, and while a queue is held.
  [[nodiscard]] std::uint32_t let_in_kbit() const {
    return held_kbit_ != 0 && holder_.kbit() != 0 ? holder_.kbit() : drained_at_ ? low_kbit_ : trial_ ? trial_->kbit : kbit_;
  }
  [[nodiscard]] std::optional<Instant> deadline() const { return drained_at_; }

 private:
  struct Trial {
    std::uint32_t kbit = 0;    // what the line has to carry
    std::uint32_t shaped = 0;  // the rate to which it is shaped for that
    Instant began{};
    std::uint64_t carried_sum = 0;  // over the samples that count, and all of them were calm
    std::uint32_t samples = 0;
  };
  void fall(const FollowedSample& sample, Instant now);
  void drain(const FollowedSample& sample, std::uint64_t percent, Instant now);
  void try_more(const FollowedSample& sample, Instant now);
  void judge_trial(const FollowedSample& sample, Instant now);
  void end_trial(Duration pause, Instant now);

  std::uint32_t kbit_ = 0;      // that the line was seen to carry
  std::uint32_t low_kbit_ = 0;  // while it drains
  std::optional<Trial> trial_;
  std::uint32_t failed_trials_ = 0;  // in a row
  Instant next_trial_{};
  std::uint32_t highest_kbit_ = 0;  // known within a day
  Instant highest_at_{};
  std::optional<Instant> fell_at_;
  std::optional<Instant> drained_at_;
  Instant settles_at_{};            // what is seen before is of the rate before
  std::uint32_t full_samples_ = 0;  // in a row
  std::optional<Instant> backlogged_since_;
  QueueHolder holder_;
  std::uint32_t held_kbit_ = 0;  // 0: no queue is held
  std::optional<FollowedStep> step_;
};

}  // namespace voip
