// How long the rest of the traffic is to be held down until the modem's queue is empty, told by what the delay of others' packets
// shows of that queue. Without any such news it is qos.tc.drain_for.
//
// A packet that left at time t and was answered after d has found the queue d long. From the moment that the rest is held down
// it gets shorter by the share of the line that is free then, so it is empty at t + d / share. Each further answer gives a better
// estimate, and the end is told by two answers of a connection of which the later does not fall as it should any more.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/events.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

class QueueDrain {
 public:
  explicit QueueDrain(const TcSettings& settings);

  // Measuring begins anew; what is known of the way itself stays.
  void forget_samples();
  void measured(const DelayMeasured& sample);
  // The last answers, for some time, show that there is no queue.
  [[nodiscard]] bool is_needless(Instant now) const;

  // The rest is held down from now on.
  void begin(Instant now);
  // When the queue is empty, as far as is known now; empty: it has not begun.
  [[nodiscard]] std::optional<Instant> end() const;

 private:
  struct Connection {
    std::uint32_t number = 0;
    Instant sent{};
    Duration delay{};
    std::optional<DelayMeasured> anchor;  // an answer to what was sent since it began, to compare with
  };
  [[nodiscard]] const Connection* newest() const;
  [[nodiscard]] Instant empty_at(const Connection& connection) const;
  void compare(Connection& connection, const DelayMeasured& sample);

  Duration fixed_;
  std::int64_t free_percent_ = 80;
  Duration way_{};  // the shortest delay seen over an emptied queue
  std::vector<Connection> connections_;
  std::optional<Instant> short_since_;  // since then what left was answered soon
  std::optional<Duration> at_least_;    // where nothing that was seen leaving is answered yet
  std::optional<Instant> began_;
  bool is_empty_ = false;
};

}  // namespace voip
