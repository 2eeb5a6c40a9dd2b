#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "commands/recording/replay.h"
#include "commands/recording/replay_engine.h"

namespace voip {
namespace {

constexpr Duration opinion_interval = 1s;

// Tells what was recorded, and lets every switch succeed at once. With the recorder's own settings the steps are exactly the
// recorder's, so the decisions are its own; with others the deadlines are those of the engine here.
class RecordingReplay {
 public:
  RecordingReplay(const Recording& recording, const RecordingPlan& plan, const std::function<void(const ReplayEvent&)>& sink)
      : recording_(recording),
        is_exact_(!plan.settings),
        tells_opinions_(plan.tells_opinions),
        sink_(sink),
        settings_(plan.settings.value_or(recording.settings)),
        engine_(without_marks(settings_)) {}

  void run() {
    for (const RecordedStep& recorded : recording_.steps) {
      const Instant at = recording_.began + recorded.time;
      while (!is_exact_ && engine_.deadline() && *engine_.deadline() < at) {
        now_ = *engine_.deadline();
        step(DeadlineReached{});
      }
      now_ = at;
      if (const auto event = with_our_devices(recorded.event)) {
        step(*event);
      }
      if (tells_opinions_ && recorded.time >= next_opinions_) {
        step(StatusRequested{});
        next_opinions_ = recorded.time + opinion_interval;
      }
    }
  }

 private:
  static Settings without_marks(Settings settings) {
    settings.qos.mark_calls = false;  // the recorder could not mark
    return settings;
  }

  // Devices are recorded by their place in the recorder's settings; in others they are known by name.
  [[nodiscard]] std::optional<Event> with_our_devices(const Event& event) const {
    const auto* found = std::get_if<DeviceFound>(&event);
    if (is_exact_ || found == nullptr) {
      return event;
    }
    const auto same = std::find_if(settings_.devices.begin(), settings_.devices.end(), [&](const DeviceSettings& device) {
      return device.name == recording_.settings.devices.at(found->device).name;
    });
    if (same == settings_.devices.end()) {
      return std::nullopt;
    }
    return DeviceFound{static_cast<std::size_t>(same - settings_.devices.begin()), found->address};
  }

  void step(Event first) {
    engine_.step(
        now_, std::move(first), [&](const Action& action, std::deque<Event>& /*events*/) { perform(action); }, [] {});
  }

  void perform(const Action& action) {
    std::visit(Overloaded{
                   [&](const CallStarted& started) { tell(ReplayEvent::Kind::call_start, started.call); },
                   [&](const CallEnded& ended) { tell(ReplayEvent::Kind::call_end, ended.call); },
                   [&](const CallTurnedBad& bad) { tell(ReplayEvent::Kind::call_bad, bad.call); },
                   [&](const CallKindFound& found) { tell_kind(found.call); },
                   [&](const QosSwitched& switched) { sink_(told(switched, now_ - recording_.began)); },
                   [&](const StatusReported& reported) { tell_opinions(reported.status); },
                   [](const auto&) {},
               },
               action);
  }

  void tell(ReplayEvent::Kind kind, const Call& call) {
    sink_({.kind = kind,
           .time = now_ - recording_.began,
           .flow = flow_of(call.first_flow),
           .device = call.device,
           .reason = call.reason,
           .quality = kind == ReplayEvent::Kind::call_start ? std::nullopt : std::optional(call.quality)});
  }

  void tell_kind(const Call& call) {
    if (tells_opinions_) {
      sink_({.kind = ReplayEvent::Kind::kind,
             .time = now_ - recording_.began,
             .flow = flow_of(call.first_flow),
             .device = call.device,
             .reason = std::string(to_string(call.kind))});
    }
  }

  void tell_opinions(const FullStatus& status) {
    for (const FlowReport& report : status.flows) {
      if (report.rates.up_packets_per_s + report.rates.down_packets_per_s == 0) {
        continue;
      }
      sink_({.kind = ReplayEvent::Kind::opinion,
             .time = now_ - recording_.began,
             .flow = flow_of(report.key),
             .device = report.device,
             .reason = report.reason,
             .score = report.score,
             .threshold = report.threshold});
    }
  }

  const TimelineFlow* flow_of(const FlowKey& key) {
    TimelineFlow& flow = flows_[key];
    flow.key = key;
    return &flow;
  }

  const Recording& recording_;
  bool is_exact_ = true;
  bool tells_opinions_ = false;
  const std::function<void(const ReplayEvent&)>& sink_;
  Settings settings_;
  ReplayEngine engine_;
  Instant now_{};
  Duration next_opinions_{};
  std::unordered_map<FlowKey, TimelineFlow, FlowKeyHash> flows_;  // those that were told
};

}  // namespace

void replay(const Recording& recording, const RecordingPlan& plan, const std::function<void(const ReplayEvent&)>& sink) {
  RecordingReplay(recording, plan, sink).run();
}

}  // namespace voip
