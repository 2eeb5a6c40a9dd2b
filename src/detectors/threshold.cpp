// The ancestor's rule, repaired: a device is in a call while it carries more than so many packets (or kbit) per second, for
// several steps in a row. What was repaired: each device counts for itself, only UDP counts unless asked otherwise, a rate is
// divided by the time that was measured, and a step that brings no reading is a step without traffic.
#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

#include "core/detector.h"

namespace voip::detectors {
namespace {

// A flow that is not read any more keeps its last rate for this long: longer than the slowest reading of a quiet flow (4 s).
constexpr Duration rate_lifetime = 5s;
constexpr std::size_t no_device = SIZE_MAX;

struct WatchedFlow {
  std::size_t device = no_device;
  std::array<Counters, 2> counted{};  // since the last step: up, down
  Duration elapsed{};                 // the time that `counted` covers
  std::array<std::int64_t, 2> rate{};
  Instant measured_at{};
  bool in_call = false;
};

struct Device {
  IpAddress address;
  std::uint32_t flows = 0;  // 0: the place is free
  Instant step_began{};
  std::uint32_t steps_above = 0;
  std::uint32_t steps_below = 0;
  std::array<std::int64_t, 2> rate{};
  bool in_call = false;
  std::optional<Instant> busy_until = {};  // the last step above the threshold
};

class Threshold final : public Detector {
 public:
  explicit Threshold(const Settings& settings)
      : rule_(settings.detector.threshold),
        flows_(settings.monitor.max_watched_flows),
        devices_(settings.monitor.max_watched_flows) {}

  [[nodiscard]] bool wants(const FlowFacts& facts) const override {
    return facts.role != Role::never && (facts.key.protocol == protocol_udp || !rule_.udp_only) &&
           !facts.key.server.address.is_multicast() && !facts.key.server.address.is_broadcast();
  }

  void flow_started(FlowSlot slot, const FlowFacts& facts, Instant now) override {
    flows_[slot] = WatchedFlow{.device = device_of(facts.key.client.address, now), .measured_at = now};
    ++devices_[flows_[slot].device].flows;
  }

  void flow_ended(FlowSlot slot, Instant /*now*/) override {
    WatchedFlow& flow = flows_[slot];
    assert(flow.device != no_device);
    --devices_[flow.device].flows;
    flow = WatchedFlow{};
  }

  void flow_measured(FlowSlot slot, const FlowStep& step) override {
    WatchedFlow& flow = flows_[slot];
    flow.elapsed += step.elapsed;
    flow.counted[0].packets += step.up.packets;
    flow.counted[0].bytes += step.up.bytes;
    flow.counted[1].packets += step.down.packets;
    flow.counted[1].bytes += step.down.bytes;
  }

  void judge(Instant now, std::vector<Verdict>& changes) override {
    for (std::size_t index = 0; index < devices_.size(); ++index) {
      Device& device = devices_[index];
      if (device.flows > 0 && now - device.step_began >= rule_.step) {
        device.step_began = now;
        finish_step(index, now, changes);
      }
    }
  }

  [[nodiscard]] Interest interest(FlowSlot slot) const override {
    const WatchedFlow& flow = flows_[slot];
    if (flow.in_call) {
      return Interest::in_call;
    }
    return flow.rate[0] + flow.rate[1] > 0 ? Interest::undecided : Interest::quiet;
  }

  // The score is the number of steps in a row above the threshold.
  [[nodiscard]] Opinion opinion(FlowSlot slot) const override {
    const Device& device = devices_[flows_[slot].device];
    return {static_cast<std::int32_t>(std::min(device.steps_above, rule_.on_after_steps)),
            static_cast<std::int32_t>(rule_.on_after_steps), reason(device)};
  }

 private:
  [[nodiscard]] std::size_t device_of(const IpAddress& address, Instant now) {
    std::size_t free = no_device;
    for (std::size_t index = 0; index < devices_.size(); ++index) {
      if (devices_[index].flows > 0 && devices_[index].address == address) {
        return index;
      }
      if (devices_[index].flows == 0 && free == no_device) {
        free = index;
      }
    }
    assert(free != no_device);  // there are as many devices as flows
    devices_[free] = Device{.address = address, .step_began = now};
    return free;
  }

