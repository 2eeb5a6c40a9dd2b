#include "core/engine/call_tracker.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace voip {
namespace {

constexpr std::uint32_t ipv4_header = 20;  // RFC 791
constexpr std::uint32_t ipv6_header = 40;  // RFC 8200

std::int32_t saturated_sum(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(std::min<std::int64_t>(std::int64_t{a} + b, std::numeric_limits<std::int32_t>::max()));
}

void add(Rates& total, const Rates& rates) {
  total.up_bit_per_s += rates.up_bit_per_s;
  total.down_bit_per_s += rates.down_bit_per_s;
  total.up_packets_per_s = saturated_sum(total.up_packets_per_s, rates.up_packets_per_s);
  total.down_packets_per_s = saturated_sum(total.down_packets_per_s, rates.down_packets_per_s);
  total.flows += 1;
}

Rates sum(std::span<const FlowSlot> slots, const FlowTable& flows) {
  Rates total;
  for (const FlowSlot slot : slots) {
    add(total, flows.at(slot).rates);
  }
  return total;
}

Rates means(const Counters& up, const Counters& down, Duration duration) {
  // In two parts, because what a call of days has carried is no number to be multiplied by a thousand.
  const auto per_second = [milliseconds =
                               static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 1))](std::uint64_t amount) {
    return static_cast<std::int64_t>(amount / milliseconds * 1000 + amount % milliseconds * 1000 / milliseconds);
  };
  return {per_second(up.bytes * 8), per_second(down.bytes * 8), static_cast<std::int32_t>(per_second(up.packets)),
          static_cast<std::int32_t>(per_second(down.packets)), 0};
}

void add(Counters& total, const Counters& more) {
  total.packets += more.packets;
  total.bytes += more.bytes;
}

void mark_media_and_rtcp(const FlowKey& key, bool is_call, std::vector<Action>& actions) {
  actions.emplace_back(MarkFlow{key, is_call});
  if (const auto rtcp = rtcp_of(key)) {
    actions.emplace_back(MarkFlow{*rtcp, is_call, false});
  }
}

}  // namespace

CallTracker::CallTracker(const Settings& settings, std::unique_ptr<Detector> detector)
    : devices_(settings.devices), marks_(settings.qos.mark_calls), detector_(std::move(detector)) {
  assert(detector_);
}

void CallTracker::flow_started(FlowSlot slot, const FlowFacts& facts, Instant now) {
  detector_->flow_started(slot, facts, now);
}

void CallTracker::flow_ended(FlowSlot slot, FlowTable& flows, Instant now, std::vector<Action>& actions) {
  detector_->flow_ended(slot, now);
  if (flows.at(slot).in_call) {
    leave(slot, flows, now, actions);
    unmark(flows.at(slot).facts.key, flows, actions);
  }
}

void CallTracker::device_known(FlowSlot slot, const FlowTable& flows) {
  for (ActiveCall& active : calls_) {
    if (std::find(active.flows.begin(), active.flows.end(), slot) != active.flows.end()) {
      active.device = flows.at(slot).device;
      active.call.device = device_name(flows.at(slot));
      return;
    }
  }
}

void CallTracker::flow_measured(FlowSlot slot, const FlowTable& flows, const FlowStep& step, const LineState& line,
                                CallMeter::Around around) {
  detector_->flow_measured(slot, step);
  if (!flows.at(slot).in_call) {
    return;
  }
  around.has_qos = has_qos_;
  for (ActiveCall& active : calls_) {
    const auto found = std::find(active.flows.begin(), active.flows.end(), slot);
    if (found != active.flows.end()) {
      add(active.up, step.up);
      add(active.down, step.down);
      active.meters.at(static_cast<std::size_t>(found - active.flows.begin()))
          .measured(step.up, step.down, step.elapsed, line, around);
      return;
    }
  }
}

