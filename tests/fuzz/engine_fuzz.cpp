// The engine: legal but random events, with answers that come late, fail or never say what was hoped for. The deadline is always
// ahead, what waits for nothing is not stepped without end, there is one switch at a time, and a stop comes to its end.
#include <algorithm>
#include <deque>
#include <map>
#include <vector>

#include "core/engine/engine.h"
#include "detectors/detectors.h"
#include "fuzz/engine_input.h"
#include "fuzz/fuzz.h"

using namespace voip;

namespace {

// Readings at most four times a second, the steps of a switch, rates, and what an operation itself leads to.
constexpr std::int64_t most_steps_per_second = 100;
constexpr std::int64_t most_steps_at_once = 400;

struct Traffic {
  std::uint32_t id = 0;
  bool is_counted = true;
  Counters up;
  Counters down;
  Counters up_per_s;
  Counters down_per_s;
  Instant counted{};
};

class World {
 public:
  explicit World(fuzz::EngineInput& input)
      : input_(input),
        settings_(input.pick_settings()),
        engine_(settings_, find_detector(settings_.detector.use)->make(settings_),
                {.switches = input.ConsumeProbability<float>() < 0.9F,
                 .drains = input.ConsumeBool(),
                 .takes_rates = input.ConsumeBool()}) {
    send(DeadlineReached{});
  }

  void run() {
    for (int operations = 0; input_.remaining_bytes() > 0 && operations < 100; ++operations) {
      operate();
    }
    stop();
  }

 private:
  void operate() {
    switch (input_.ConsumeIntegralInRange<int>(0, 21)) {
      case 0:
      case 1:
        bear(input_.pick_key());
        break;
      case 2:
      case 3:
        change_traffic();
        break;
      case 4:
      case 5:
        pass(Duration(input_.ConsumeIntegralInRange<int>(0, 1000)));
        break;
      case 6:
        pass(Duration(input_.ConsumeIntegralInRange<int>(0, 20)) * 1000);
        break;
      case 7:
        flows_.erase(input_.pick_key());
        break;
      case 8: {
        const FlowKey key = input_.pick_key();
        flows_.erase(key);
        send(FlowGone{key, input_.ConsumeBool() ? 0 : next_id_});
        break;
      }
      case 9:
        send(FlowsLost{});
        break;
      case 10:
        send(SightChanged{input_.PickValueInArray({Sight::ok, Sight::limited, Sight::blind}), "fuzz"});
        break;
      case 11:
        if (!settings_.devices.empty()) {
          send(DeviceFound{input_.ConsumeIntegralInRange<std::size_t>(0, settings_.devices.size() - 1),
                           input_.pick_key().client.address});
        }
        break;
      case 12:
        send(DeviceLost{input_.pick_key().client.address});
        break;
      case 13:
        send(input_.pick_mode_order());
        break;
      case 14:
        send(input_.pick_setting_order());
        break;
      case 15:
        see_something_else();
        break;
      case 16:
        send(ShapingTouched{});
        break;
      case 17:
        send(RecheckRequested{input_.pick_request()});
        break;
      case 18:
        send(StatusRequested{input_.pick_request()});
        break;
      case 19:
        send(LineStirred{});
        break;
      case 20:
        send(LineSampled{.at = now_,
                         .over = Duration(input_.ConsumeIntegralInRange<int>(1, 2000)),
                         .up = {input_.ConsumeIntegral<std::uint16_t>(), input_.ConsumeIntegral<std::uint32_t>()},
                         .down = {input_.ConsumeIntegral<std::uint16_t>(), input_.ConsumeIntegral<std::uint32_t>()},
                         .tcp = pick_interval()});
        break;
      default:
        send(DelayMeasured{
            input_.ConsumeIntegralInRange<std::uint32_t>(0, 3), now_ - Duration(input_.ConsumeIntegral<std::uint8_t>()),
            Duration(input_.ConsumeIntegral<std::uint16_t>()), input_.ConsumeBool(), IpPrefix(fuzz::servers[0], 24)});
        break;
    }
  }

