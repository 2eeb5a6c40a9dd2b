#include "core/line/queue_holder.h"

#include <algorithm>
#include <utility>

namespace voip {
namespace {

constexpr std::int64_t within_ms = 500;  // a queue is brought to its target
constexpr std::int64_t least_percent = 50;
constexpr std::int64_t most_percent = 105;      // with each sample: twice the rate is reached within four seconds
constexpr std::uint64_t regained_percent = 97;  // of what the line carried last, as soon as its queue is gone
constexpr std::uint64_t fallen_percent = 80;    // of what was told last
constexpr std::uint64_t risen_percent = 125;
constexpr std::uint32_t slowly = 8;  // samples

}  // namespace

// By how much the queue is off its target, and as much again as it has grown since the sample before: what is done now is felt in
// the next one only. One late sample costs a few percent, no more, so none is waited for to be sure.
std::uint32_t QueueHolder::shaped_after(const FollowedSample& sample, std::uint32_t shaped_kbit) {
  const Duration before = std::exchange(queue_, sample.queue);
  const std::uint64_t share = std::uint64_t{shaped_kbit} * sample.shared_percent / 100;
  see_call(sample.carried_kbit, share);
  if (sample.is_full) {
    const Duration ahead = sample.queue + std::max(sample.queue - before, Duration::zero());
    const std::int64_t percent = std::clamp(100 + (sample.target - ahead).count() * 100 / within_ms, least_percent, most_percent);
    full_kbit_ = sample.carried_kbit;
    kbit_ = part_of(full_kbit_, static_cast<std::uint64_t>(percent));
  } else {
    const std::uint32_t regained = part_of(full_kbit_, regained_percent);
    const bool is_backlogged = std::uint64_t{sample.carried_kbit} * 100 >= share * backlogged_percent;
    if (!sample.is_calm || (kbit_ >= regained && !is_backlogged)) {
      return shaped_kbit;
    }
    kbit_ = kbit_ < regained ? regained : part_of(kbit_, static_cast<std::uint64_t>(most_percent));
  }
  const std::uint64_t rest = kbit_ - std::min(call_kbit_, kbit_ / 2);
  return static_cast<std::uint32_t>(rest * 100 / std::max(sample.shared_percent, 1U));
}

// In the sample after a change some passed by the share before, so the larger one counts; and what seems to be more is believed
// slowly.
void QueueHolder::see_call(std::uint32_t carried_kbit, std::uint64_t share) {
  const std::uint64_t most_share = std::max(share, std::exchange(share_, share));
  const auto seen = static_cast<std::uint32_t>(carried_kbit > most_share ? carried_kbit - most_share : 0);
  call_kbit_ = seen < call_kbit_ ? seen : call_kbit_ + (seen - call_kbit_) / slowly;
}

std::optional<FollowedStep> QueueHolder::step_of(const FollowedSample& sample) {
  // While a queue drains less than what the line carries goes in.
  const std::uint32_t kbit = sample.is_full ? full_kbit_ : kbit_;
  const bool has_fallen = sample.is_full && std::uint64_t{kbit} * 100 < std::uint64_t{told_kbit_} * fallen_percent;
  const bool has_risen = !sample.is_full && std::uint64_t{kbit} * 100 > std::uint64_t{told_kbit_} * risen_percent;
  if (!has_fallen && !has_risen) {
    return std::nullopt;
  }
  told_kbit_ = kbit;
  return FollowedStep{has_fallen, kbit, sample.queue, sample.carried_kbit};
}

}  // namespace voip
