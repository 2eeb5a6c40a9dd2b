// Knows a call by the shape of its traffic: the frame clocks of codecs, sizes of speech, both directions alike. Strict to begin,
// loose to stay. Each flow is scored, and so is the sum of the flows between a device and a remote network.
#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

#include "core/detector.h"
#include "detectors/call_flow.h"
#include "detectors/call_pair.h"
#include "detectors/call_ports.h"

namespace voip::detectors {
namespace {

constexpr std::size_t no_pair = SIZE_MAX;
constexpr int busy_peer = 16;                  // packets in 2 s
constexpr std::size_t least_peers_of_hub = 3;  // in as many networks

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
           !server.is_loopback() && port_hint(facts.key, settings_, facts.role) != PortHint::excluded;
  }

  void flow_started(FlowSlot slot, const FlowFacts& facts, Instant now) override {
    flows_[slot] = {CallFlow(facts, port_hint(facts.key, settings_, facts.role), thresholds_), pair_of(facts.key, now),
                    facts.key.client};
    pairs_[flows_[slot].pair].join();
    note_call_ports(flows_[slot]);
  }

  void flow_ended(FlowSlot slot, Instant /*now*/) override {
    assert(flows_[slot].pair != no_pair);
    pairs_[flows_[slot].pair].leave();
    flows_[slot] = {};
  }

  void flow_measured(FlowSlot slot, const FlowStep& step) override {
    if (flows_[slot].flow.read(step)) {
      read_.push_back(slot);
    }
  }

  void judge(Instant now, std::vector<Verdict>& changes) override {
    while (pairs_end_ > 0 && !pairs_[pairs_end_ - 1].is_used()) {
      --pairs_end_;
    }
    for (std::size_t index = 0; index < pairs_end_; ++index) {
      if (pairs_[index].is_used()) {
        pairs_[index].advance(now);
      }
    }
    for (const FlowSlot slot : read_) {
      take_in(slot, now, changes);
    }
    for (std::size_t index = 0; index < pairs_end_; ++index) {
      if (!pairs_[index].is_used()) {
        continue;
      }
      if (!pairs_[index].in_call()) {
        weigh_sum(index, now, changes);
      }
      if (pairs_[index].in_call()) {
        pairs_[index].judge_kind(now);
        look_for_end(index, now, changes);
      }
    }
    read_.clear();
  }

  // A call ends by rules that know no threshold, so those that are up are safe.
  void set_sensitivity(Sensitivity sensitivity) override {
    thresholds_ = CallThresholds::of(sensitivity);
    for (Watched& watched : flows_) {
      watched.flow.set_thresholds(thresholds_);
    }
    for (CallPair& pair : pairs_) {
      pair.set_thresholds(thresholds_);
    }
  }

  [[nodiscard]] Interest interest(FlowSlot slot) const override {
    const Watched& watched = flows_[slot];
    if (!watched.flow.in_call()) {
      return watched.flow.interest();
    }
    // A young call may turn out to be none. One that falls silent is read fast, so that its end is seen at once.
    return watched.flow.is_young_call() || pairs_[watched.pair].is_fading() ? Interest::promising : Interest::in_call;
  }

  [[nodiscard]] Opinion opinion(FlowSlot slot) const override {
    const CallFlow& flow = flows_[slot].flow;
    return {flow.score().value(), flow.score().threshold(), flow.reason()};
  }

  [[nodiscard]] CallKind kind(FlowSlot slot) const override { return pairs_[flows_[slot].pair].kind(); }

  [[nodiscard]] bool is_presumed(FlowSlot slot) const override { return flows_[slot].flow.is_presumed(); }

 private:
  struct Watched {
    CallFlow flow;
    std::size_t pair = no_pair;
    Endpoint client;
  };

  // What goes from one socket to a port of calls, and what goes elsewhere.
  void note_call_ports(Watched& started) {
    for (Watched& other : flows_) {
      if (other.pair == no_pair || other.client != started.client) {
        continue;
      }
      if (other.flow.hint() == PortHint::voip) {
        started.flow.note_call_port();
      } else if (started.flow.hint() == PortHint::voip) {
        other.flow.note_call_port();
      }
    }
  }

  [[nodiscard]] std::size_t pair_of(const FlowKey& key, Instant now) {
    std::size_t free = no_pair;
    for (std::size_t index = 0; index < pairs_end_; ++index) {
      if (pairs_[index].takes(key)) {
        return index;
      }
      if (free == no_pair && !pairs_[index].is_used()) {
        free = index;
      }
    }
    if (free == no_pair) {
      free = pairs_end_++;
    }
    assert(free < pairs_.size());  // there are as many pairs as flows
    pairs_[free] = CallPair(key, thresholds_, now);
    return free;
  }