  std::optional<TcpInterval> pick_interval() {
    if (input_.ConsumeBool()) {
      return std::nullopt;
    }
    TcpInterval tcp;
    for (std::uint8_t count = input_.ConsumeIntegralInRange<std::uint8_t>(0, 2); count > 0; --count) {
      const Duration queue(input_.ConsumeIntegral<std::uint8_t>());
      tcp.networks.push_back(
          {IpPrefix(fuzz::servers[count % 2], 24), input_.ConsumeIntegral<std::uint8_t>(), queue, queue, Duration(0)});
    }
    tcp.sent = {input_.ConsumeIntegral<std::uint16_t>(), input_.ConsumeIntegral<std::uint16_t>()};
    tcp.payload_sent = input_.ConsumeIntegral<std::uint32_t>();
    tcp.payload_delivered = input_.ConsumeIntegral<std::uint32_t>();
    return tcp;
  }

  // The look that is under way shows what nobody expects.
  void see_something_else() {
    const auto look = std::find_if(answers_.begin(), answers_.end(),
                                   [](const auto& answer) { return std::holds_alternative<QosObserved>(answer.second); });
    if (look != answers_.end()) {
      look->second = QosObserved{input_.pick_qos(), input_.ConsumeBool() ? "" : "a flaw", input_.ConsumeBool()};
    }
  }

  void bear(const FlowKey& key) {
    const auto [found, is_new] = flows_.try_emplace(key);
    if (is_new) {
      found->second.id = ++next_id_;
      found->second.counted = now_;
      found->second.is_counted = input_.ConsumeProbability<float>() < 0.9F;
      found->second.up_per_s = input_.pick_rate();
      found->second.down_per_s = input_.pick_rate();
    }
    send(FlowBorn{.at = now_,
                  .key = key,
                  .conntrack_id = found->second.id,
                  .mark = 0,
                  .is_expected = input_.ConsumeBool(),
                  .is_fresh = is_new});
  }

  void change_traffic() {
    if (flows_.empty()) {
      return;
    }
    auto flow = flows_.begin();
    std::advance(flow, input_.ConsumeIntegralInRange<std::size_t>(0, flows_.size() - 1));
    flow->second.up_per_s = input_.pick_rate();
    flow->second.down_per_s = input_.pick_rate();
    if (input_.ConsumeProbability<float>() < 0.1F) {
      flow->second.up = flow->second.down = {};  // zeroed by somebody
    }
  }

  // Time goes from deadline to deadline, and from answer to answer.
  void pass(Duration duration) {
    const Instant end = now_ + duration;
    const std::int64_t most = steps_ + most_steps_at_once + most_steps_per_second * (duration / 1s);
    while (true) {
      std::optional<Instant> next = engine_.deadline();
      if (!answers_.empty()) {
        next = earlier(next, answers_.begin()->first);
      }
      if (!next || *next > end) {
        break;
      }
      now_ = std::max(now_, *next);
      if (!answers_.empty() && answers_.begin()->first <= now_) {
        const Event event = answers_.begin()->second;
        answers_.erase(answers_.begin());
        is_switching_ = is_switching_ && !std::holds_alternative<SwitchFinished>(event);
        is_looking_ = is_looking_ && !std::holds_alternative<QosObserved>(event);
        send(event);
      } else {
        send(DeadlineReached{});
      }
      fuzz::hold(steps_ <= most, "the engine does not spin");
    }
    now_ = end;
  }

  void stop() {
    send(StopRequested{});
    for (int minutes = 0; minutes < 30 && !engine_.finished(); ++minutes) {
      pass(1min);
    }
    fuzz::hold(engine_.finished(), "a stop comes to its end");
  }

  void send(Event first) {
    std::deque<Event> events{std::move(first)};
    while (!events.empty()) {
      const Event event = std::move(events.front());
      events.pop_front();
      ++steps_;
      const std::vector<Action>& actions = engine_.step(now_, event);
      fuzz::hold(!engine_.deadline() || *engine_.deadline() > now_, "the deadline is ahead");
      fuzz::hold(actions.size() <= 4 * std::size_t{settings_.monitor.max_watched_flows} + 64, "what a step asks for is bounded");
      for (const Action& action : actions) {
        std::visit([&](const auto& one) { perform(one, events); }, action);
      }
    }
  }

