#include "core/line/round_trips.h"

#include <algorithm>
#include <utility>

namespace voip {
namespace {

constexpr std::size_t most_connections = 32;
constexpr std::size_t most_news = 8;
constexpr Duration longest_delay = 10s;

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
  Connection& connection = find_or_add(segment.source, segment.destination, now);
  if (segment.timestamp) {
    connection.echoes.left(segment, now);
  }
  connection.ends.left(segment, now);
}

void RoundTrips::came(const TcpSegment& segment, Instant now) {
  if (!segment.acknowledged) {
    return;
  }
  Connection& connection = find_or_add(segment.destination, segment.source, now);
  if (segment.timestamp) {
    const auto waited = connection.clock.came(*segment.timestamp, now);
    connection.incoming_queue = waited ? waited : connection.incoming_queue;
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

}  // namespace voip
