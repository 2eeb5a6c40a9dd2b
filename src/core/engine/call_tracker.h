// Flows to calls: runs the detector and groups the flows that it takes for media into calls, one for each LAN device and remote
// network (IPv4 /24, IPv6 /48: a service's relays stand side by side), or local socket. A call begins with its first flow and
// ends with its last; a device that gets another address meanwhile stays in it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/detector.h"
#include "core/engine/flow_table.h"
#include "core/events.h"
#include "core/quality/quality.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

class CallTracker {
 public:
  CallTracker(const Settings& settings, std::unique_ptr<Detector> detector);

  [[nodiscard]] bool wants(const FlowFacts& facts) const { return detector_->wants(facts); }
  void set_sensitivity(Sensitivity sensitivity) { detector_->set_sensitivity(sensitivity); }
  void flow_started(FlowSlot slot, const FlowFacts& facts, Instant now);
  // The flow has gone from the kernel, or is of no interest any more; ends its call if it was the last of it.
  void flow_ended(FlowSlot slot, FlowTable& flows, Instant now, std::vector<Action>& actions);
  // The flow is now known to be that of flow.device; so is its call. Calls that were told without it end with its name.
  void device_known(FlowSlot slot, const FlowTable& flows);
  void flow_measured(FlowSlot slot, const FlowTable& flows, const FlowStep& step, const LineState& line,
                     CallMeter::Around around);
  // Whether QoS is on: so it was during the calls that are up. `came`: it has come on just now, because of a call.
  void note_qos(bool is_on, std::optional<Instant> came);
  // The call that is up by itself: nothing where there is none, or another one too.
  [[nodiscard]] const Call* lone_call() const { return calls_.size() == 1 ? &calls_.front().call : nullptr; }
  void note_comparison() { calls_.front().call.was_compared = true; }
  // Those that are up, as they would be told if they ended now.
  [[nodiscard]] std::vector<Call> cut_calls(Instant now) const;
  // Appends CallTurnedBad where it is news.
  void judge_quality(std::vector<Action>& actions);
  // Of the worst call that is up, else of the last one, and that call's device; null: there was none.
  struct DeviceQuality {
    const std::string* device = nullptr;
    CallQuality quality;
  };
  [[nodiscard]] DeviceQuality quality() const;
  // Takes in the detector's verdicts: appends CallStarted, CallKindFound and CallEnded, and MarkFlow for each flow that became or
  // ceased to be media, and for its RTCP.
  void judge(Instant now, FlowTable& flows, std::vector<Action>& actions);

  // Clears the mark of every media flow and its RTCP, for a daemon that ends.
  void unmark(const FlowTable& flows, std::vector<Action>& actions) const;
  // Whether the flow is to have the mark: it is media of a call, or the RTCP of such.
  [[nodiscard]] static bool is_marked(const FlowKey& key, const FlowTable& flows);

  [[nodiscard]] Interest interest(FlowSlot slot) const { return detector_->interest(slot); }
  [[nodiscard]] Opinion opinion(FlowSlot slot) const { return detector_->opinion(slot); }
  [[nodiscard]] std::int32_t calls() const { return static_cast<std::int32_t>(calls_.size()); }
  [[nodiscard]] std::vector<Call> active_calls(const FlowTable& flows) const;
  [[nodiscard]] std::uint64_t calls_seen() const { return last_id_; }
  [[nodiscard]] std::optional<Instant> first_started() const;
  // Of the calls that are up: of one configured device, or of all (no_device).
  struct Certainty {
    CallKind kind = CallKind::unknown;  // video if one of them has it, else voice if one is known so
    bool is_presumed = false;           // none of them is known to be a call yet
  };
  [[nodiscard]] Certainty certainty(std::int32_t device) const;
  // When the latest of the calls that are over was last heard. Those that were none do not count.
  [[nodiscard]] std::optional<Instant> heard_until() const { return heard_until_; }
  // Calls of one configured device.
  void write_report(std::int32_t device, DeviceReport& report) const;
  // Who is on a call, as Report::in_call has it.
  void write_names(std::vector<std::string>& names) const;
  // Rates of the media flows now; of one device, or of all (no_device).
  [[nodiscard]] Rates rates(std::int32_t device, const FlowTable& flows) const;

 private:
  struct ActiveCall {
    Call call;
    IpPrefix remote;
    std::int32_t device = no_device;
    std::vector<FlowSlot> flows;
    Counters up;  // since the start
    Counters down;
    Instant heard_until{};            // the latest of the flows that have left it
    std::vector<CallMeter> meters{};  // of the flows, in their order
    CallQuality left{};               // of the flow that told most of those that have left
    QueueDelays left_delays{};
    std::int64_t left_weight = 0;
    bool was_bad = false;
    bool had_media = false;  // one of them was a call
  };
  ActiveCall& call_of(FlowSlot slot, const FlowTable& flows, Instant now, const std::string& reason, bool& is_new);
  // What the detector knows of the call by now.
  void ask_detector(Call& call, std::span<const FlowSlot> flows) const;
  void mark(const FlowKey& key, std::vector<Action>& actions) const;
  void unmark(const FlowKey& key, const FlowTable& flows, std::vector<Action>& actions) const;
  // What is told of a call at its end, when its flows have left it.
  static void finish(ActiveCall& active, Instant ended);
  [[nodiscard]] static const CallMeter* best_meter(const ActiveCall& active);
  static void keep_quality(ActiveCall& active, std::size_t place);
  [[nodiscard]] static CallQuality quality_now(const ActiveCall& active);
  // `why_none`: the detector takes it back.
  void leave(FlowSlot slot, FlowTable& flows, Instant heard_until, std::vector<Action>& actions,
             const std::string* why_none = nullptr);
  [[nodiscard]] std::string device_name(const Flow& flow) const;

  std::vector<DeviceSettings> devices_;
  bool marks_ = true;
  std::unique_ptr<Detector> detector_;
  std::vector<ActiveCall> calls_;
  std::vector<Verdict> verdicts_;
  std::optional<Instant> heard_until_;
  CallQualityReport last_quality_;  // of the last call that is over
  std::uint64_t last_id_ = 0;
  bool has_qos_ = false;
};

}  // namespace voip
