#include "core/line/line_follower.h"

#include <algorithm>

namespace voip {
namespace {

constexpr std::uint32_t samples_for_a_fall = 2;
constexpr std::uint64_t margin_percent = 97;  // of what is measured
constexpr std::uint64_t drain_percent = 35;   // of it, while a queue drains
constexpr Duration worth_a_drain = 60ms;
constexpr Duration longest_drain = 2s;
constexpr Duration settling = 500ms;  // until samples show a new rate
constexpr std::uint32_t least_kbit = 150;
constexpr std::uint64_t backlogged_percent = 90;  // of its share: then the rest is held back by us
constexpr Duration step_after = 1500ms;
constexpr std::uint64_t step_percent = 112;
constexpr Duration slow_step_after = 10s;  // beyond what is known
constexpr std::uint64_t slow_step_percent = 105;
constexpr Duration day = 24h;

std::uint32_t part(std::uint32_t kbit, std::uint64_t percent) {
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(kbit * percent / 100, least_kbit));
}

}  // namespace

void LineFollower::begin(std::uint32_t kbit, Instant now) {
  kbit_ = kbit;
  drained_at_.reset();
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
  if (!is_following() || now < settles_at_ || drained_at_) {
    return;
  }
  full_samples_ = sample.is_full ? full_samples_ + 1 : 0;
  if (full_samples_ >= samples_for_a_fall) {
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
  if ((is_below || varies) && now - *backlogged_since_ >= (is_below ? step_after : slow_step_after)) {
    rise(now);
  }
}

void LineFollower::fall(const FollowedSample& sample, Instant now) {
  full_samples_ = 0;
  backlogged_since_.reset();
  fell_at_ = now;
  // What stood in spite of us cannot mean that the line became faster.
  kbit_ = std::min(kbit_, part(sample.carried_kbit, margin_percent));
  settles_at_ = now + settling;
  step_ = FollowedStep{true, kbit_, sample.queue, sample.carried_kbit};
  if (sample.queue >= worth_a_drain) {
    low_kbit_ = part(sample.carried_kbit, drain_percent);
    const auto held_percent = static_cast<std::int64_t>(drain_percent * sample.shared_percent / 100);
    drained_at_ = now + std::min(sample.queue * 100 / (100 - held_percent), longest_drain);
    settles_at_ = *drained_at_ + settling;
  }
}

void LineFollower::rise(Instant now) {
  backlogged_since_.reset();
  if (kbit_ < highest_kbit_) {
    kbit_ = std::min(part(kbit_, step_percent), highest_kbit_);
    if (kbit_ == highest_kbit_) {
      step_ = FollowedStep{false, kbit_, {}, {}};
    }
    return;
  }
  kbit_ = part(kbit_, slow_step_percent);
  highest_kbit_ = kbit_;
  highest_at_ = now;
}

void LineFollower::pass(Instant now) {
  if (drained_at_ && now >= *drained_at_) {
    drained_at_.reset();
  }
}

}  // namespace voip