  void take_in(FlowSlot slot, Instant now, std::vector<Verdict>& changes) {
    Watched& watched = flows_[slot];
    if (watched.pair == no_pair || !watched.flow.take_in()) {
      return;  // it ended since it was read
    }
    pairs_[watched.pair].add(watched.flow);
    if (watched.flow.is_young_call()) {
      if (watched.flow.is_refuted() || is_of_hub(watched)) {
        take_back(slot, changes);
      }
    } else if (!watched.flow.in_call() && watched.flow.weigh(pairs_[watched.pair].history())) {
      if (is_of_hub(watched)) {
        watched.flow.refuse();
      } else {
        start_call(slot, watched.flow.reason(), false, now, changes);
      }
    }
  }

  // A game, or a torrent, has many peers at once on one socket. Calls have a relay or one peer; their other candidates are tried
  // with a few packets (RFC 8445), and relays of one network stand in for each other.
  [[nodiscard]] bool is_of_hub(const Watched& watched) const {
    if (!watched.flow.is_unknown()) {
      return false;
    }
    std::array<std::size_t, least_peers_of_hub> networks{};
    auto end = networks.begin();
    for (const Watched& other : flows_) {
      if (other.pair == no_pair || other.client != watched.client || other.flow.history().packets_both(8) < busy_peer ||
          std::find(networks.begin(), end, other.pair) != end) {
        continue;
      }
      *end++ = other.pair;
      if (end == networks.end()) {
        return true;
      }
    }
    return false;
  }

  void start_call(FlowSlot slot, std::string reason, bool is_sum, Instant now, std::vector<Verdict>& changes) {
    pairs_[flows_[slot].pair].begin_call(now);
    flows_[slot].flow.begin_call(is_sum);
    changes.push_back({slot, true, std::move(reason)});
  }

  void take_back(FlowSlot slot, std::vector<Verdict>& changes) {
    const std::size_t pair = flows_[slot].pair;
    changes.push_back({slot, false, flows_[slot].flow.reason(), std::nullopt, true});
    flows_[slot].flow.refuse();
    if (std::none_of(flows_.begin(), flows_.end(),
                     [pair](const Watched& other) { return other.pair == pair && other.flow.in_call(); })) {
      pairs_[pair].drop_call();
    }
  }

  // Media may be split over two flows: one for each direction, or over relays. The sum of many sparse ones says nothing.
  void weigh_sum(std::size_t index, Instant now, std::vector<Verdict>& changes) {
    CallPair& pair = pairs_[index];
    if (pair.is_single() || pair.is_crowd()) {
      return;
    }
    int flows = 0;
    int quarters = 0;
    bool is_coarse = false;
    bool has_hint = false;
    FlowSlot busiest = 0;
    int most = 0;
    int second = 0;
    int all = 0;
    for (const FlowSlot slot : read_) {
      const CallFlow& flow = flows_[slot].flow;
      if (flows_[slot].pair != index || flow.hint() == PortHint::weak) {
        continue;
      }
      ++flows;
      quarters = std::max(quarters, flow.new_quarters());
      is_coarse = is_coarse || flow.is_coarse();
      has_hint = has_hint || flow.hint() == PortHint::voip;
      const int packets = flow.history().packets_both(8);
      all += packets;
      second = std::max(second, std::min(most, packets));
      if (packets > most) {
        most = packets;
        busiest = slot;
      }
    }
    if (4 * (most + second) < 3 * all) {
      return;
    }
    if (flows >= 2 && pair.weigh(has_hint, thresholds_, quarters, is_coarse) && most > 0) {
      start_call(busiest, "sum of " + std::to_string(flows) + " flows: " + pair.reason(), true, now, changes);
    }
  }

  void look_for_end(std::size_t index, Instant now, std::vector<Verdict>& changes) {
    const std::optional<CallPair::Ending> ending = pairs_[index].end_call(now);
    if (!ending) {
      return;
    }
    for (FlowSlot slot = 0; slot < flows_.size(); ++slot) {
      if (flows_[slot].pair != index) {
        continue;
      }
      if (flows_[slot].flow.in_call()) {
        changes.push_back({slot, false, ending->why, ending->heard_until});
      }
      flows_[slot].flow.end_call();
    }
  }

  CallsSettings settings_;
  CallThresholds thresholds_;
  std::vector<Watched> flows_;  // by slot
  std::vector<CallPair> pairs_;
  std::size_t pairs_end_ = 0;   // none in use from here on: few are, and all are looked at in each judgement
  std::vector<FlowSlot> read_;  // since the last judgement
};

}  // namespace

extern const DetectorKind calls;
const DetectorKind calls{
    .name = "calls",
    .make = [](const Settings& settings) -> std::unique_ptr<Detector> { return std::make_unique<CallShape>(settings); },
    .port_rules =
        [](const Settings& settings) {
          const bool has_phones = std::any_of(settings.devices.begin(), settings.devices.end(),
                                              [](const DeviceSettings& device) { return device.role == Role::phone; });
          return port_rules(settings.detector.calls, has_phones);
        },
};

}  // namespace voip::detectors
