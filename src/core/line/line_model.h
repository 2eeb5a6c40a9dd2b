// What samples of the WAN say of the line: the rate of each direction, the queue that stands there, and where the bottleneck is.
// Only what is seen by a queue is told: a line that is never full, whose provider drops instead of queueing, or that carries
// nothing but QUIC stays unknown.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/events.h"
#include "core/line/capacity.h"
#include "core/line/drops.h"
#include "core/line_state.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

class LineModel {
 public:
  explicit LineModel(const TcSettings& settings) : settings_(settings) {}

  void restore(const LineState& kept);
  // `is_shaping`: we do, so what waits in the home waits for us.
  void sampled(const LineSampled& sample, bool is_shaping);
  void sight_changed(const LineSightChanged& event) { state_.blocker = event.blocker; }
  // It is another line.
  void forget();
  // Nobody looks any more: what stands in the queues is not known.
  void looked_away();

  [[nodiscard]] const LineState& state() const { return state_; }
  // Of the last sample, in bytes of the line.
  [[nodiscard]] std::uint32_t kbit(Direction direction) const { return way(direction).kbit; }
  // In the last sample a queue of the line stood there, as far as can be told; or it is known that none did.
  [[nodiscard]] bool is_full(Direction direction) const;
  [[nodiscard]] bool is_calm(Direction direction) const;
  // What the line has carried there in that sample: of what leaves, that which has arrived.
  [[nodiscard]] std::uint32_t carried_kbit(Direction direction) const { return way(direction).carried_kbit; }
  // Of a thousand packets that leave into a full upload, so many never arrive; 0 also where nothing tells.
  [[nodiscard]] std::uint32_t dropped_permille(Instant now) const { return drops_.permille(now); }

 private:
  struct Queue {
    Duration threshold{};          // shorter ones are none
    std::vector<IpPrefix> behind;  // networks that wait behind one
    bool is_denied = false;        // by one that has seen one before, and now sees none
    std::optional<Duration> length;
    [[nodiscard]] bool stands() const { return !behind.empty() && !is_denied; }
  };
  struct Way {
    std::uint32_t kbit = 0;
    std::uint32_t carried_kbit = 0;
    Queue queue;
    Capacity capacity;
    std::vector<IpPrefix> waited;  // networks that have waited behind a queue here; bounded
  };
  [[nodiscard]] const Way& way(Direction direction) const { return direction == Direction::up ? up_ : down_; }
  void look_at_queue(Way& way, const TcpInterval& tcp, Direction direction) const;
  [[nodiscard]] std::optional<Duration> queue_of(const NetworkDelays& network, Direction direction) const;
  void learn(Way& way, std::uint64_t bytes, const LineSampled& sample);
  [[nodiscard]] std::optional<std::uint64_t> delivered_bytes(const LineSampled& sample) const;
  [[nodiscard]] Bottleneck bottleneck(const TcpInterval& tcp, bool is_shaping) const;

  TcSettings settings_;
  Way up_;
  Way down_;
  Drops drops_;                           // of the upload
  std::optional<Duration> queue_before_;  // of the upload, in the sample before
  LineState state_;
};

}  // namespace voip
