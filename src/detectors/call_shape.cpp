// Knows a call by the shape of its traffic: the frame clocks of codecs, sizes of speech, both directions alike. Strict to begin,
// loose to stay. A call belongs to a LAN device and a remote network, since media moves between flows and relays.
#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

#include "core/detector.h"
#include "detectors/call_history.h"
#include "detectors/call_ports.h"
#include "detectors/call_score.h"

namespace voip::detectors {
namespace {

constexpr Duration quarter = 250ms;
constexpr Duration shortest_reading = 125ms;  // what comes sooner is kept for the next one
constexpr int coarse_quarters = 3;            // readings this long hide the rhythm
constexpr int quiet_quarters = 16;            // silence for 4 s is worth no fast reading
constexpr int quiet_after_call = 480;         // ... but a call on hold goes on: 2 min
constexpr int dismissed_quarters = 12;        // 3 s of nothing but contrary evidence
constexpr std::size_t no_pair = SIZE_MAX;

constexpr int one_sided_quarters = 16;
constexpr Duration silence_ends_after = 3500ms;
constexpr Duration one_side_ends_after = 3s;
constexpr Duration trickle_ends_after = 10s;

struct WatchedFlow {
  FlowFacts facts;
  PortHint hint = PortHint::none;
  std::size_t pair = no_pair;
  CallHistory history;
  CallScore score;
  FlowStep unread;  // since the last judgement
  int new_quarters = 0;
  int silent_for = 0;     // quarters
  int dismissed_for = 0;  // quarters with the score at its floor
  bool is_coarse = false;
  bool in_call = false;
  bool had_call = false;
};

struct Pair {
  IpAddress client;
  IpAddress network;
  FlowSlot own_flow = 0;
  bool is_single = false;
  std::uint32_t flows = 0;  // 0: the place is free
  std::uint32_t plain_flows_seen = 0;
  bool has_hint = false;
  CallHistory history;
  CallScore score;
  Instant judged_at{};
  bool in_call = false;
  bool is_fading = false;
  Instant last_sound{};
  Instant last_talk{};
  Instant last_two_sided{};
};

class CallShape final : public Detector {
 public:
  explicit CallShape(const Settings& settings)
      : settings_(settings.detector.calls),
        thresholds_(CallThresholds::of(settings.detector.calls.sensitivity)),
        flows_(settings.monitor.max_watched_flows),
        pairs_(settings.monitor.max_watched_flows) {
    read_.reserve(flows_.size());
  }

  [[nodiscard]] bool wants(const FlowFacts& facts) const override {
    const IpAddress& server = facts.key.server.address;
    return facts.role != Role::never && facts.key.protocol == protocol_udp && !server.is_multicast() && !server.is_broadcast() &&
           !server.is_loopback() && port_hint(facts.key, settings_) != PortHint::excluded;
  }

  void flow_started(FlowSlot slot, const FlowFacts& facts, Instant now) override {
    WatchedFlow& flow = flows_[slot];
    flow = WatchedFlow{};
    flow.facts = facts;
    flow.hint = port_hint(facts.key, settings_);
    flow.pair = pair_of(slot, facts.key, now);
    flow.score.begin(flow.hint, thresholds_);
    Pair& pair = pairs_[flow.pair];
    ++pair.flows;
  }

  void flow_ended(FlowSlot slot, Instant /*now*/) override {
    WatchedFlow& flow = flows_[slot];
    assert(flow.pair != no_pair);
    --pairs_[flow.pair].flows;
    flow.pair = no_pair;
    flow.in_call = false;
  }

  void flow_measured(FlowSlot slot, const FlowStep& step) override {
    WatchedFlow& flow = flows_[slot];
    flow.unread.elapsed += step.elapsed;
    flow.unread.up.packets += step.up.packets;
    flow.unread.up.bytes += step.up.bytes;
    flow.unread.down.packets += step.down.packets;
    flow.unread.down.bytes += step.down.bytes;
    if (flow.unread.elapsed >= shortest_reading) {
      read_.push_back(slot);
    }
  }

  void judge(Instant now, std::vector<Verdict>& changes) override;

  [[nodiscard]] Interest interest(FlowSlot slot) const override {
    const WatchedFlow& flow = flows_[slot];
    if (flow.in_call) {
      // A call that falls silent is read fast, so that its end is seen at once.
      return pairs_[flow.pair].is_fading ? Interest::undecided : Interest::in_call;
    }
    if (flow.dismissed_for >= dismissed_quarters) {
      return Interest::dismissed;
    }
    return flow.silent_for < (flow.had_call ? quiet_after_call : quiet_quarters) ? Interest::undecided : Interest::quiet;
  }

  [[nodiscard]] Opinion opinion(FlowSlot slot) const override {
    const WatchedFlow& flow = flows_[slot];
    return {flow.score.value(), flow.score.threshold(), flow.score.reason(flow.history)};
  }

