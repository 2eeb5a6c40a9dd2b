// How long packets wait for their answer, from the headers of other people's TCP connections: by their timestamps, and by the
// numbers that acknowledge what has left where there are none, or where they say nothing because something was lost. Nothing is
// sent for it. It keeps a bounded number of connections, and of each a bounded number of packets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/events.h"
#include "core/line/acknowledged_ends.h"
#include "core/line/delivered.h"
#include "core/line/path_delays.h"
#include "core/line/peer_clock.h"
#include "core/line/tcp_segment.h"
#include "core/line/timestamp_echoes.h"
#include "core/line_state.h"
#include "core/model.h"
#include "core/time.h"

namespace voip {

class RoundTrips {
 public:
  // All packets that leave from `began` on are shown to it, so what is answered without having been seen left before. Without
  // timestamps only those that hold something are needed.
  explicit RoundTrips(Instant began) : began_(began) {}

  void left(const TcpSegment& segment, Instant now);
  void came(const TcpSegment& segment, Instant now);

  // What was learnt since the last call: of each connection its newest, the shortest delays first, at most eight.
  std::vector<DelayMeasured> take();
  // What there was since the last call of this one.
  TcpInterval take_interval();
  // It is looked again after a pause: connections may have gone on unseen. What is known of the ways stays.
  void begin_again(Instant now);

 private:
  struct Connection {
    Endpoint near;
    Endpoint far;
    std::uint32_t number = 0;
    Instant seen{};
    TimestampEchoes echoes;
    AcknowledgedEnds ends;
    PeerClock clock;
    std::optional<Duration> incoming_queue;  // as the last packet that came told
    std::optional<DelayMeasured> news;
    // For take_interval(), of all that was seen of it:
    Delivered delivered;
    TimestampEchoes home_echoes;
    std::optional<Duration> least_delay;
    std::optional<Duration> least_home_delay;
    struct Interval {  // ... and since the last call
      std::uint32_t answers = 0;
      std::optional<Duration> shortest;
      std::optional<Duration> outgoing;  // the shortest, with the way
      std::optional<Duration> incoming;
      std::uint32_t home_answers = 0;
      std::optional<Duration> home;
    };
    Interval now;
  };
  Connection& find_or_add(const Endpoint& near, const Endpoint& far, Instant now);
  void came_home(Connection& connection, const Answer& answer, Instant now);
  void answered(Connection& connection, const DelayMeasured& answer);
  void add_to(TcpInterval& interval, const Connection& connection) const;

  Instant began_;
  std::vector<Connection> connections_;
  std::uint32_t last_number_ = 0;
  PathDelays ways_;
  Instant now_{};  // of the last segment
  TcpInterval interval_;
};

}  // namespace voip