  template <typename Other>
  void perform(const Other& /*action*/, std::deque<Event>& /*events*/) {}

  void perform(const ListFlows& /*action*/, std::deque<Event>& events) {
    for (const auto& [key, flow] : flows_) {
      events.emplace_back(FlowBorn{.at = now_, .key = key, .conntrack_id = flow.id});
    }
  }

  void perform(const ReadCounters& action, std::deque<Event>& events) {
    fuzz::hold(!action.keys.empty() && action.keys.size() <= settings_.monitor.max_watched_flows, "a reading is bounded");
    samples_.emplace_back();
    for (const FlowKey& key : action.keys) {
      const auto found = flows_.find(key);
      if (found == flows_.end()) {
        events.emplace_back(FlowGone{key, 0});
        continue;
      }
      Traffic& flow = found->second;
      const auto elapsed = static_cast<std::uint64_t>((now_ - flow.counted).count());
      for (const auto& [total, rate] : {std::pair(&flow.up, flow.up_per_s), std::pair(&flow.down, flow.down_per_s)}) {
        total->packets += rate.packets / 1000 * elapsed + rate.packets % 1000 * elapsed / 1000;
        total->bytes += rate.bytes / 1000 * elapsed + rate.bytes % 1000 * elapsed / 1000;
      }
      flow.counted = now_;
      FlowSample sample{.key = key, .conntrack_id = flow.id, .up = {}, .down = {}};
      if (flow.is_counted) {
        sample.up = flow.up;
        sample.down = flow.down;
      }
      samples_.back().push_back(sample);
    }
    events.emplace_back(CountersRead{now_, samples_.back()});
  }

  void perform(const SwitchQos& action, std::deque<Event>& /*events*/) {
    fuzz::hold(!is_switching_, "one switch at a time");
    is_switching_ = true;
    const bool fails = input_.ConsumeProbability<float>() < 0.2F;
    if (!fails && input_.ConsumeProbability<float>() < 0.9F) {
      shaper_ = action.wanted;
    }
    answers_.emplace(now_ + Duration(input_.ConsumeIntegralInRange<int>(1, 30'000)),
                     SwitchFinished{action.wanted, fails ? "it failed" : ""});
  }

  void perform(const ObserveQos& /*action*/, std::deque<Event>& /*events*/) {
    fuzz::hold(!is_looking_, "one look at a time");
    is_looking_ = true;
    const bool is_seen = input_.ConsumeProbability<float>() < 0.9F;
    answers_.emplace(now_ + Duration(input_.ConsumeIntegralInRange<int>(1, 5'000)),
                     QosObserved{is_seen ? std::optional(shaper_) : std::nullopt, is_seen ? "" : "it cannot be seen"});
  }

  void perform(const RatesMeasured& action, std::deque<Event>& /*events*/) {
    fuzz::hold(action.total.up_bit_per_s >= 0 && action.total.down_bit_per_s >= 0 && action.total.up_packets_per_s >= 0 &&
                   action.total.down_packets_per_s >= 0,
               "no rate is negative");
    fuzz::hold(action.devices.size() == settings_.devices.size(), "each device has its rates");
  }

  void perform(const ReportChanged& action, std::deque<Event>& /*events*/) {
    fuzz::hold(action.report.calls >= 0 && (action.report.calls > 0 || !action.report.call_started),
               "without a call none has begun");
  }

  void perform(const StatusReported& action, std::deque<Event>& /*events*/) {
    fuzz::hold(action.status.flows.size() <= settings_.monitor.max_watched_flows, "the watched flows are bounded");
  }

  fuzz::EngineInput& input_;
  Settings settings_;
  Engine engine_;
  Instant now_{};
  std::map<FlowKey, Traffic> flows_;
  std::multimap<Instant, Event> answers_;
  std::deque<std::vector<FlowSample>> samples_;  // all of them: the engine may look at one until its next reading
  Qos shaper_ = Qos::off;
  bool is_switching_ = false;
  bool is_looking_ = false;
  std::uint32_t next_id_ = 0;
  std::int64_t steps_ = 0;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::EngineInput input(data, size);
  World(input).run();
  return 0;
}
