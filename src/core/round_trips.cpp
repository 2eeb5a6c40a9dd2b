#include "core/round_trips.h"

#include <algorithm>
#include <utility>

namespace voip {
namespace {

constexpr std::size_t most_connections = 32;
constexpr std::size_t most_pending = 256;
constexpr std::size_t most_news = 8;
// Values nearer to each other than this count as one: so the pending ones reach back for four seconds on any line.
constexpr Duration spacing = 16ms;
constexpr Duration longest_delay = 10s;
// What comes after a longer silence was not called forth by our acknowledgement: the sender had nothing to say.
constexpr Duration silence = 300ms;

// Timestamps wrap around (RFC 7323, 5.2).
bool is_after(std::uint32_t a, std::uint32_t b) {
  return a != b && a - b < 0x80000000U;
}

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
  Connection& connection = find_or_add(segment.source, segment.destination, now);
  auto& pending = connection.pending;
  while (!pending.empty() && (pending.size() >= most_pending || now - pending.front().left > longest_delay)) {
    pending.pop_front();
  }
  if (!pending.empty()) {
    // The first leaving of a value counts, and what is not newer was sent before.
    if (!is_after(segment.timestamp, pending.back().timestamp)) {
      return;
    }
    if (now - pending.back().left < spacing) {
      pending.back().has_payload = pending.back().has_payload || segment.has_payload;
      return;
    }
  }
  connection.first = connection.first.value_or(segment.timestamp);
  pending.push_back({segment.timestamp, now, segment.has_payload});
}

void RoundTrips::came(const TcpSegment& segment, Instant now) {
  if (!segment.echo) {
    return;
  }
  Connection& connection = find_or_add(segment.destination, segment.source, now);
  const bool was_silent = !connection.came || now - *connection.came > silence;
  connection.came = now;
  auto& pending = connection.pending;
  std::optional<Pending> answered;
  while (!pending.empty() && !is_after(pending.front().timestamp, *segment.echo)) {
    answered = pending.front();
    pending.pop_front();
  }
  if (answered) {
    if (now >= answered->left && now - answered->left <= longest_delay && (answered->has_payload || !was_silent)) {
      connection.news = DelayMeasured{connection.number, answered->left, now - answered->left, true};
    }
  } else if ((!connection.first || is_after(*connection.first, *segment.echo)) && (!segment.has_payload || !was_silent)) {
    // It answers something that left before the first that we saw, so before we looked.
    connection.news = DelayMeasured{connection.number, began_, now - began_, false};
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
