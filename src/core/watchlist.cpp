#include "core/watchlist.h"

#include <algorithm>
#include <cassert>

namespace voip {
namespace {

constexpr std::size_t budget = 256;  // flows in one reading: about 1 ms of CPU
// ... of them such as nothing speaks for yet. A page that opens dozens of flows is read at once; of a torrent's thousands, which
// stay, so many a second.
constexpr std::size_t curiosity = 40;
constexpr std::size_t lasting_curiosity_per_s = 64;
constexpr std::size_t most_credit = 1280;
constexpr Duration young = 3s;                // a call shows within that time
constexpr Duration undecided_patience = 20s;  // behind young flows, in a flood
constexpr Duration patience = 40s;
constexpr Duration baseline_after = 20ms;  // gathers the births of one burst into one batch
constexpr Duration quiet_pace = 1s;
constexpr Duration slowest_pace = 4s;
constexpr Duration quiet_is_old = 30s;
constexpr Duration shortest_listing_delay = 1s;
constexpr Duration longest_listing_delay = 60s;
constexpr Duration storm_is_over = 2 * longest_listing_delay;

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

void Watchlist::note_interest(Entry& entry, Interest interest) {
  promising_count_ += interest == Interest::promising ? 1U : 0U;
  promising_count_ -= entry.interest == Interest::promising ? 1U : 0U;
  entry.interest = interest;
}

void Watchlist::add(FlowSlot slot, bool is_fresh, Instant now) {
  Entry& entry = entries_.at(slot);
  assert(!entry.is_used);
  if (used_.empty()) {
    origin_ = now;
  }
  const Instant first = is_fresh ? on_grid(now, settings_.fast_interval) : now + baseline_after;
  entry = {now, first, first, Interest::undecided, Duration{}, true};
  set_pace(entry, settings_.fast_interval);
  used_.push_back(slot);
  earliest_ = earlier(earliest_, entry.next);
}

void Watchlist::remove(FlowSlot slot) {
  Entry& entry = entries_.at(slot);
  assert(entry.is_used);
  set_pace(entry, Duration{});
  note_interest(entry, Interest::undecided);
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
  note_interest(entry, interest);
  Duration pace{};
  if (interest == Interest::in_call) {
    pace = settings_.interval;
  } else if (interest == Interest::promising || interest == Interest::undecided || now - entry.added < young) {
    pace = settings_.fast_interval;
  } else if (interest == Interest::quiet) {
    pace = now - entry.added < quiet_is_old ? quiet_pace : 2 * quiet_pace;
  } else {
    pace = std::clamp(entry.pace * 2, Duration(quiet_pace), slowest_pace);
  }
  set_pace(entry, std::max(pace, settings_.fast_interval));
  entry.next = std::min(entry.next, on_grid(now, entry.pace));
  entry.due = std::min(entry.due, entry.next);
  earliest_ = earlier(earliest_, entry.next);
}

bool Watchlist::is_certain(const Entry& entry) {
  return entry.interest == Interest::in_call || entry.interest == Interest::promising;
}

// Young flows come before the others, but nobody waits for ever.
Instant Watchlist::urgency(const Entry& entry, Instant now) {
  if (is_certain(entry)) {
    return Instant::min();
  }
  if (now - entry.added < young) {
    return entry.due;
  }
  return entry.due + (entry.interest == Interest::undecided ? undecided_patience : patience);
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
  keep_within_budget(now);
  for (const FlowSlot slot : due_) {
    Entry& entry = entries_[slot];
    entry.next = on_grid(now, entry.pace);
    entry.due = entry.next;
  }
  find_earliest();
  return due_;
}

void Watchlist::keep_within_budget(Instant now) {
  const Duration rested = credited_ ? std::min(now - *credited_, Duration(1min)) : Duration(1min);
  const auto rested_ms = static_cast<std::size_t>(rested.count());
  if (const std::size_t earned = rested_ms * lasting_curiosity_per_s / 1000; earned != 0) {
    credit_ = std::min(credit_ + earned, most_credit);
    credited_ = now;
  }
  const auto certain = static_cast<std::size_t>(
      std::count_if(due_.begin(), due_.end(), [this](FlowSlot slot) { return is_certain(entries_[slot]); }));
  const std::size_t curious = std::min({due_.size() - certain, curiosity, credit_});
  credit_ -= curious;
  const std::size_t kept = std::min(certain + curious, budget);
  if (kept == due_.size()) {
    return;
  }
  const auto end = due_.begin() + static_cast<std::ptrdiff_t>(kept);
  std::nth_element(due_.begin(), end, due_.end(),
                   [this, now](FlowSlot a, FlowSlot b) { return urgency(entries_[a], now) < urgency(entries_[b], now); });
  // The rest stays due and comes with the next reading, which is not before the fast interval.
  std::for_each(end, due_.end(), [this, now](FlowSlot slot) { entries_[slot].next = on_grid(now, settings_.fast_interval); });
  due_.resize(kept);
}

void Watchlist::births_missed(Instant now) {
  if (!missed_since_ || now - last_missed_ >= storm_is_over) {
    missed_since_ = now;
  }
  last_missed_ = now;
  const Duration delay = std::clamp((now - *missed_since_) / 8, shortest_listing_delay, longest_listing_delay);
  next_listing_ = earlier(next_listing_, now + delay);
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
