#include "detectors/call_flow.h"

#include <algorithm>

namespace voip::detectors {
namespace {

constexpr Duration shortest_reading = 125ms;  // what comes sooner is kept for the next one
constexpr int coarse_quarters = 3;            // readings this long hide the rhythm
constexpr int quiet_quarters = 16;            // silence for 4 s is worth no fast reading
constexpr int quiet_after_call = 480;         // ... but a call on hold goes on: 2 min
constexpr int dismissed_quarters = 12;        // 3 s of nothing but contrary evidence
constexpr int compared_quarters = 8;          // of what a dismissed flow carried before
constexpr int young_call_quarters = 20;       // 5 s in which a call may be taken back
constexpr int refuted_quarters = 4;           // contrary evidence for this long takes it back
constexpr int refuted_quarters_hinted = 10;   // ... where calls are common: signalling comes before the media there
constexpr std::uint64_t longer_header = 20;   // IPv6 against IPv4; sizes are compared as if all headers were IPv4's

std::uint64_t scaled(std::uint64_t count, Duration to, Duration from) {
  return (count * static_cast<std::uint64_t>(to.count()) + static_cast<std::uint64_t>(from.count()) / 2) /
         static_cast<std::uint64_t>(from.count());
}

}  // namespace

CallFlow::CallFlow(const FlowFacts& facts, PortHint hint, const CallThresholds& thresholds)
    : hint_(hint),
      is_announced_(facts.role == Role::phone || facts.is_expected),
      has_long_headers_(facts.key.server.address.is_v6()) {
  score_.begin(hint, thresholds);
}

bool CallFlow::read(const FlowStep& step) {
  const bool had_enough = unread_.elapsed >= shortest_reading;
  unread_.elapsed += step.elapsed;
  unread_.up.packets += step.up.packets;
  unread_.up.bytes += step.up.bytes;
  unread_.down.packets += step.down.packets;
  unread_.down.bytes += step.down.bytes;
  return !had_enough && unread_.elapsed >= shortest_reading;
}

bool CallFlow::take_in() {
  if (unread_.elapsed < shortest_reading) {
    return false;
  }
  const auto rounded = (unread_.elapsed + quarter / 2) / quarter;
  const auto quarters = static_cast<int>(std::clamp<std::int64_t>(rounded, 1, CallHistory::length));
  for (int i = 0; i < quarters; ++i) {
    history_.begin();
  }
  history_.blur(quarters);
  for (const Direction direction : {Direction::up, Direction::down}) {
    const Counters& all = direction == Direction::up ? unread_.up : unread_.down;
    const std::uint64_t headers = has_long_headers_ ? std::min(all.bytes, longer_header * all.packets) : 0;
    const std::uint64_t packets = scaled(all.packets, quarters * quarter, unread_.elapsed);
    // Scaled as the packets were, rounding included: their mean size must stay what it was.
    const std::uint64_t bytes = all.packets == 0 ? 0 : (all.bytes - headers) * packets / all.packets;
    std::uint64_t packets_before = 0;
    for (int age = 0; age < quarters; ++age) {
      const std::uint64_t packets_until = packets * static_cast<std::uint64_t>(age + 1) / static_cast<std::uint64_t>(quarters);
      const auto share = [&](std::uint64_t until) { return packets == 0 ? 0 : bytes * until / packets; };
      history_.add(age, direction, {packets_until - packets_before, share(packets_until) - share(packets_before)});
      packets_before = packets_until;
    }
  }
  unread_ = {};
  new_quarters_ = quarters;
  silent_for_ = history_.packets_both(quarters) > 0 ? 0 : std::min(silent_for_ + quarters, quiet_after_call);
  if (in_call_) {
    weigh_young_call();
    young_quarters_ = std::max(young_quarters_ - quarters, 0);
  }
  return true;
}

// The score of a call that is no longer young is settled.
void CallFlow::weigh_young_call() {
  if (young_quarters_ == 0 || is_sum_ || is_announced_) {
    score_.look(history_, is_coarse());
  } else {
    score_.update(history_, new_quarters_, is_coarse());
    refuted_for_ = score_.is_refuted() ? refuted_for_ + new_quarters_ : 0;
    if (presumption_.is_open() && presumption_.weigh(score_, new_quarters_)) {
      young_quarters_ = young_call_quarters + new_quarters_;  // these are over
      refuted_for_ = 0;
    }
  }
}

bool CallFlow::weigh(const CallHistory& together) {
  if (dismissed_for_ >= dismissed_quarters && has_begun_anew()) {
    score_.forget();
  }
  score_.update(history_, new_quarters_, is_coarse());
  dismissed_for_ = score_.is_contrary() ? std::min(dismissed_for_ + new_quarters_, dismissed_quarters) : 0;
  if (score_.is_call() || is_announced_media()) {
    return true;
  }
  const Neighbours neighbours = hint_ == PortHint::voip                            ? Neighbours::calls
                                : hint_ == PortHint::none && has_call_port_beside_ ? Neighbours::calls_beside
                                                                                   : Neighbours::unknown;
  if (presumption_.may_begin(score_, history_, together, neighbours)) {
    presumption_.begin();
    return true;
  }
  return false;
}

void CallFlow::begin_call(bool is_sum) {
  is_sum_ = is_sum;
  in_call_ = true;
  young_quarters_ = young_call_quarters;
  refuted_for_ = 0;
  had_call_ = true;
}

void CallFlow::end_call() {
  in_call_ = false;
  presumption_.fail();
  score_.forget();
}

void CallFlow::refuse() {
  in_call_ = false;
  if (presumption_.is_open()) {
    presumption_.fail();
  } else {
    score_.refuse();
  }
}

bool CallFlow::is_refuted() const {
  if (presumption_.is_open()) {
    return presumption_.is_refuted();
  }
  return is_young_call() && refuted_for_ >= (hint_ == PortHint::voip ? refuted_quarters_hinted : refuted_quarters);
}

bool CallFlow::is_coarse() const {
  return new_quarters_ >= coarse_quarters;
}

Interest CallFlow::interest() const {
  if (dismissed_for_ >= dismissed_quarters) {
    return Interest::dismissed;
  }
  if (score_.value() > 0) {
    return Interest::promising;
  }
  return silent_for_ < (had_call_ ? quiet_after_call : quiet_quarters) ? Interest::undecided : Interest::quiet;
}

// One side sends more than twice of what it sent before: something else runs here now.
bool CallFlow::has_begun_anew() const {
  const int before = std::min(CallHistory::length - new_quarters_, compared_quarters);
  const auto has_jumped = [this, before](Direction direction) {
    const int newest = history_.packets(direction, new_quarters_);
    const int older = history_.packets(direction, new_quarters_ + before) - newest;
    return newest * before > 2 * (older + before) * new_quarters_;
  };
  return before > 0 && (has_jumped(Direction::up) || has_jumped(Direction::down));
}

// The device or signalling says that it is a call as soon as media flows: packets with some payload, more of them than
// keep-alives.
bool CallFlow::is_announced_media() const {
  if (!is_announced_) {
    return false;
  }
  const auto is_media = [this](Direction direction) {
    const int packets = history_.packets(direction, new_quarters_);
    return packets >= 3 && packets >= 2 * new_quarters_ && history_.bytes(direction, new_quarters_) >= std::int64_t{42} * packets;
  };
  return is_media(Direction::up) || is_media(Direction::down);
}

}  // namespace voip::detectors
