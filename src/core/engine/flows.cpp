// Which flows the engine watches: their births, readings and ends, and who makes room for whom.
#include <utility>

#include "core/engine/engine.h"

namespace voip {
namespace {

constexpr Duration stale_mark_after = 15s;  // a mark on a flow that is no call: left by a run that was killed

constexpr std::uint64_t busy_packets = 20;
constexpr Duration time_to_show = 3s;  // a call has carried more by then
constexpr std::int32_t slow_packets_per_s = 5;

std::uint64_t packets_of(const Flow& flow) {
  return flow.up.packets + flow.down.packets;
}

std::int32_t packets_per_s(const Flow& flow) {
  return flow.rates.up_packets_per_s + flow.rates.down_packets_per_s;
}

bool has_mark(std::uint32_t mark, const MarkSettings& call_mark) {
  return (mark & call_mark.mask) == call_mark.value;
}

}  // namespace

void Engine::handle(Instant now, const FlowBorn& event) {
  mark_rtcp(event);
  if (flows_.find(event.key)) {
    return;
  }
  flows_seen_ += event.packets ? 0U : 1U;  // a listing tells again what was seen before
  const std::int32_t device = devices_.device_of(event.key.client.address);
  const FlowFacts facts = facts_of(event, device);
  if (!is_wanted(facts) || (flows_.size() == flows_.capacity() && !make_room(event, now))) {
    return;
  }
  Flow flow;
  flow.facts = facts;
  flow.device = device;
  flow.conntrack_id = event.conntrack_id;
  flow.seen_first = event.at;
  flow.mark = event.mark;
  if (event.is_fresh) {
    flow.first_packet = flow.measured = event.at;
    flow.totals.at = flow.window.at = flow.next_window.at = event.at;
  }
  if (const auto slot = flows_.add(flow)) {
    watchlist_.add(*slot, facts.key.client.address, event.is_fresh, now);
    calls_.flow_started(*slot, facts, now);
  }
}

// A newcomer takes a place from the device that has the most flows, if that is more than its own has: before all one of a flow
// that was dismissed, or else is slow, or young; only where nothing else is left one of a flow that looks like a call. Else it
// takes that of a flow of its own device which gives way to it. Where none does, all may be young, and the newcomer a call's
// among a torrent's: a listing, which shows what each flow has carried, will tell. What was listed must have carried something to
// take a place.
bool Engine::make_room(const FlowBorn& event, Instant now) {
  if (event.packets && *event.packets < busy_packets) {
    return false;
  }
  const std::size_t own_share = watchlist_.share_of(event.key.client.address);
  std::optional<FlowSlot> victim;
  Rank lowest;
  for (FlowSlot slot = 0; slot < flows_.capacity(); ++slot) {
    const std::size_t share = watchlist_.share_of(slot);
    const bool is_greedy = share > own_share + 1;
    const bool is_certain = watchlist_.is_certain(slot);
    const bool is_own = flows_.at(slot).facts.key.client.address == event.key.client.address;
    if (!is_greedy && (!is_own || is_certain || !gives_way(slot, event, now))) {
      continue;
    }
    const std::int64_t last = is_greedy && is_certain ? 2 : is_greedy ? 0 : 1;
    const Rank rank{last, is_greedy ? -static_cast<std::int64_t>(share) : 0, worth(slot, now)};
    if (!victim || rank < lowest) {
      victim = slot;
      lowest = rank;
    }
  }
  if (!victim) {
    if (!event.packets) {
      watchlist_.births_missed(now);
    }
    return false;
  }
  forget(*victim, now);
  return true;
}

bool Engine::gives_way(FlowSlot slot, const FlowBorn& event, Instant now) const {
  const Flow& flow = flows_.at(slot);
  const bool is_known_slow = now - flow.seen_first >= time_to_show && packets_per_s(flow) < slow_packets_per_s;
  return watchlist_.is_dispensable(slot, now) || (event.packets ? 2 * packets_of(flow) < *event.packets : is_known_slow);
}

// The oldest of those that were dismissed is worth the least, then the slowest of those that had time to show what they are; of
// young ones the last that came.
std::pair<std::int64_t, std::int64_t> Engine::worth(FlowSlot slot, Instant now) const {
  const Flow& flow = flows_.at(slot);
  const std::int64_t born = flow.seen_first.time_since_epoch().count();
  if (watchlist_.is_dispensable(slot, now)) {
    return {0, born};
  }
  const bool is_known = now - flow.seen_first >= time_to_show;
  return is_known ? std::pair<std::int64_t, std::int64_t>{1, packets_per_s(flow)}
                  : std::pair<std::int64_t, std::int64_t>{2, -born};
}

FlowFacts Engine::facts_of(const FlowBorn& event, std::int32_t device) const {
  return {event.key, devices_.role_of(device), event.is_expected};
}

bool Engine::is_wanted(const FlowFacts& facts) const {
  return facts.role != Role::never && calls_.wants(facts);
}

void Engine::handle(Instant now, const CountersRead& event) {
  has_new_rates_ = true;
  for (const FlowSample& sample : event.samples) {
    const auto slot = flows_.find(sample.key);
    if (!slot) {
      continue;
    }
    if (const auto step = flows_.measure(*slot, sample, event.at)) {
      calls_.flow_measured(*slot, flows_, *step, line_.state(),
                           {.is_idle = line_watch_.is_idle(), .dropped_permille = line_.dropped_permille(now)});
    }
    repair_mark(flows_.at(*slot), now);
  }
  judge(now);
  for (const FlowSample& sample : event.samples) {
    if (const auto slot = flows_.find(sample.key); slot && flows_.at(*slot).changed_hands) {
      match_device(*slot, now);
    }
    if (const auto slot = flows_.find(sample.key)) {
      watchlist_.set_interest(*slot, calls_.interest(*slot), now);
    }
  }
  look_at_sight();
}

void Engine::handle(Instant now, const FlowGone& event) {
  const auto slot = flows_.find(event.key);
  if (slot &&
      (event.conntrack_id == 0 || flows_.at(*slot).conntrack_id == 0 || event.conntrack_id == flows_.at(*slot).conntrack_id)) {
    forget(*slot, now);
  }
}

void Engine::handle(Instant now, const FlowsLost& /*event*/) {
  ++events_lost_;
  watchlist_.births_missed(now);
}

void Engine::forget(FlowSlot slot, Instant now) {
  calls_.flow_ended(slot, flows_, now, actions_);
  watchlist_.remove(slot);
  flows_.remove(slot);
}

void Engine::repair_mark(const Flow& flow, Instant now) {
  if (!settings_.qos.mark_calls || is_stopping_) {
    return;
  }
  // Somebody who writes the whole word wipes our bit; and a killed run leaves it behind.
  const bool has_it = has_mark(flow.mark, settings_.qos.call_mark);
  const bool needs_it = CallTracker::is_marked(flow.facts.key, flows_);
  if (needs_it && !has_it) {
    actions_.emplace_back(MarkFlow{flow.facts.key, true, flow.in_call});
  } else if (!needs_it && has_it && now - flow.seen_first > stale_mark_after) {
    actions_.emplace_back(MarkFlow{flow.facts.key, false});
  }
}

// The first report comes seconds after the media (RFC 3550, section 6.2), so mostly in a call that has its mark already.
void Engine::mark_rtcp(const FlowBorn& event) {
  if (settings_.qos.mark_calls && !is_stopping_ && calls_.calls() > 0 && !has_mark(event.mark, settings_.qos.call_mark) &&
      CallTracker::is_marked(event.key, flows_)) {
    const auto slot = flows_.find(event.key);
    actions_.emplace_back(MarkFlow{event.key, true, slot && flows_.at(*slot).in_call});
  }
}

void Engine::read_flows(Instant now) {
  const auto due = watchlist_.take_due(now);
  if (listens_at_once_ == watchlist_.is_fast()) {
    listens_at_once_ = !listens_at_once_;
    actions_.emplace_back(ListenForFlows{listens_at_once_});
  }
  if (due.empty()) {
    return;
  }
  keys_.clear();
  for (const FlowSlot slot : due) {
    keys_.push_back(flows_.at(slot).facts.key);
  }
  actions_.emplace_back(ReadCounters{keys_});
}

}  // namespace voip
