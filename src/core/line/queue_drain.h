// How long the rest of the traffic is to be held down until the modem's queue is empty, told by what the delay of others' packets
// shows of that queue. Without any such news it is qos.tc.drain_for, or what it was when there last was some: the modem is the
// same. With drain = "fixed" it is never shorter than that, and news only make it longer.
//
// A packet that left at time t and was answered after d has found the queue d minus the way long. From the moment that the rest
// is held down it gets shorter by the share of the line that is free then, so it is empty at t + (d - way) / share. Each further
// answer gives a better estimate, and the end is told by two answers of a connection of which the later does not fall as it
// should any more. What leaves once it is over meets no queue, so for a while it shows the ways themselves, for the next time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/events.h"
#include "core/line/path_delays.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

class QueueDrain {
 public:
  // For so long after release() news are welcome.
  static constexpr Duration learning = 2500ms;

  explicit QueueDrain(const TcSettings& settings);

  // Measuring begins anew; what is known of the ways stays.
  void forget_samples();
  void measured(const DelayMeasured& sample);
  // The last answers, for some time, show that there is no queue.
  [[nodiscard]] bool is_needless(Instant now) const;

  // What the line was learnt to carry; 0: that is not known, and it carries what is set.
  void set_line(std::uint32_t kbit) { learnt_kbit_ = kbit; }
  [[nodiscard]] bool is_learnt() const { return learnt_kbit_ != 0; }

  // The rest is held down from now on.
  void begin(Instant now);
  // When the queue is empty, as far as is known now; empty: it has not begun.
  [[nodiscard]] std::optional<Instant> end() const;
  // The rest has its share from now on, which leaves some of the line free.
  void release(Instant now);

 private:
  struct Connection {
    std::uint32_t number = 0;
    IpPrefix remote;
    Instant sent{};
    Duration delay{};
    std::optional<DelayMeasured> anchor;  // an earlier answer, to compare with; to what was sent since it began if there is one
    std::int64_t growth_percent = 0;      // of the queue before it began
    [[nodiscard]] Instant answered() const { return sent + delay; }
  };
  [[nodiscard]] Connection& find_or_add(const DelayMeasured& sample);
  [[nodiscard]] const Connection* newest() const;
  [[nodiscard]] Instant empty_at(const Connection& connection) const;
  [[nodiscard]] std::optional<Instant> estimate() const;
  void compare(Connection& connection, const DelayMeasured& sample);
  void learn(const DelayMeasured& sample);
  // Of the line, while the rest is held down.
  [[nodiscard]] std::int64_t free_percent() const;
  [[nodiscard]] Duration length_without_news() const;

  struct Drained {
    Duration length{};
    Instant ended{};
  };

  Duration fixed_;
  bool is_fixed_;  // news only make it longer
  std::uint32_t set_kbit_;
  std::int64_t drain_percent_;
  std::uint32_t learnt_kbit_ = 0;
  PathDelays paths_;
  std::vector<Connection> connections_;
  std::optional<Instant> short_since_;  // since then what left was answered soon
  std::optional<Duration> at_least_;    // where nothing that was seen leaving is answered yet
  std::optional<Instant> began_;
  std::optional<Instant> paths_clear_at_;
  std::optional<Drained> longest_drained_;  // of those that were measured, within a day
  bool is_empty_ = false;
};

}  // namespace voip
