#include "core/line/round_trips.h"

#include <algorithm>
#include <utility>

namespace voip {
namespace {

constexpr std::size_t most_connections = 64;
constexpr std::size_t most_news = 8;
constexpr Duration longest_delay = 10s;
constexpr std::uint32_t usual_payload = 1448;  // of a packet of 1500 bytes with timestamps
constexpr std::uint32_t enough_answers = 4;    // devices may keep one acknowledgement back, but not each
constexpr Duration clear_within = 10ms;

}  // namespace

RoundTrips::Connection& RoundTrips::find_or_add(const Endpoint& near, const Endpoint& far, Instant now) {
  const auto known = std::find_if(connections_.begin(), connections_.end(),
                                  [&](const Connection& one) { return one.near == near && one.far == far; });
  if (known != connections_.end()) {
    known->seen = now;
    return *known;
  }
  Connection fresh;
  fresh.near = near;
  fresh.far = far;
  fresh.number = ++last_number_;
  fresh.seen = now;
  if (connections_.size() < most_connections) {
    return connections_.emplace_back(std::move(fresh));
  }
  auto& oldest = *std::min_element(connections_.begin(), connections_.end(),
                                   [](const Connection& a, const Connection& b) { return a.seen < b.seen; });
  oldest = std::move(fresh);
  return oldest;
}

void RoundTrips::left(const TcpSegment& segment, Instant now) {
  if (!segment.timestamp && !segment.has_payload) {
    return;
  }
  now_ = now;
  Connection& connection = find_or_add(segment.source, segment.destination, now);
  if (segment.length != 0) {
    // What is longer than a packet is cut later.
    const std::uint32_t packets = (segment.length + usual_payload - 1) / usual_payload;
    interval_.sent.packets += packets;
    interval_.sent.bytes += segment.length + std::uint64_t{packets} * segment.header_bytes;
    interval_.payload_sent += segment.length;
  }
  if (segment.timestamp) {
    connection.echoes.left(segment, now);
    if (const auto answer = connection.home_echoes.came(segment, now); answer && answer->is_exact) {
      came_home(connection, *answer, now);
    }
  }
  connection.ends.left(segment, now);
}

void RoundTrips::came_home(Connection& connection, const Answer& answer, Instant now) {
  const Duration delay = now - answer.left;
  if (delay >= Duration::zero() && delay <= longest_delay) {
    ++connection.now.home_answers;
    connection.now.home = std::min(connection.now.home.value_or(delay), delay);
    connection.least_home_delay = std::min(connection.least_home_delay.value_or(delay), delay);
  }
}

void RoundTrips::came(const TcpSegment& segment, Instant now) {
  if (!segment.acknowledged) {
    return;
  }
  now_ = now;
  Connection& connection = find_or_add(segment.destination, segment.source, now);
  interval_.payload_delivered += connection.delivered.came(segment);
  if (segment.timestamp) {
    connection.home_echoes.left(segment, now);
    if (const auto waited = connection.clock.came(*segment.timestamp, now)) {
      connection.incoming_queue = waited;
      connection.now.incoming = std::min(connection.now.incoming.value_or(*waited), *waited);
    }
  }
  const auto by_number = connection.ends.came(segment);
  auto answer = segment.timestamp ? connection.echoes.came(segment, now) : std::nullopt;
  if (!answer || (!answer->is_exact && by_number)) {
    answer = by_number;
  }
  if (!answer) {
    return;
  }
  const Instant left = answer->is_exact ? answer->left : began_;
  if (now >= left && (!answer->is_exact || now - left <= longest_delay)) {
    connection.news = DelayMeasured{
        connection.number, left, now - left, answer->is_exact, remote_network(segment.source.address), connection.incoming_queue};
    if (answer->is_exact) {
      answered(connection, *connection.news);
    }
  }
}

void RoundTrips::answered(Connection& connection, const DelayMeasured& answer) {
  const Duration delay = answer.delay;
  ways_.seen(answer.remote, delay, now_);
  ++connection.now.answers;
  connection.now.shortest = std::min(connection.now.shortest.value_or(delay), delay);
  connection.least_delay = std::min(connection.least_delay.value_or(delay), delay);
  if (answer.incoming_queue) {
    const Duration outgoing = std::max(delay - *answer.incoming_queue, Duration::zero());
    connection.now.outgoing = std::min(connection.now.outgoing.value_or(outgoing), outgoing);
  }
}

std::vector<DelayMeasured> RoundTrips::take() {
  std::vector<DelayMeasured> news;
  for (Connection& connection : connections_) {
    if (connection.news) {
      news.push_back(*std::exchange(connection.news, std::nullopt));
    }
  }
  std::sort(news.begin(), news.end(), [](const DelayMeasured& a, const DelayMeasured& b) { return a.delay < b.delay; });
  news.resize(std::min(news.size(), most_news));
  return news;
}

void RoundTrips::add_to(TcpInterval& interval, const Connection& connection) const {
  if (connection.now.home_answers >= enough_answers) {
    const Duration home = *connection.now.home - *connection.least_home_delay;
    interval.home_queue = std::max(interval.home_queue.value_or(home), home);
  }
  const IpPrefix remote = remote_network(connection.far.address);
  const auto way = ways_.of(remote, now_);
  // What the clock takes for no queue is none where an answer has met next to none, there and back.
  const bool is_sound = way && connection.least_delay && *connection.least_delay <= *way + clear_within;
  if (connection.now.answers == 0 && !(is_sound && connection.now.incoming)) {
    return;
  }
  auto found = std::find_if(interval.networks.begin(), interval.networks.end(),
                            [&](const NetworkDelays& one) { return one.remote == remote; });
  if (found == interval.networks.end()) {
    found = interval.networks.insert(found, NetworkDelays{.remote = remote});
  }
  const auto take_less = [](std::optional<Duration>& least, const std::optional<Duration>& seen, Duration without) {
    if (seen) {
      const Duration queue = std::max(*seen - without, Duration::zero());
      least = std::min(least.value_or(queue), queue);
    }
  };
  found->answers += connection.now.answers;
  if (way) {
    take_less(found->queues, connection.now.shortest, *way);
  }
  if (is_sound) {
    take_less(found->outgoing, connection.now.outgoing, *way);
    take_less(found->incoming, connection.now.incoming, Duration::zero());
  }
}

TcpInterval RoundTrips::take_interval() {
  for (Connection& connection : connections_) {
    add_to(interval_, connection);
    connection.now = {};
  }
  auto& networks = interval_.networks;
  std::stable_sort(networks.begin(), networks.end(),
                   [](const NetworkDelays& a, const NetworkDelays& b) { return a.answers > b.answers; });
  networks.resize(std::min(networks.size(), most_news));
  return std::exchange(interval_, {});
}

void RoundTrips::begin_again(Instant now) {
  began_ = now;
  interval_ = {};
  for (Connection& connection : connections_) {
    connection.echoes = {};
    connection.home_echoes = {};
    connection.ends = {};
    connection.delivered = {};
    connection.news.reset();
  }
}

}  // namespace voip
