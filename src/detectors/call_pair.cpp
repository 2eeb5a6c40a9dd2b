#include "detectors/call_pair.h"

#include <algorithm>

namespace voip::detectors {
namespace {

// The longest hole inside media that was measured is 2.75 s.
constexpr int sound = 2;  // packets in a second, below which it is silent
constexpr Duration silence_ends_after = 3s;
// The far end has hung up and ours still sends.
constexpr int one_sided_quarters = 16;
constexpr int busy_side = 10;  // packets in a second, from which one side alone is believed: listening
constexpr Duration one_side_ends_after = 3s;
// Comfort noise and keep-alives between two sentences, which may be 9 s apart.
constexpr int talk = 6;  // packets in a second
constexpr Duration trickle_ends_after = 9500ms;

IpAddress network_of(const IpAddress& server) {
  return server.masked(server.is_v6() ? 48 : 24);
}

}  // namespace

CallPair::CallPair(const FlowKey& key, const CallThresholds& thresholds, Instant now)
    : client_(key.client.address),
      network_(network_of(key.server.address)),
      is_single_(key.server.address.is_private()),
      advanced_(now) {
  score_.begin(PortHint::none, thresholds);
}

bool CallPair::takes(const FlowKey& key) const {
  return is_used() && !is_single_ && client_ == key.client.address && network_ == network_of(key.server.address);
}

void CallPair::advance(Instant now) {
  const auto quarters = (now - advanced_ + quarter / 2) / quarter;
  for (std::int64_t i = 0; i < std::min<std::int64_t>(quarters, CallHistory::length); ++i) {
    history_.begin();
  }
  advanced_ += quarters * quarter;
}

void CallPair::add(const CallFlow& flow) {
  if (flow.hint() == PortHint::weak && !flow.in_call()) {
    return;  // where anything runs, anything would keep a call alive
  }
  if (in_call_) {
    kind_.look(flow.history());
  }
  history_.blur(std::max(flow.new_quarters(), 1));
  for (const Direction direction : {Direction::up, Direction::down}) {
    for (int age = 0; age < flow.new_quarters(); ++age) {
      history_.add(age, direction,
                   {static_cast<std::uint64_t>(flow.history().packets_at(direction, age)),
                    static_cast<std::uint64_t>(flow.history().bytes_at(direction, age))});
    }
  }
}

bool CallPair::weigh(bool has_hint, const CallThresholds& thresholds, int quarters, bool is_coarse) {
  if (has_hint) {
    score_.hint_at_voip(thresholds);
  }
  score_.update(history_, quarters, is_coarse);
  return score_.is_call();
}

void CallPair::begin_call(Instant now) {
  if (in_call_) {
    return;
  }
  in_call_ = true;
  kind_.begin(now);
  is_fading_ = false;
  last_sound_ = now;
  last_talk_ = now;
  last_two_sided_ = now;
}

std::optional<CallPair::Ending> CallPair::end_call(Instant now) {
  const int packets = history_.packets_both(4);
  const bool has_two_sides =
      history_.packets(Direction::up, one_sided_quarters) > 0 && history_.packets(Direction::down, one_sided_quarters) > 0;
  is_fading_ = packets < talk;
  last_sound_ = packets >= sound ? now : last_sound_;
  last_talk_ = packets >= talk ? now : last_talk_;
  last_two_sided_ = has_two_sides || packets >= busy_side ? now : last_two_sided_;
  Ending ending;
  if (now - last_sound_ >= silence_ends_after) {
    ending = {"silent for " + voip::to_string(now - last_sound_), last_sound_};
  } else if (now - last_two_sided_ >= one_side_ends_after) {
    ending = {"one side silent for " + voip::to_string(now - last_two_sided_ + one_sided_quarters * quarter), last_two_sided_};
  } else if (now - last_talk_ >= trickle_ends_after) {
    ending = {"less than " + std::to_string(talk) + " packets/s for " + voip::to_string(now - last_talk_), last_talk_};
  } else {
    return std::nullopt;
  }
  in_call_ = false;
  score_.forget();
  return ending;
}

}  // namespace voip::detectors
