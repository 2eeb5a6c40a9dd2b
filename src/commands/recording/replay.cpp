#include "commands/recording/replay.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "commands/recording/replay_engine.h"

namespace voip {
namespace {

constexpr Duration gone_after = 180s;  // nf_conntrack_udp_timeout_stream before Linux 5.2, and what ctflow1 cuts flows at
constexpr Duration opinion_interval = 1s;

// A flow on its way through time.
struct LivingFlow {
  const TimelineFlow* flow = nullptr;
  std::uint32_t conntrack_id = 0;
  std::size_t next_bucket = 0;
  Counters up;  // of all buckets that are over
  Counters down;
  std::uint32_t mark = 0;
  Instant gone_at{};
};

class Replay {
 public:
  Replay(const Timeline& timeline, const ReplayPlan& plan, const std::function<void(const ReplayEvent&)>& sink)
      : timeline_(timeline),
        tells_opinions_(plan.tells_opinions),
        sink_(sink),
        mark_(plan.settings.qos.call_mark),
        engine_(always_marking(plan.settings)) {
    for (const TimelineFlow& flow : timeline.flows) {
      births_.push_back(&flow);
    }
    std::stable_sort(births_.begin(), births_.end(), [](const TimelineFlow* a, const TimelineFlow* b) {
      return a->buckets.front().number < b->buckets.front().number;
    });
  }

  void run() {
    const Instant end{timeline_.length};
    step(DeadlineReached{});
    while (const auto next = next_moment()) {
      if (*next > end) {
        return;
      }
      now_ = *next;
      // Readings that are due now come before births of now, whose first bucket has only begun.
      if (engine_.deadline() && *engine_.deadline() <= now_) {
        step(DeadlineReached{});
      }
      let_flows_go();
      let_flows_begin();
      if (tells_opinions_ && now_ >= next_opinions_) {
        tell_opinions();
      }
    }
  }

 private:
  static Settings always_marking(Settings settings) {
    settings.qos.mark_calls = true;  // the marks tell which flows are part of a call
    return settings;
  }

  [[nodiscard]] Instant start_of(const TimelineBucket& bucket) const {
    return Instant(timeline_.bucket_length * std::int64_t{bucket.number});
  }

  [[nodiscard]] std::optional<Instant> next_moment() const {
    std::optional<Instant> next = engine_.deadline();
    if (next_birth_ < births_.size()) {
      next = earlier(next, start_of(births_[next_birth_]->buckets.front()));
    }
    if (next_gone_ != Instant::max()) {
      next = earlier(next, next_gone_);
    }
    if (tells_opinions_) {
      next = earlier(next, next_opinions_);
    }
    return next;
  }

  void let_flows_begin() {
    while (next_birth_ < births_.size() && start_of(births_[next_birth_]->buckets.front()) <= now_) {
      const TimelineFlow* flow = births_[next_birth_++];
      if (const auto old = living_.find(flow->key); old != living_.end()) {
        let_go(old->second);  // the tuple is used again
      }
      LivingFlow& born = living_[flow->key];
      born.flow = flow;
      born.conntrack_id = ++last_id_;
      born.gone_at = start_of(flow->buckets.back()) + timeline_.bucket_length + gone_after;
      next_gone_ = std::min(next_gone_, born.gone_at);
      step(FlowBorn{.at = now_, .key = flow->key, .conntrack_id = born.conntrack_id, .is_fresh = true});
    }
  }

  void let_flows_go() {
    if (now_ < next_gone_) {
      return;
    }
    next_gone_ = Instant::max();
    std::vector<FlowKey> gone;
    for (const auto& [key, living] : living_) {
      if (living.gone_at <= now_) {
        gone.push_back(key);
      } else {
        next_gone_ = std::min(next_gone_, living.gone_at);
      }
    }
    std::sort(gone.begin(), gone.end());
    for (const FlowKey& key : gone) {
      let_go(living_.at(key));
    }
  }

  void let_go(LivingFlow& living) {
    if (living.mark != 0) {
      sink_({.kind = ReplayEvent::Kind::call_end,
             .time = now_.time_since_epoch(),
             .flow = living.flow,
             .device = living.flow->key.client.address.to_string(),
             .reason = "the flow has gone"});
    }
    const FlowGone event{living.flow->key, living.conntrack_id};
    living_.erase(event.key);
    step(event);
  }

  void step(Event first) {
    engine_.step(
        now_, std::move(first), [&](const Action& action, std::deque<Event>& events) { perform(action, events); },
        [&] { tell_changes(); });
  }

  void perform(const Action& action, std::deque<Event>& events) {
    std::visit(Overloaded{
                   [&](const ListFlows&) { list_flows(events); },
                   [&](const ReadCounters& read) { read_counters(read, events); },
                   [&](const MarkFlow& mark) { mark_flow(mark); },
                   [&](const CallStarted& started) { started_[started.call.first_flow] = started.call; },
                   [&](const CallTurnedBad& bad) { tell_bad(bad.call); },
                   [&](const CallKindFound& found) { tell_kind(found.call); },
                   [&](const StatusReported& reported) { status_ = reported.status; },
                   [&](const QosSwitched& switched) { sink_(told(switched, now_.time_since_epoch())); },
                   [](const auto&) {},
               },
               action);
  }

