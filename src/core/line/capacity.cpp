#include "core/line/capacity.h"

#include <algorithm>
#include <utility>

namespace voip {
namespace {

constexpr Duration second = 1s;
constexpr Duration longer_than_a_burst = 3s;
constexpr Duration longest_gap = 3s;  // between moments of the same queue
constexpr std::size_t least_seconds = 3;
constexpr std::size_t most_seconds = 5;
constexpr std::size_t most_testimonies = 8;
constexpr Duration day = 24h;
constexpr std::uint32_t alike_percent = 8;
constexpr Duration boost = 20s;  // longer than any provider lets a line be faster

bool is_more(std::uint32_t a, std::uint32_t b) {
  return std::uint64_t{a} * 100 > std::uint64_t{b} * (100 + alike_percent);
}

bool are_alike(std::uint32_t a, std::uint32_t b) {
  return !is_more(a, b) && !is_more(b, a);
}

}  // namespace

void Capacity::Count::add(std::uint64_t more, Duration meanwhile) {
  bytes += more;
  over += meanwhile;
}

std::uint32_t Capacity::Count::kbit() const {
  return static_cast<std::uint32_t>(bytes * 8 / static_cast<std::uint64_t>(over.count()));
}

void Capacity::carried(std::uint64_t bytes, Duration over, const std::optional<IpPrefix>& only_witness, Instant now) {
  if (over <= Duration::zero()) {
    return;
  }
  if (now - last_ > longest_gap + over) {
    seconds_.clear();
    rises_since_.reset();
    count_ = {};
  }
  if (count_.over == Duration::zero()) {
    only_witness_ = only_witness;
    has_several_ = !only_witness;
  }
  has_several_ = has_several_ || only_witness != only_witness_;
  last_ = now;
  count_.add(bytes, over);
  if (count_.over >= second) {
    add({std::exchange(count_, {}).kbit(), now, has_several_ ? std::nullopt : only_witness_});
  }
}

void Capacity::passed(std::uint64_t bytes, Duration over, Instant now) {
  if (now - calm_last_ > 2 * over) {
    calm_ = {};
  }
  calm_last_ = now;
  calm_.add(bytes, over);
  if (calm_.over < longer_than_a_burst) {
    return;
  }
  const std::uint32_t kbit = std::exchange(calm_, {}).kbit();
  if (is_more(kbit, calm_kbit_) || now - calm_at_ > day) {
    calm_kbit_ = kbit;
    calm_at_ = now;
  }
}

std::uint32_t Capacity::median() const {
  std::vector<std::uint32_t> rates;
  for (const Second& one : seconds_) {
    rates.push_back(one.kbit);
  }
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::nth_element(rates.begin(), middle, rates.end());
  return *middle;
}

// Two of these seconds had several witnesses, or the one that they had was not always the same. In one of them an answer may have
// come late by chance.
bool Capacity::are_several() const {
  const auto several = std::count_if(seconds_.begin(), seconds_.end(), [](const Second& one) { return !one.only_witness; });
  const auto first =
      std::find_if(seconds_.begin(), seconds_.end(), [](const Second& one) { return one.only_witness.has_value(); });
  const bool is_another = std::any_of(
      first, seconds_.end(), [&](const Second& one) { return one.only_witness && one.only_witness != first->only_witness; });
  return several >= 2 || is_another;
}

void Capacity::add(const Second& one) {
  if (seconds_.size() == most_seconds) {
    seconds_.erase(seconds_.begin());
  }
  seconds_.push_back(one);
  if (seconds_.size() < least_seconds) {
    return;
  }
  const std::uint32_t kbit = median();
  if (are_several()) {
    believe(kbit, one.at);
    return;
  }
  if (!one.only_witness) {
    return;
  }
  std::erase_if(testimonies_, [&](const Testimony& each) { return each.network == *one.only_witness || one.at - each.at > day; });
  if (std::any_of(testimonies_.begin(), testimonies_.end(), [&](const Testimony& each) { return are_alike(each.kbit, kbit); })) {
    believe(kbit, one.at);
  }
  if (testimonies_.size() == most_testimonies) {
    testimonies_.erase(testimonies_.begin());
  }
  testimonies_.push_back({*one.only_witness, kbit, one.at});
}

void Capacity::believe(std::uint32_t kbit, Instant now) {
  if (kbit_ && is_more(kbit, *kbit_)) {
    rises_since_ = rises_since_.value_or(now);
    if (now - *rises_since_ < boost) {
      return;
    }
  }
  rises_since_.reset();
  kbit_ = kbit;
  learnt_ = now;
  if (low_kbit_ == 0 || kbit <= low_kbit_ || now - low_at_ > day) {
    low_kbit_ = kbit;
    low_at_ = now;
  }
}

void Capacity::restore(const LineDirection& kept) {
  if (kept.kbit && kept.learnt) {
    kbit_ = kept.kbit;
    learnt_ = kept.learnt;
    low_kbit_ = kept.low_kbit == 0 ? *kept.kbit : kept.low_kbit;
    low_at_ = *kept.learnt;
  }
}

void Capacity::tell(LineDirection& direction) const {
  direction.kbit = kbit_;
  direction.learnt = learnt_;
  direction.low_kbit = low_kbit_;
  direction.calm_kbit = calm_kbit_;
}

}  // namespace voip
