#include "core/line/line_follower.h"

#include <algorithm>

namespace voip {
namespace {

constexpr std::uint32_t samples_for_a_fall = 2;  // or one with a queue that is worth a drain: no jitter is as long
constexpr std::uint64_t margin_percent = 97;     // of what is measured
constexpr std::uint64_t drain_percent = 35;      // of it, while a queue drains
constexpr Duration worth_a_drain = 60ms;
constexpr Duration longest_drain = 2s;
constexpr Duration settling = 500ms;      // until samples show a new rate
constexpr Duration trial_after = 1500ms;  // of a calm line
constexpr std::uint64_t trial_percent = 107;
constexpr std::uint64_t next_trial_percent = 111;  // after one that has passed
constexpr std::uint64_t tried_percent = 98;        // has passed of what was to be tried: more than the line was seen to carry
constexpr std::uint64_t back_percent = 96;         // of what is known, and then it is all there again
constexpr Duration trial_length = 750ms;
constexpr Duration trial_begin = 300ms;  // what is seen before is of the rate before
constexpr Duration longest_trial = 2s;   // where nothing tells, or the rest does not take it
constexpr Duration pause_after_failure = 6s;
constexpr std::uint32_t failures_at_first = 3;  // ... each so long after the other
constexpr std::uint32_t most_doublings = 3;
constexpr std::uint64_t drain_after_trial_percent = 60;
// Of what it was seen to carry. What is measured within a sample is nearly that far from true at times.
constexpr std::uint64_t fallen_percent = 90;
constexpr Duration day = 24h;

// All of what it was known to carry would leave a queue where it is.
std::uint32_t almost(std::uint32_t highest_kbit) {
  return part_of(highest_kbit, back_percent);
}

}  // namespace

void LineFollower::begin(std::uint32_t kbit, Instant now) {
  kbit_ = kbit;
  drained_at_.reset();
  trial_.reset();
  holder_ = QueueHolder(kbit);
  held_kbit_ = 0;
  failed_trials_ = 0;
  next_trial_ = now;
  settles_at_ = now + settling;
  full_samples_ = 0;
  backlogged_since_.reset();
  if (kbit >= highest_kbit_ || now - highest_at_ > day) {
    highest_kbit_ = kbit;
    highest_at_ = now;
  }
}

void LineFollower::sampled(const FollowedSample& sample, Instant now) {
  pass(now);
  if (!is_following() || drained_at_) {
    return;
  }
  if (sample.target > Duration::zero()) {
    if (now >= settles_at_) {
      held_kbit_ = holder_.shaped_after(sample, kbit());
      if (const auto step = holder_.step_of(sample)) {
        step_ = step;
      }
    }
    return;
  }
  if (trial_) {
    judge_trial(sample, now);
    return;
  }
  if (now < settles_at_) {
    return;
  }
  full_samples_ = sample.is_full ? full_samples_ + 1 : 0;
  if (full_samples_ >= samples_for_a_fall || (sample.is_full && sample.queue >= worth_a_drain)) {
    fall(sample, now);
    return;
  }
  const std::uint64_t share = std::uint64_t{kbit_} * sample.shared_percent / 100;
  if (!sample.is_calm || sample.carried_kbit * std::uint64_t{100} < share * backlogged_percent) {
    backlogged_since_.reset();
    return;
  }
  backlogged_since_ = backlogged_since_.value_or(now);
  const bool is_below = kbit_ < highest_kbit_;
  const bool varies = fell_at_ && now - *fell_at_ < day;
  if ((is_below || varies) && now >= next_trial_ && now - *backlogged_since_ >= trial_after) {
    try_more(sample, now);
  }
}

void LineFollower::fall(const FollowedSample& sample, Instant now) {
  full_samples_ = 0;
  backlogged_since_.reset();
  fell_at_ = now;
  failed_trials_ = 0;
  next_trial_ = now + pause_after_failure;
  // What stood in spite of us cannot mean that the line became faster.
  kbit_ = std::min(kbit_, part_of(sample.carried_kbit, margin_percent));
  settles_at_ = now + settling;
  step_ = FollowedStep{true, kbit_, sample.queue, sample.carried_kbit};
  if (sample.queue >= worth_a_drain) {
    drain(sample, drain_percent, now);
  }
}

// The rest gets its share of so many percent until the queue can be empty.
void LineFollower::drain(const FollowedSample& sample, std::uint64_t percent, Instant now) {
  low_kbit_ = part_of(sample.carried_kbit, percent);
  const auto held_percent = static_cast<std::int64_t>(percent * sample.shared_percent / 100);
  drained_at_ = now + std::min(sample.queue * 100 / (100 - held_percent), longest_drain);
  settles_at_ = *drained_at_ + settling;
}

void LineFollower::try_more(const FollowedSample& sample, Instant now) {
  std::uint32_t wished = part_of(kbit_, trial_ ? next_trial_percent : trial_percent);
  if (kbit_ < highest_kbit_) {
    wished = std::min(wished, almost(highest_kbit_));
  }
  // The call passes besides the share of the rest.
  const std::uint64_t share = std::uint64_t{kbit()} * sample.shared_percent / 100;
  const std::uint64_t call = std::min<std::uint64_t>(sample.carried_kbit > share ? sample.carried_kbit - share : 0, wished / 2);
  trial_ = Trial{wished, static_cast<std::uint32_t>((wished - call) * 100 / std::max(sample.shared_percent, 1U)), now};
}

void LineFollower::judge_trial(const FollowedSample& sample, Instant now) {
  if (sample.is_full) {
    if (std::uint64_t{sample.carried_kbit} * 100 < std::uint64_t{kbit_} * fallen_percent) {
      trial_.reset();
      fall(sample, now);
      return;
    }
    // A full line shows what it carries.
    kbit_ = std::max(kbit_, std::min(trial_->kbit, part_of(sample.carried_kbit, margin_percent)));
    failed_trials_ = std::min(failed_trials_ + 1, failures_at_first + most_doublings);
    end_trial(pause_after_failure * (1U << (std::max(failed_trials_, failures_at_first) - failures_at_first)), now);
    drain(sample, sample.queue >= worth_a_drain ? drain_percent : drain_after_trial_percent, now);
    return;
  }
  const Duration lasted = now - trial_->began;
  if (lasted > trial_begin) {
    trial_->carried_sum += sample.is_calm ? sample.carried_kbit : 0;
    ++trial_->samples;
  }
  const bool has_passed =
      trial_->samples > 0 && trial_->carried_sum * 100 >= std::uint64_t{trial_->kbit} * tried_percent * trial_->samples;
  if (lasted >= trial_length && has_passed) {
    const bool is_back = kbit_ < highest_kbit_ && trial_->kbit >= almost(highest_kbit_);
    kbit_ = is_back ? highest_kbit_ : trial_->kbit;
    failed_trials_ = 0;
    if (kbit_ >= highest_kbit_) {
      highest_kbit_ = kbit_;
      highest_at_ = now;
    }
    try_more(sample, now);
    if (is_back) {
      step_ = FollowedStep{false, kbit_, {}, {}};
    }
  } else if (lasted >= longest_trial) {
    end_trial(pause_after_failure, now);
  }
}

void LineFollower::end_trial(Duration pause, Instant now) {
  trial_.reset();
  backlogged_since_.reset();
  full_samples_ = 0;
  next_trial_ = now + pause;
  settles_at_ = now + settling;
}

void LineFollower::pass(Instant now) {
  if (drained_at_ && now >= *drained_at_) {
    drained_at_.reset();
  }
}

}  // namespace voip