  void list_flows(std::deque<Event>& events) {
    std::vector<const LivingFlow*> living;
    for (const auto& [key, flow] : living_) {
      living.push_back(&flow);
    }
    std::sort(living.begin(), living.end(),
              [](const LivingFlow* a, const LivingFlow* b) { return a->conntrack_id < b->conntrack_id; });
    for (const LivingFlow* flow : living) {
      events.emplace_back(FlowBorn{.at = now_, .key = flow->flow->key, .conntrack_id = flow->conntrack_id, .mark = flow->mark});
    }
  }

  void read_counters(const ReadCounters& read, std::deque<Event>& events) {
    samples_.clear();
    for (const FlowKey& key : read.keys) {
      const auto found = living_.find(key);
      if (found == living_.end()) {
        events.emplace_back(FlowGone{key, 0});
        continue;
      }
      LivingFlow& living = found->second;
      count(living);
      samples_.push_back(
          {.key = key, .conntrack_id = living.conntrack_id, .up = living.up, .down = living.down, .mark = living.mark});
    }
    events.emplace_back(CountersRead{now_, samples_});
  }

  // Adds the buckets that are over by now.
  void count(LivingFlow& living) const {
    const auto& buckets = living.flow->buckets;
    while (living.next_bucket < buckets.size() && start_of(buckets[living.next_bucket]) + timeline_.bucket_length <= now_) {
      const TimelineBucket& bucket = buckets[living.next_bucket++];
      living.up.packets += bucket.up.packets;
      living.up.bytes += bucket.up.bytes;
      living.down.packets += bucket.down.packets;
      living.down.bytes += bucket.down.bytes;
    }
  }

  void mark_flow(const MarkFlow& order) {
    const auto found = living_.find(order.key);
    if (found == living_.end() || !order.is_media) {
      return;
    }
    const std::uint32_t mark = order.is_call ? mark_.value : 0;
    if (found->second.mark != mark) {
      found->second.mark = mark;
      changed_.push_back({order.key, order.is_call});
    }
  }

  void tell_changes() {
    if (changed_.empty()) {
      return;
    }
    const auto changed = std::exchange(changed_, {});
    step(StatusRequested{});
    for (const auto& [key, is_call] : changed) {
      tell_change(key, is_call);
    }
    started_.clear();
  }

  void tell_change(const FlowKey& key, bool is_call) {
    ReplayEvent event{.kind = is_call ? ReplayEvent::Kind::call_start : ReplayEvent::Kind::call_end,
                      .time = now_.time_since_epoch(),
                      .flow = living_.at(key).flow};
    const auto report =
        std::find_if(status_.flows.begin(), status_.flows.end(), [&key](const FlowReport& flow) { return flow.key == key; });
    if (report != status_.flows.end()) {
      event.device = report->device;
      event.reason = report->reason;
    }
    if (const auto call = started_.find(key); is_call && call != started_.end()) {
      event.device = call->second.device;
      event.reason = call->second.reason;
    }
    sink_(event);
  }

  void tell_bad(const Call& call) {
    const auto found = living_.find(call.first_flow);
    sink_({.kind = ReplayEvent::Kind::call_bad,
           .time = now_.time_since_epoch(),
           .flow = found == living_.end() ? nullptr : found->second.flow,
           .device = call.device,
           .reason = in_words(call.quality),
           .quality = call.quality});
  }

  void tell_kind(const Call& call) {
    const auto found = living_.find(call.first_flow);
    if (tells_opinions_ && found != living_.end()) {
      sink_({.kind = ReplayEvent::Kind::kind,
             .time = now_.time_since_epoch(),
             .flow = found->second.flow,
             .device = call.device,
             .reason = std::string(to_string(call.kind))});
    }
  }

  void tell_opinions() {
    step(StatusRequested{});
    for (const FlowReport& report : status_.flows) {
      const auto found = living_.find(report.key);
      if (found == living_.end() || report.rates.up_packets_per_s + report.rates.down_packets_per_s == 0) {
        continue;
      }
      sink_({.kind = ReplayEvent::Kind::opinion,
             .time = now_.time_since_epoch(),
             .flow = found->second.flow,
             .device = report.device,
             .reason = report.reason,
             .score = report.score,
             .threshold = report.threshold});
    }
    next_opinions_ = now_ + opinion_interval;
  }

  const Timeline& timeline_;
  bool tells_opinions_ = false;
  const std::function<void(const ReplayEvent&)>& sink_;
  MarkSettings mark_;
  ReplayEngine engine_;
  std::vector<const TimelineFlow*> births_;
  std::size_t next_birth_ = 0;
  std::unordered_map<FlowKey, LivingFlow, FlowKeyHash> living_;
  std::uint32_t last_id_ = 0;
  Instant now_{};
  Instant next_gone_ = Instant::max();
  Instant next_opinions_{};
  FullStatus status_;  // the last one asked for
  std::vector<FlowSample> samples_;
  std::vector<std::pair<FlowKey, bool>> changed_;  // in this step: became part of a call, or ceased to be
  std::unordered_map<FlowKey, Call, FlowKeyHash> started_;
};

}  // namespace

Settings with_interval(Settings settings, std::optional<Duration> interval) {
  if (interval) {
    settings.monitor.interval = *interval;
    settings.monitor.fast_interval = *interval;
  }
  return settings;
}

void replay(const Timeline& timeline, const ReplayPlan& plan, const std::function<void(const ReplayEvent&)>& sink) {
  Replay(timeline, plan, sink).run();
}

}  // namespace voip
