// A modem's queue to try the measured drain on: a FIFO of a known rate and length, ways of known delays behind it, receivers that
// acknowledge every second packet or after a while, and uploads that fill the queue until they are held down. Exact to the
// millisecond. What is tested gets to know nothing of it but the headers that pass the WAN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/line/queue_drain.h"
#include "core/line/round_trips.h"
#include "unit/simulation.h"

namespace voip::test {

struct QueueCase {
  std::int64_t line_kbit = 1000;    // what the modem carries
  std::int64_t said_kbit = 950;     // what the configuration says
  std::int64_t load_percent = 150;  // of the line, as long as the queue is not full
  Duration buffer = 1s;
  std::vector<Duration> ways{0ms, 0ms, 0ms, 0ms};  // of each connection
  bool has_timestamps = true;
  Duration loaded_before = 6s;  // from the begin of the uploads until the rest is held down
  Duration watched_before = 500ms;
  Duration delayed_acknowledgement = 40ms;
};

class QueueSimulation {
 public:
  struct Outcome {
    bool is_needless = false;
    Duration drained{};  // how long the rest was held down
    Duration needed{};   // until the queue was empty
    [[nodiscard]] Duration error() const { return drained - needed; }
  };

  explicit QueueSimulation(const QueueCase& line) : line_(line), drain_(settings(line)), connections_(line.ways.size()) {}

  // A call under the uploads: its draining, and the moment after it. Then the uploads are let loose again.
  Outcome call() {
    rest_kbit_ = line_.line_kbit * line_.load_percent / 100;
    run(line_.loaded_before - line_.watched_before);
    trips_.emplace(now_);
    drain_.forget_samples();
    run(line_.watched_before);
    Outcome outcome;
    outcome.is_needless = drain_.is_needless(now_);
    has_call_ = true;
    if (!outcome.is_needless) {
      const Instant began = now_;
      drain_.begin(began);
      rest_kbit_ = line_.said_kbit / 10;
      while (now_ < *drain_.end() && now_ < began + 20s) {
        step();
      }
      outcome.drained = now_ - began;
    }
    // What the queue needs more, or has not needed: the rest of it goes at the same rate.
    const std::int64_t free_kbit = line_.line_kbit - line_.said_kbit / 10 - call_kbit;
    outcome.needed = emptied_ && queue_bits_ <= packet_bits ? *emptied_ - (now_ - outcome.drained)
                                                            : outcome.drained + Duration(queue_bits_ / free_kbit);
    outcome.needed = std::max(outcome.needed, Duration{});
    drain_.release(now_);
    rest_kbit_ = line_.said_kbit * 7 / 10;
    run(QueueDrain::learning);
    trips_.reset();
    has_call_ = false;
    return outcome;
  }

 private:
  static constexpr std::int64_t packet_bits = 1500 * 8;
  static constexpr std::int64_t call_packet_bits = 214 * 8;
  static constexpr std::int64_t call_kbit = call_packet_bits / 20;

  struct Packet {
    std::size_t connection = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t end = 0;
  };
  struct Connection {
    std::uint32_t sequence = 0xffff0000U;
    std::uint32_t received = 0;
    std::optional<Packet> unacknowledged;
    Instant since{};
  };

  static TcSettings settings(const QueueCase& line) {
    TcSettings settings;
    settings.upload_kbit = static_cast<std::uint32_t>(line.said_kbit);
    settings.drain = Drain::measured;
    return settings;
  }
  static Endpoint near(std::size_t connection) {
    return {*IpAddress::parse("192.0.2.2"), static_cast<std::uint16_t>(5000 + connection)};
  }
  [[nodiscard]] Endpoint far(std::size_t connection) const {
    const auto way = static_cast<std::uint8_t>(line_.ways[connection].count() / 2);  // the same way, the same network
    return {IpAddress::from_bytes(std::vector<std::uint8_t>{198, 51, way, 10}), 443};
  }