void CallTracker::judge(Instant now, FlowTable& flows, std::vector<Action>& actions) {
  verdicts_.clear();
  detector_->judge(now, verdicts_);
  for (const Verdict& verdict : verdicts_) {
    Flow& flow = flows.at(verdict.slot);
    if (flow.in_call == verdict.in_call) {
      continue;
    }
    if (!verdict.in_call) {
      leave(verdict.slot, flows, std::min(verdict.heard_until.value_or(now), now), actions,
            verdict.was_none ? &verdict.reason : nullptr);
      unmark(flow.facts.key, flows, actions);
      continue;
    }
    flow.in_call = true;
    bool is_new = false;
    ActiveCall& active = call_of(verdict.slot, flows, now, verdict.reason, is_new);
    active.flows.push_back(verdict.slot);
    active.meters.emplace_back(flow.facts.key.client.address.is_v6() ? ipv6_header : ipv4_header);
    // Marked before anything is shaped: a call that is not marked when the queue is drained is dropped with the rest.
    mark(flow.facts.key, actions);
    if (is_new) {
      active.call.rates = sum(active.flows, flows);
      ask_detector(active.call, active.flows);
      actions.emplace_back(CallStarted{active.call});
    }
  }
  for (ActiveCall& active : calls_) {
    const CallKind before = active.call.kind;
    ask_detector(active.call, active.flows);
    if (active.call.kind != before) {
      actions.emplace_back(CallKindFound{active.call});
    }
  }
}

bool CallTracker::is_marked(const FlowKey& key, const FlowTable& flows) {
  const auto is_media = [&flows](const FlowKey& flow) {
    const auto slot = flows.find(flow);
    return slot && flows.at(*slot).in_call;
  };
  const auto rtp = rtp_of(key);
  return is_media(key) || (rtp && is_media(*rtp));
}

void CallTracker::mark(const FlowKey& key, std::vector<Action>& actions) const {
  if (marks_) {
    mark_media_and_rtcp(key, true, actions);
  }
}

// Of a flow that has left its call.
void CallTracker::unmark(const FlowKey& key, const FlowTable& flows, std::vector<Action>& actions) const {
  if (!marks_) {
    return;
  }
  actions.emplace_back(MarkFlow{key, false});
  // Two media flows may stand side by side, one where the other's RTCP would be.
  if (is_marked(key, flows)) {
    actions.emplace_back(MarkFlow{key, true, false});
  }
  if (const auto rtcp = rtcp_of(key); rtcp && !is_marked(*rtcp, flows)) {
    actions.emplace_back(MarkFlow{*rtcp, false, false});
  }
}

void CallTracker::unmark(const FlowTable& flows, std::vector<Action>& actions) const {
  if (!marks_) {
    return;
  }
  for (const ActiveCall& active : calls_) {
    for (const FlowSlot slot : active.flows) {
      mark_media_and_rtcp(flows.at(slot).facts.key, false, actions);
    }
  }
}

CallTracker::ActiveCall& CallTracker::call_of(FlowSlot slot, const FlowTable& flows, Instant now, const std::string& reason,
                                              bool& is_new) {
  const Flow& flow = flows.at(slot);
  const IpPrefix remote = remote_network(flow.facts.key.server.address);
  const auto is_same_socket = [&](FlowSlot other) { return flows.at(other).facts.key.client == flow.facts.key.client; };
  for (ActiveCall& active : calls_) {
    // Media moves between a relay and the peer, and between relays.
    if (std::any_of(active.flows.begin(), active.flows.end(), is_same_socket)) {
      return active;
    }
    // One machine is in one call whichever of its addresses it uses; a network of them is not.
    const bool is_same_machine = active.device == flow.device && flow.device != no_device &&
                                 is_single_machine(devices_.at(static_cast<std::size_t>(flow.device)));
    if ((is_same_machine || active.call.client == flow.facts.key.client.address) && active.remote == remote) {
      return active;
    }
  }
  is_new = true;
  ActiveCall& active = calls_.emplace_back();
  active.remote = remote;
  active.device = flow.device;
  active.call = {.id = ++last_id_,
                 .device = device_name(flow),
                 .client = flow.facts.key.client.address,
                 .first_flow = flow.facts.key,
                 .started = now,
                 .ended = {},
                 .rates = {},
                 .reason = reason,
                 .is_presumed = true,  // until the detector is asked
                 .first_packet = flow.first_packet};
  return active;
}