 private:
  [[nodiscard]] std::size_t pair_of(FlowSlot slot, const FlowKey& key, Instant now);
  void take_in(WatchedFlow& flow, Pair& pair);
  void start_call(FlowSlot slot, const std::string& reason, Instant now, std::vector<Verdict>& changes);
  void judge_pair(std::size_t index, Instant now, std::vector<Verdict>& changes);
  void score_sum(std::size_t index, Instant now, std::vector<Verdict>& changes);

  CallsSettings settings_;
  CallThresholds thresholds_;
  std::vector<WatchedFlow> flows_;  // by slot
  std::vector<Pair> pairs_;
  std::vector<FlowSlot> read_;  // since the last judgement
};

std::size_t CallShape::pair_of(FlowSlot slot, const FlowKey& key, Instant now) {
  const IpAddress& server = key.server.address;
  const IpAddress network = server.masked(server.is_v6() ? 48 : 24);
  const bool is_single = server.is_private();
  std::size_t free = no_pair;
  for (std::size_t index = 0; index < pairs_.size(); ++index) {
    const Pair& pair = pairs_[index];
    if (pair.flows == 0) {
      free = free == no_pair ? index : free;
    } else if (!is_single && !pair.is_single && pair.client == key.client.address && pair.network == network) {
      return index;
    }
  }
  assert(free != no_pair);
  pairs_[free] = Pair{};
  pairs_[free].client = key.client.address;
  pairs_[free].network = network;
  pairs_[free].own_flow = slot;
  pairs_[free].is_single = is_single;
  pairs_[free].judged_at = now;
  pairs_[free].score.begin(PortHint::none, thresholds_);
  return free;
}

// The device or signalling says that it is a call as soon as media flows: packets of any size but that of bare signs of life,
// more of them than keep-alives are.
bool is_announced_media(const WatchedFlow& flow) {
  if (flow.facts.role != Role::phone && !flow.facts.is_expected) {
    return false;
  }
  for (const Direction direction : {Direction::up, Direction::down}) {
    const int packets = flow.history.packets(direction, flow.new_quarters);
    if (packets >= 3 && packets >= 2 * flow.new_quarters &&
        flow.history.bytes(direction, flow.new_quarters) >= std::int64_t{42} * packets) {
      return true;
    }
  }
  return false;
}

// Spreads what was read evenly over the quarters that the reading covers.
void CallShape::take_in(WatchedFlow& flow, Pair& pair) {
  const std::int64_t elapsed = flow.unread.elapsed.count();
  const int quarters =
      std::max(1, static_cast<int>(std::min<std::int64_t>((elapsed + 125) / quarter.count(), CallHistory::length)));
  for (int i = 0; i < quarters; ++i) {
    flow.history.begin();
  }
  const bool counts_for_pair = flow.hint != PortHint::weak || flow.in_call;
  for (const Direction direction : {Direction::up, Direction::down}) {
    const Counters& all = direction == Direction::up ? flow.unread.up : flow.unread.down;
    const auto scaled = [&](std::uint64_t count) {
      return (count * static_cast<std::uint64_t>(quarter.count()) * static_cast<std::uint64_t>(quarters) +
              static_cast<std::uint64_t>(elapsed) / 2) /
             static_cast<std::uint64_t>(elapsed);
    };
    // Sizes are compared as if all headers were IPv4's.
    const std::uint64_t longer_headers = flow.facts.key.server.address.is_v6() ? 20 * all.packets : 0;
    const Counters sum{scaled(all.packets), scaled(all.bytes - std::min(all.bytes, longer_headers))};
    const auto parts = static_cast<std::uint64_t>(quarters);
    for (int age = 0; age < quarters; ++age) {
      const auto i = static_cast<std::uint64_t>(age);
      const auto until = [&](std::uint64_t end) { return sum.packets * end / parts; };
      const Counters part{until(i + 1) - until(i), sum.bytes * until(i + 1) / std::max<std::uint64_t>(1, sum.packets) -
                                                       sum.bytes * until(i) / std::max<std::uint64_t>(1, sum.packets)};
      flow.history.add(age, direction, part);
      if (counts_for_pair) {
        pair.history.add(age, direction, part);
      }
    }
  }
  flow.new_quarters = quarters;
  flow.is_coarse = quarters >= coarse_quarters;
  flow.unread = {};
  flow.silent_for = flow.history.packets_both(quarters) > 0 ? 0 : std::min(flow.silent_for + quarters, quiet_after_call);
}

void CallShape::start_call(FlowSlot slot, const std::string& reason, Instant now, std::vector<Verdict>& changes) {
  Pair& pair = pairs_[flows_[slot].pair];
  if (!pair.in_call) {
    pair.in_call = true;
    pair.last_sound = now;
    pair.last_talk = now;
    pair.last_two_sided = now;
  }
  flows_[slot].in_call = true;
  flows_[slot].had_call = true;
  changes.push_back({slot, true, reason});
}

void CallShape::judge(Instant now, std::vector<Verdict>& changes) {
  for (Pair& pair : pairs_) {
    if (pair.flows == 0) {
      continue;
    }
    const auto quarters = (now - pair.judged_at + quarter / 2) / quarter;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(quarters, CallHistory::length); ++i) {
      pair.history.begin();
    }
    pair.judged_at += quarters * quarter;
  }
  for (const FlowSlot slot : read_) {
    WatchedFlow& flow = flows_[slot];
    if (flow.pair == no_pair || flow.unread.elapsed < shortest_reading) {
      continue;
    }
    Pair& pair = pairs_[flow.pair];
    take_in(flow, pair);
    if (!flow.in_call) {
      flow.score.update(flow.history, flow.new_quarters, flow.is_coarse);
      flow.dismissed_for = flow.score.is_at_floor() ? std::min(flow.dismissed_for + flow.new_quarters, dismissed_quarters) : 0;
      if (flow.score.is_call() || is_announced_media(flow)) {
        start_call(slot, flow.score.reason(flow.history), now, changes);
      }
    }
  }
  for (std::size_t index = 0; index < pairs_.size(); ++index) {
    if (pairs_[index].flows > 0) {
      score_sum(index, now, changes);
      judge_pair(index, now, changes);
    }
  }
  read_.clear();
}

void CallShape::score_sum(std::size_t index, Instant now, std::vector<Verdict>& changes) {
  Pair& pair = pairs_[index];
  if (pair.is_single || pair.in_call) {
    return;
  }
  std::uint32_t plain = 0;
  int quarters = 0;
  bool is_coarse = false;
  FlowSlot busiest = 0;
  int most = -1;
  for (const FlowSlot slot : read_) {
    WatchedFlow& flow = flows_[slot];
    if (flow.pair != index || flow.hint == PortHint::weak) {
      continue;
    }
    if (flow.hint == PortHint::voip && !pair.has_hint) {
      pair.has_hint = true;
      pair.score.hint_at_voip(thresholds_);
    }
    ++plain;
    quarters = std::max(quarters, flow.new_quarters);
    is_coarse = is_coarse || flow.is_coarse;
    const int packets = flow.history.packets_both(8);
    if (packets > most) {
      most = packets;
      busiest = slot;
    }
  }
  if (plain < 2) {
    return;
  }
  pair.score.update(pair.history, quarters, is_coarse);
  if (pair.score.is_call() && most > 0) {
    start_call(busiest, "sum of " + std::to_string(plain) + " flows: " + pair.score.reason(pair.history), now, changes);
  }
}

struct Ending {
  std::string why;
  Instant heard_until{};
};

// Why a call that ends now ends, in words, and when it last was one.
Ending ending_of(const Pair& pair, Instant now) {
  if (now - pair.last_sound >= silence_ends_after) {
    return {"silent for " + voip::to_string(now - pair.last_sound), pair.last_sound};
  }
  if (now - pair.last_two_sided >= one_side_ends_after) {
    return {"one side silent for " + voip::to_string(now - pair.last_two_sided + quarter * one_sided_quarters),
            pair.last_two_sided};
  }
  return {"less than 6 packets/s for " + voip::to_string(now - pair.last_talk), pair.last_talk};
}

void CallShape::judge_pair(std::size_t index, Instant now, std::vector<Verdict>& changes) {
  Pair& pair = pairs_[index];
  if (!pair.in_call) {
    return;
  }
  const int n4 = pair.history.packets_both(4);
  const bool two = pair.history.packets(Direction::up, one_sided_quarters) > 0 &&
                   pair.history.packets(Direction::down, one_sided_quarters) > 0;
  pair.is_fading = n4 < 6;
  if (n4 >= 2) {
    pair.last_sound = now;
  }
  if (n4 >= 6) {
    pair.last_talk = now;
  }
  if (two || n4 >= 10) {
    pair.last_two_sided = now;
  }
  if (now - pair.last_sound < silence_ends_after && now - pair.last_talk < trickle_ends_after &&
      now - pair.last_two_sided < one_side_ends_after) {
    return;
  }
  const Ending ending = ending_of(pair, now);
  pair.in_call = false;
  pair.score.forget();
  for (FlowSlot slot = 0; slot < flows_.size(); ++slot) {
    WatchedFlow& flow = flows_[slot];
    if (flow.pair == index) {
      flow.score.forget();
      if (flow.in_call) {
        flow.in_call = false;
        changes.push_back({slot, false, ending.why, ending.heard_until});
      }
    }
  }
}

}  // namespace

extern const DetectorKind calls;
const DetectorKind calls{
    .name = "calls",
    .make = [](const Settings& settings) -> std::unique_ptr<Detector> { return std::make_unique<CallShape>(settings); },
};

}  // namespace voip::detectors
