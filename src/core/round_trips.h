// How long packets wait for their answer, from the TCP timestamps (RFC 7323) of other people's connections: the time from a
// value's first leaving until it comes back as an echo. Nothing is sent for it. Each value counts once, so that repeated
// acknowledgements, which echo an old value during loss recovery, are no long delays. It keeps a bounded number of connections
// and of values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/events.h"
#include "core/model.h"
#include "core/time.h"

namespace voip {

// What the headers of one TCP segment say.
struct TcpSegment {
  Endpoint source;
  Endpoint destination;
  std::uint32_t timestamp = 0;        // TSval
  std::optional<std::uint32_t> echo;  // TSecr; absent where ACK is not set
  bool has_payload = false;           // or SYN or FIN: the other side will answer at once
};

class RoundTrips {
 public:
  // All packets that leave from `began` on are shown to it, so what is answered without having been seen left before.
  explicit RoundTrips(Instant began) : began_(began) {}

  void left(const TcpSegment& segment, Instant now);
  void came(const TcpSegment& segment, Instant now);

  // What was learnt since the last call: of each connection its newest, the shortest delays first, at most eight.
  std::vector<DelayMeasured> take();

 private:
  struct Pending {
    std::uint32_t timestamp = 0;
    Instant left{};
    bool has_payload = false;
  };
  struct Connection {
    Endpoint near;
    Endpoint far;
    std::uint32_t number = 0;
    Instant seen{};
    std::optional<Instant> came;         // the last packet that did
    std::optional<std::uint32_t> first;  // the oldest timestamp that was seen leaving
    std::deque<Pending> pending;         // in the order of their timestamps
    std::optional<DelayMeasured> news;
  };
  Connection& find_or_add(const Endpoint& near, const Endpoint& far, Instant now);

  Instant began_;
  std::vector<Connection> connections_;
  std::uint32_t last_number_ = 0;
};

}  // namespace voip