  void run(Duration duration) {
    for (const Instant end = now_ + duration; now_ < end;) {
      step();
    }
  }

  void step() {
    now_ += 1ms;
    if (queue_bits_ > packet_bits) {
      emptied_.reset();
    } else if (!emptied_) {
      emptied_ = now_;
    }
    queue_bits_ = std::max<std::int64_t>(queue_bits_ - line_.line_kbit, 0);
    if (has_call_ && now_.time_since_epoch() % 20ms == 0ms) {
      queue_bits_ += call_packet_bits;
    }
    credit_bits_ = std::min(credit_bits_ + rest_kbit_, packet_bits * 2);
    while (credit_bits_ >= packet_bits && queue_bits_ + packet_bits <= level_bits()) {
      credit_bits_ -= packet_bits;
      queue_bits_ += packet_bits;
      send();
    }
    deliver();
    if (trips_ && now_.time_since_epoch() % 20ms == 0ms) {
      for (const DelayMeasured& sample : trips_->take()) {
        drain_.measured(sample);
      }
    }
  }

  // Up to here the uploads fill the buffer: they back off by a quarter, and come back within two seconds.
  [[nodiscard]] std::int64_t level_bits() const {
    const std::int64_t full = std::max(line_.buffer.count() * line_.line_kbit, packet_bits);
    return std::max(full * (750 + now_.time_since_epoch() % 2000ms / 8ms) / 1000, packet_bits);
  }

  void send() {
    turn_ = (turn_ + 1) % connections_.size();
    Connection& from = connections_[turn_];
    TcpSegment segment{near(turn_), far(turn_), {}, {}, true, from.sequence, 1448, 1, {}};
    const auto clock = static_cast<std::uint32_t>(now_.time_since_epoch().count());
    if (line_.has_timestamps) {
      segment.timestamp = clock;
      segment.echo = 1;
    }
    if (trips_) {
      trips_->left(segment, now_);
    }
    from.sequence += segment.length;
    arrivals_.emplace(now_ + Duration(queue_bits_ / line_.line_kbit), Packet{turn_, clock, from.sequence});
  }

  void deliver() {
    for (; !arrivals_.empty() && arrivals_.begin()->first <= now_; arrivals_.erase(arrivals_.begin())) {
      const Packet packet = arrivals_.begin()->second;
      Connection& to = connections_[packet.connection];
      to.received = packet.end;
      if (to.unacknowledged) {
        acknowledge(to);
      } else {
        to.unacknowledged = packet;
        to.since = now_;
      }
    }
    for (Connection& to : connections_) {
      if (to.unacknowledged && now_ - to.since >= line_.delayed_acknowledgement) {
        acknowledge(to);
      }
    }
    for (; !answers_.empty() && answers_.begin()->first <= now_; answers_.erase(answers_.begin())) {
      const Packet answer = answers_.begin()->second;
      TcpSegment segment{far(answer.connection), near(answer.connection), {}, {}, false, 1, 0, answer.end, {}};
      if (line_.has_timestamps) {
        segment.timestamp = 7;
        segment.echo = answer.timestamp;
      }
      if (trips_) {
        trips_->came(segment, now_);
      }
    }
  }

  void acknowledge(Connection& to) {
    Packet answer = *to.unacknowledged;
    answer.end = to.received;
    to.unacknowledged.reset();
    answers_.emplace(now_ + line_.ways[answer.connection], answer);
  }

  QueueCase line_;
  QueueDrain drain_;
  std::vector<Connection> connections_;
  std::optional<RoundTrips> trips_;
  std::multimap<Instant, Packet> arrivals_;
  std::multimap<Instant, Packet> answers_;
  std::optional<Instant> emptied_;  // since then there is no queue
  Instant now_ = at(100s);
  std::size_t turn_ = 0;
  bool has_call_ = false;
  std::int64_t rest_kbit_ = 0;
  std::int64_t queue_bits_ = 0;
  std::int64_t credit_bits_ = 0;
};

}  // namespace voip::test
