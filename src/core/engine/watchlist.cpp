#include "core/engine/watchlist.h"

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
constexpr Duration patience_per_flow = 20ms;  // ... of a device, for each beyond a quarter of all: some seconds with hundreds
constexpr Duration baseline_after = 20ms;     // gathers the births of one burst into one batch
constexpr Duration quiet_pace = 1s;
constexpr Duration slowest_pace = 4s;
constexpr Duration quiet_is_old = 30s;
constexpr Duration shortest_listing_delay = 1s;
constexpr Duration longest_listing_delay = 60s;
constexpr Duration storm_is_over = 2 * longest_listing_delay;

}  // namespace

Watchlist::Watchlist(const MonitorSettings& settings)
    : settings_(settings), entries_(settings.max_watched_flows), shares_(settings.max_watched_flows) {
  used_.reserve(entries_.size());
  due_.reserve(entries_.size());
}

Instant Watchlist::on_grid(Instant now, Duration pace) const {
  const Duration least = std::max(pace / 2, Duration(1));  // later than now, whatever the pace
  const auto steps = (now + least - origin_ + pace - Duration(1)) / pace;
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

void Watchlist::add(FlowSlot slot, const IpAddress& client, bool is_fresh, Instant now) {
  Entry& entry = entries_.at(slot);
  assert(!entry.is_used);
  if (used_.empty()) {
    origin_ = now;
  }
  const Instant first = is_fresh ? on_grid(now, settings_.fast_interval) : now + baseline_after;
  entry = {now, first, first, Interest::undecided, Duration{}, true};
  set_pace(entry, settings_.fast_interval);
  used_.push_back(slot);
  shares_.add(slot, client);
  earliest_ = earlier(earliest_, entry.next);
}

void Watchlist::remove(FlowSlot slot) {
  Entry& entry = entries_.at(slot);
  assert(entry.is_used);
  set_pace(entry, Duration{});
  note_interest(entry, Interest::undecided);
  entry.is_used = false;
  shares_.remove(slot);
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

// Young flows come before the others, and those of a device before the hundreds of another, but nobody waits for ever.
Instant Watchlist::urgency(FlowSlot slot, Instant now) const {
  const Entry& entry = entries_[slot];
  if (is_certain(entry)) {
    return entry.due;
  }
  const std::size_t usual_share = entries_.size() / 4;
  const std::size_t excess = std::max(shares_.of(slot), usual_share) - usual_share;
  const Instant turn = entry.due + static_cast<Duration::rep>(excess) * patience_per_flow;
  if (now - entry.added < young) {
    return turn;
  }
  return turn + (entry.interest == Interest::undecided ? undecided_patience : patience);
}

bool Watchlist::is_dispensable(FlowSlot slot, Instant now) const {
  const Entry& entry = entries_.at(slot);
  return entry.interest == Interest::dismissed || (entry.interest == Interest::quiet && now - entry.added >= young);
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
  const auto looks_certain = [this](FlowSlot slot) { return is_certain(entries_[slot]); };
  const auto certain = static_cast<std::size_t>(std::count_if(due_.begin(), due_.end(), looks_certain));
  const std::size_t curious = std::min({due_.size() - certain, curiosity, credit_});
  credit_ -= curious;
  if (certain + curious == due_.size() && due_.size() <= budget) {
    return;
  }
  const auto first_curious = std::partition(due_.begin(), due_.end(), looks_certain);
  // The most urgent stay; the rest stays due and comes with the next reading, which is not before the fast interval.
  const auto keep = [this, now](auto begin, auto end, std::size_t most) {
    const auto kept = begin + std::min(end - begin, static_cast<std::ptrdiff_t>(most));
    std::nth_element(begin, kept, end, [this, now](FlowSlot a, FlowSlot b) { return urgency(a, now) < urgency(b, now); });
    std::for_each(kept, end, [this, now](FlowSlot slot) { entries_[slot].next = on_grid(now, settings_.fast_interval); });
    return kept;
  };
  due_.erase(keep(first_curious, due_.end(), curious), due_.end());
  due_.erase(keep(due_.begin(), first_curious, budget - curious), first_curious);
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
