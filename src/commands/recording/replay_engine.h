// The engine of a replay, with a switch beside it that does at once what it is told.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "commands/recording/replay.h"
#include "core/engine/engine.h"
#include "detectors/detectors.h"

namespace voip {

class ReplayEngine {
 public:
  explicit ReplayEngine(const Settings& settings)
      : engine_(settings, find_detector(settings.detector.use)->make(settings), {.switches = true, .drains = false}) {}

  [[nodiscard]] std::optional<Instant> deadline() const { return engine_.deadline(); }

  // Steps the engine and does what it asks for, until it asks for nothing more. All but the switch's is done by
  // `perform(action, events)`, which may add events; `stepped()` follows each step.
  template <typename Perform, typename Stepped>
  void step(Instant now, Event first, const Perform& perform, const Stepped& stepped) {
    std::deque<Event> events{std::move(first)};
    while (!events.empty()) {
      const Event event = std::move(events.front());
      events.pop_front();
      for (const Action& action : engine_.step(now, event)) {
        if (const auto* order = std::get_if<SwitchQos>(&action)) {
          qos_ = order->wanted;
          events.emplace_back(SwitchFinished{qos_, ""});
        } else if (std::holds_alternative<ObserveQos>(action)) {
          events.emplace_back(QosObserved{qos_, ""});
        } else {
          perform(action, events);
        }
      }
      stepped();
    }
  }

 private:
  Engine engine_;
  Qos qos_ = Qos::off;
};

inline ReplayEvent told(const QosSwitched& switched, Duration time) {
  return {.kind = switched.is_on ? ReplayEvent::Kind::qos_on : ReplayEvent::Kind::qos_off,
          .time = time,
          .reason = std::string(to_string(switched.reason))};
}

}  // namespace voip
