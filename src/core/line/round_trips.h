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
#include "core/line/peer_clock.h"
#include "core/line/tcp_segment.h"
#include "core/line/timestamp_echoes.h"
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
  };
  Connection& find_or_add(const Endpoint& near, const Endpoint& far, Instant now);

  Instant began_;
  std::vector<Connection> connections_;
  std::uint32_t last_number_ = 0;
};

}  // namespace voip
