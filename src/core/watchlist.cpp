#include "core/watchlist.h"

#include <algorithm>
#include <cassert>

namespace voip {
namespace {

constexpr std::size_t budget = 256;        // flows in one reading: about 0.8 ms of CPU
constexpr Duration young = 3s;             // a call shows within that time
constexpr Duration baseline_after = 20ms;  // gathers the births of one burst into one batch
constexpr Duration quiet_pace = 1s;
constexpr Duration slowest_pace = 4s;
constexpr Duration quiet_is_old = 30s;
constexpr Duration first_listing_delay = 1s;  // after missed births; doubles while it goes on, since listing adds to the load
constexpr Duration longest_listing_delay = 60s;

}  // namespace

Watchlist::Watchlist(const MonitorSettings& settings) : settings_(settings), entries_(settings.max_watched_flows) {
  used_.reserve(entries_.size());
  due_.reserve(entries_.size());
}

Instant Watchlist::on_grid(Instant now, Duration pace) const {
  const auto steps = (now + pace / 2 - origin_ + pace - Duration(1)) / pace;
  return origin_ + steps * pace;
}

void Watchlist::set_pace(Entry& entry, Duration pace) {
  const auto is_fast_pace = [this](Duration value) { return value != Duration{} && value <= settings_.fast_interval; };
  fast_count_ += is_fast_pace(pace) ? 1U : 0U;
  fast_count_ -= is_fast_pace(entry.pace) ? 1U : 0U;
  entry.pace = pace;
}

void Watchlist::add(FlowSlot slot, bool is_fresh, Instant now) {
  Entry& entry = entries_.at(slot);
  assert(!entry.is_used);
  if (used_.empty()) {
    origin_ = now;
  }
  const Instant first = is_fresh ? on_grid(now, settings_.fast_interval) : now + baseline_after;
  entry = {now, first, Interest::undecided, Duration{}, true};
  set_pace(entry, settings_.fast_interval);
  used_.push_back(slot);
  earliest_ = earlier(earliest_, entry.next);
}

void Watchlist::remove(FlowSlot slot) {
  Entry& entry = entries_.at(slot);
  assert(entry.is_used);
  set_pace(entry, Duration{});
  entry.is_used = false;
  *std::find(used_.begin(), used_.end(), slot) = used_.back();
  used_.pop_back();
  if (entry.next == earliest_) {
    find_earliest();
  }
}

void Watchlist::set_interest(FlowSlot slot, Interest interest, Instant now) {
  Entry& entry = entries_.at(slot);
  assert(entry.is_used);
  entry.interest = interest;
  Duration pace{};
  if (interest == Interest::in_call) {
    pace = settings_.interval;
  } else if (interest == Interest::undecided || now - entry.added < young) {
    pace = settings_.fast_interval;
  } else if (interest == Interest::quiet) {
    pace = now - entry.added < quiet_is_old ? quiet_pace : 2 * quiet_pace;
  } else {
    pace = std::clamp(entry.pace * 2, Duration(quiet_pace), slowest_pace);
  }
  set_pace(entry, std::max(pace, settings_.fast_interval));
  entry.next = std::min(entry.next, on_grid(now, entry.pace));
  earliest_ = earlier(earliest_, entry.next);
}

int Watchlist::rank(const Entry& entry, Instant now) const {
  if (entry.interest == Interest::in_call) {
    return 0;
  }
  if (now - entry.added < young) {
    return 1;
  }
  return entry.interest == Interest::undecided ? 2 : 3;
}

std::optional<FlowSlot> Watchlist::least_promising(Instant now) const {
  std::optional<FlowSlot> worst;
  for (const FlowSlot slot : used_) {
    const Entry& entry = entries_[slot];
    const bool is_dispensable =
        entry.interest == Interest::dismissed || (entry.interest == Interest::quiet && now - entry.added >= young);
    if (is_dispensable && (!worst || entry.added < entries_[*worst].added)) {
      worst = slot;
    }
  }
  return worst;
}

std::span<const FlowSlot> Watchlist::take_due(Instant now) {
  due_.clear();
  if (!earliest_ || *earliest_ > now) {
    return due_;
  }
  for (const FlowSlot slot : used_) {
    if (entries_[slot].next <= now) {
      due_.push_back(slot);
    }
  }
  if (due_.size() > budget) {
    const auto comes_first = [this, now](FlowSlot a, FlowSlot b) {
      const int rank_a = rank(entries_[a], now);
      const int rank_b = rank(entries_[b], now);
      return rank_a != rank_b ? rank_a < rank_b : entries_[a].next < entries_[b].next;
    };
    std::nth_element(due_.begin(), due_.begin() + budget, due_.end(), comes_first);
    // The rest stays due and comes with the next reading, which is not before the fast interval.
    for (auto rest = due_.begin() + budget; rest != due_.end(); ++rest) {
      entries_[*rest].next = on_grid(now, settings_.fast_interval);
    }
    due_.resize(budget);
  }
  for (const FlowSlot slot : due_) {
    entries_[slot].next = on_grid(now, entries_[slot].pace);
  }
  find_earliest();
  return due_;
}

void Watchlist::births_missed(Instant now) {
  const bool goes_on = last_missed_ && now - *last_missed_ < 2 * longest_listing_delay;
  listing_delay_ = goes_on ? std::min(listing_delay_ * 2, longest_listing_delay) : first_listing_delay;
  last_missed_ = now;
  next_listing_ = earlier(next_listing_, now + listing_delay_);
}

bool Watchlist::take_listing(Instant now) {
  if (!next_listing_ || *next_listing_ > now) {
    return false;
  }
  next_listing_ = now + settings_.audit_interval;
  return true;
}

std::optional<Instant> Watchlist::deadline() const {
  return earlier(next_listing_, earliest_);
}

void Watchlist::find_earliest() {
  earliest_.reset();
  for (const FlowSlot slot : used_) {
    earliest_ = earlier(earliest_, entries_[slot].next);
  }
}

}  // namespace voip
