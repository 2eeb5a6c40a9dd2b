// A world for the engine: flows that carry traffic, an actuator that takes its time and may fail, and time that walks from
// deadline to deadline. Nothing sleeps; an hour passes in microseconds.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/engine.h"

namespace voip {

inline Instant at(Duration since_start) {
  return Instant(since_start);
}

inline FlowKey flow_key(const std::string& client, std::uint16_t client_port, const std::string& server,
                        std::uint16_t server_port) {
  return {{*IpAddress::parse(client), client_port}, {*IpAddress::parse(server), server_port}, protocol_udp};
}

// Takes every flow for a call that carries at least ten packets a second both ways, from the first reading on, until it doesn't.
// Of a phone four packets are enough.
class PlainDetector : public Detector {
 public:
  [[nodiscard]] bool wants(const FlowFacts& facts) const override { return facts.key.server.port != 53; }
  void flow_started(FlowSlot slot, const FlowFacts& facts, Instant /*now*/) override {
    flows_[slot] = {.packets_per_s = facts.role == Role::phone ? 4U : 10U};
  }
  void flow_ended(FlowSlot slot, Instant /*now*/) override { flows_.erase(slot); }
  void flow_measured(FlowSlot slot, const FlowStep& step) override {
    const auto enough = static_cast<std::uint64_t>(step.elapsed.count()) * flows_.at(slot).packets_per_s / 1000;
    flows_.at(slot).is_busy = step.up.packets >= enough && step.down.packets >= enough;
  }
  void judge(Instant /*now*/, std::vector<Verdict>& changes) override {
    for (auto& [slot, flow] : flows_) {
      if (flow.is_busy != flow.in_call) {
        flow.in_call = flow.is_busy;
        changes.push_back({slot, flow.in_call, "ten packets a second"});
      }
    }
  }
  [[nodiscard]] Interest interest(FlowSlot slot) const override {
    return flows_.at(slot).in_call ? Interest::in_call : Interest::dismissed;
  }
  [[nodiscard]] Opinion opinion(FlowSlot slot) const override { return {flows_.at(slot).in_call ? 1 : 0, 1, "plain"}; }

 private:
  struct State {
    std::uint64_t packets_per_s = 10;
    bool is_busy = false;
    bool in_call = false;
  };
  std::map<FlowSlot, State> flows_;
};

class Simulation {
 public:
  explicit Simulation(const Settings& settings = {}, Reconciler::Abilities abilities = {.switches = true, .drains = false},
                      Qos found = Qos::off, std::unique_ptr<Detector> detector = std::make_unique<PlainDetector>())
      : actual(found), engine_(settings, std::move(detector), abilities) {
    send(DeadlineReached{});
  }

  // Traffic of one flow, in packets of 200 bytes a second each way, from now on.
  void traffic(const FlowKey& key, std::uint64_t up_per_s, std::uint64_t down_per_s) {
    auto [found, is_new] = flows_.try_emplace(key);
    carry(found->second);
    found->second.up_per_s = up_per_s;
    found->second.down_per_s = down_per_s;
    if (is_new) {
      found->second.since = now_;
      send(FlowBorn{.at = now_, .key = key, .conntrack_id = 1, .mark = 0, .is_expected = false, .is_fresh = true});
    }
  }
  // The kernel forgets the flow; the engine learns it when it asks.
  void expire(const FlowKey& key) { flows_.erase(key); }

  void send(const Event& event) {
    std::vector<Event> events{event};
    while (!events.empty()) {
      std::vector<Event> answers;
      for (const Event& happened : events) {
        for (const Action& action : engine_.step(now_, happened)) {
          perform(action, answers);
        }
        ++steps;
        const auto deadline = engine_.deadline();
        EXPECT_TRUE(!deadline || *deadline > now_) << "the deadline is not later than now";
      }
      events = std::move(answers);
      if (stall && !events.empty()) {
        now_ += stall();
      }
    }
  }

  void run_until(Instant end) {
    while (now_ < end) {
      std::optional<Instant> next = engine_.deadline();
      for (const auto& [when, event] : later_) {
        next = earlier(next, when);
      }
      if (!next || *next > end) {
        now_ = end;
        break;
      }
      now_ = std::max(now_, *next);
      ++wakeups;
      const auto due = later_.begin();
      if (due != later_.end() && due->first <= now_) {
        const Event event = due->second;
        later_.erase(due);
        send(event);
      } else {
        send(DeadlineReached{});
      }
    }
  }
  void run_for(Duration duration) { run_until(now_ + duration); }

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] const Engine& engine() const { return engine_; }
  [[nodiscard]] Engine& engine() { return engine_; }