void CallTracker::finish(ActiveCall& active, Instant ended) {
  active.call.ended = ended;
  active.call.rates = means(active.up, active.down, ended - active.call.started);
  active.call.quality = active.left;
  active.call.queue_delays = active.left_delays;
}

void CallTracker::leave(FlowSlot slot, FlowTable& flows, Instant heard_until, std::vector<Action>& actions,
                        const std::string* why_none) {
  flows.at(slot).in_call = false;
  for (auto active = calls_.begin(); active != calls_.end(); ++active) {
    const auto found = std::find(active->flows.begin(), active->flows.end(), slot);
    if (found == active->flows.end()) {
      continue;
    }
    keep_quality(*active, static_cast<std::size_t>(found - active->flows.begin()));
    active->flows.erase(found);
    active->call.was_none = why_none != nullptr && !active->had_media;
    active->had_media = active->had_media || why_none == nullptr;
    active->heard_until = std::max({active->heard_until, active->call.started, heard_until});
    if (active->flows.empty()) {
      if (active->call.was_none) {
        active->call.reason = *why_none;
        active->call.kind = CallKind::unknown;
      } else {
        heard_until_ = std::max(heard_until_.value_or(active->heard_until), active->heard_until);
      }
      finish(*active, active->heard_until);
      last_quality_ = active->call.was_none ? last_quality_ : CallQualityReport{active->call.device, active->left};
      actions.emplace_back(CallEnded{active->call});
      calls_.erase(active);
    }
    return;
  }
}

std::string CallTracker::device_name(const Flow& flow) const {
  return flow.device == no_device ? flow.facts.key.client.address.to_string()
                                  : devices_.at(static_cast<std::size_t>(flow.device)).name;
}

std::vector<Call> CallTracker::active_calls(const FlowTable& flows) const {
  std::vector<Call> calls;
  for (const ActiveCall& active : calls_) {
    calls.push_back(active.call);
    calls.back().rates = sum(active.flows, flows);
    calls.back().quality = quality_now(active);
  }
  return calls;
}

std::optional<Instant> CallTracker::first_started() const {
  std::optional<Instant> first;
  for (const ActiveCall& active : calls_) {
    first = earlier(first, active.call.started);
  }
  return first;
}

void CallTracker::write_report(std::int32_t device, DeviceReport& report) const {
  auto& [name, calls, call_started, call_kind, is_presumed] = report;
  name = devices_.at(static_cast<std::size_t>(device)).name;
  calls = 0;
  call_started.reset();
  for (const ActiveCall& active : calls_) {
    if (active.device == device) {
      calls += 1;
      call_started = earlier(call_started, active.call.started);
    }
  }
  const Certainty certainty_of_calls = certainty(device);
  call_kind = certainty_of_calls.kind;
  is_presumed = certainty_of_calls.is_presumed;
}

void CallTracker::write_names(std::vector<std::string>& names) const {
  std::size_t known = 0;
  for (const ActiveCall& active : calls_) {
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(known);
    if (std::find(names.begin(), end, active.call.device) != end) {
      continue;
    }
    if (known == names.size()) {
      names.emplace_back();
    }
    names[known++] = active.call.device;
  }
  names.resize(known);
}

Rates CallTracker::rates(std::int32_t device, const FlowTable& flows) const {
  Rates total;
  for (const ActiveCall& active : calls_) {
    if (device == no_device || active.device == device) {
      for (const FlowSlot slot : active.flows) {
        add(total, flows.at(slot).rates);
      }
    }
  }
  return total;
}

}  // namespace voip