  [[nodiscard]] std::int64_t rate_of(const Counters& counted, Duration elapsed) const {
    const std::uint64_t amount = rule_.kbit_per_s ? counted.bytes * 8 : counted.packets * 1000;
    return static_cast<std::int64_t>(amount) / elapsed.count();  // bits per millisecond are kbit per second
  }

  [[nodiscard]] bool is_above(const std::array<std::int64_t, 2>& rate) const {
    const std::int64_t limit = rule_.kbit_per_s.value_or(rule_.packets_per_s);
    switch (rule_.direction) {
      case ThresholdDirection::up:
        return rate[0] > limit;
      case ThresholdDirection::down:
        return rate[1] > limit;
      case ThresholdDirection::both:
        return rate[0] > limit && rate[1] > limit;
      case ThresholdDirection::either:
        break;
    }
    return rate[0] > limit || rate[1] > limit;
  }

  void finish_step(std::size_t index, Instant now, std::vector<Verdict>& changes) {
    Device& device = devices_[index];
    device.rate = {};
    FlowSlot busiest = 0;
    std::int64_t most = -1;
    bool has_call_flow = false;
    for (FlowSlot slot = 0; slot < flows_.size(); ++slot) {
      WatchedFlow& flow = flows_[slot];
      if (flow.device != index) {
        continue;
      }
      refresh_rate(flow, now);
      device.rate[0] += flow.rate[0];
      device.rate[1] += flow.rate[1];
      has_call_flow = has_call_flow || flow.in_call;
      if (flow.rate[0] + flow.rate[1] > most) {
        most = flow.rate[0] + flow.rate[1];
        busiest = slot;
      }
    }
    const bool is_busy = is_above(device.rate);
    device.busy_until = is_busy ? now : device.busy_until;
    device.steps_above = is_busy ? std::min(device.steps_above, rule_.on_after_steps) + 1 : 0;
    device.steps_below = is_busy ? 0 : std::min(device.steps_below, rule_.off_after_steps) + 1;
    if (is_busy && device.steps_above >= rule_.on_after_steps) {
      device.in_call = true;
    } else if (!is_busy && device.steps_below >= rule_.off_after_steps) {
      device.in_call = false;
    }
    // The rule is about the device; its busiest flow stands for it. When that flow goes away, the next busiest takes its place.
    if (device.in_call && !has_call_flow && most > 0) {
      flows_[busiest].in_call = true;
      changes.push_back({busiest, true, reason(device)});
    } else if (!device.in_call && has_call_flow) {
      release(index, changes);
    }
  }

  void refresh_rate(WatchedFlow& flow, Instant now) const {
    if (flow.elapsed > Duration::zero()) {
      flow.rate = {rate_of(flow.counted[0], flow.elapsed), rate_of(flow.counted[1], flow.elapsed)};
      flow.counted = {};
      flow.elapsed = {};
      flow.measured_at = now;
    } else if (now - flow.measured_at > rate_lifetime) {
      flow.rate = {};
    }
  }

  void release(std::size_t index, std::vector<Verdict>& changes) {
    for (FlowSlot slot = 0; slot < flows_.size(); ++slot) {
      if (flows_[slot].device == index && flows_[slot].in_call) {
        flows_[slot].in_call = false;
        changes.push_back({slot, false, reason(devices_[index]), devices_[index].busy_until});
      }
    }
  }

  [[nodiscard]] std::string reason(const Device& device) const {
    return std::to_string(device.rate[0]) + (rule_.kbit_per_s ? " kbit/s up, " : " packets/s up, ") +
           std::to_string(device.rate[1]) + " down; the threshold is " +
           std::to_string(rule_.kbit_per_s.value_or(rule_.packets_per_s)) + " for " + std::to_string(rule_.on_after_steps) +
           " steps";
  }

  ThresholdSettings rule_;
  std::vector<WatchedFlow> flows_;  // by slot
  std::vector<Device> devices_;
};

}  // namespace

extern const DetectorKind threshold;
const DetectorKind threshold{
    .name = "threshold",
    .make = [](const Settings& settings) -> std::unique_ptr<Detector> { return std::make_unique<Threshold>(settings); },
    .port_rules = [](const Settings&) { return std::vector<PortRule>{}; },
};

}  // namespace voip::detectors