  // The shaper: what it is, how long it takes, and how it fails.
  std::optional<Qos> actual;
  Duration switch_time = 100ms;
  std::function<std::string(Qos)> fault;  // says what is wrong and leaves the shaper as it is; empty text: works
  bool lies = false;                      // ends without an error and does nothing
  std::string flaw;                       // what each look complains of, until a switch works
  bool is_left = false;                   // what is on is somebody else's, and left so
  std::function<Duration()> stall;        // how long something else keeps the loop busy before answers reach the engine

  // What was seen.
  std::vector<std::pair<Instant, Action>> log;
  Report report;
  std::vector<Qos> ordered;
  std::size_t readings = 0;
  std::size_t flows_read = 0;
  std::size_t listings = 0;
  std::size_t looks = 0;
  std::size_t wakeups = 0;
  std::size_t steps = 0;
  std::map<FlowKey, bool> marks;
  std::uint32_t reported_mark = 0;  // what CountersRead shows for every flow

  template <typename T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& [when, action] : log) {
      if (const auto* wanted = std::get_if<T>(&action)) {
        found.push_back(*wanted);
      }
    }
    return found;
  }
  template <typename T>
  [[nodiscard]] std::optional<Instant> first() const {
    for (const auto& [when, action] : log) {
      if (std::holds_alternative<T>(action)) {
        return when;
      }
    }
    return std::nullopt;
  }

 private:
  struct Traffic {
    std::uint64_t up_per_s = 0;
    std::uint64_t down_per_s = 0;
    Instant since{};
    // Thousandths of a packet, so that no fraction is lost between two looks.
    std::uint64_t up_milli = 0;
    std::uint64_t down_milli = 0;
  };

  void carry(Traffic& flow) const {
    const auto elapsed = static_cast<std::uint64_t>((now_ - flow.since).count());
    flow.up_milli += flow.up_per_s * elapsed;
    flow.down_milli += flow.down_per_s * elapsed;
    flow.since = now_;
  }

  void perform(const Action& action, std::vector<Event>& answers) {
    if (const auto* read = std::get_if<ReadCounters>(&action)) {
      ++readings;
      flows_read += read->keys.size();
      samples_.clear();
      for (const FlowKey& key : read->keys) {
        const auto found = flows_.find(key);
        if (found == flows_.end()) {
          answers.emplace_back(FlowGone{key, 0});
          continue;
        }
        carry(found->second);
        FlowSample sample{.key = key, .conntrack_id = 1, .up = {}, .down = {}, .mark = reported_mark};
        sample.up = Counters{found->second.up_milli / 1000, found->second.up_milli / 1000 * 200};
        sample.down = Counters{found->second.down_milli / 1000, found->second.down_milli / 1000 * 200};
        samples_.push_back(sample);
      }
      answers.emplace_back(CountersRead{now_, samples_});
      return;
    }
    if (std::holds_alternative<ListFlows>(action)) {
      ++listings;
      for (auto& [key, flow] : flows_) {
        carry(flow);
        answers.emplace_back(
            FlowBorn{.at = now_, .key = key, .conntrack_id = 1, .packets = (flow.up_milli + flow.down_milli) / 1000});
      }
    } else if (const auto* wanted = std::get_if<SwitchQos>(&action)) {
      ordered.push_back(wanted->wanted);
      const std::string error = fault ? fault(wanted->wanted) : "";
      if (error.empty() && !lies) {
        actual = wanted->wanted;
        flaw.clear();
      }
      later_.emplace(now_ + switch_time, SwitchFinished{wanted->wanted, error});
    } else if (std::holds_alternative<ObserveQos>(action)) {
      ++looks;
      answers.emplace_back(QosObserved{.qos = actual, .problem = flaw, .is_left = is_left && actual == Qos::on});
    } else if (const auto* changed = std::get_if<ReportChanged>(&action)) {
      report = changed->report;
    } else if (const auto* mark = std::get_if<MarkFlow>(&action)) {
      marks[mark->key] = mark->is_call;
    }
    log.emplace_back(now_, action);
  }

  Engine engine_;
  Instant now_ = at(1000s);
  std::map<FlowKey, Traffic> flows_;
  std::multimap<Instant, Event> later_;
  std::vector<FlowSample> samples_;
};

}  // namespace voip
