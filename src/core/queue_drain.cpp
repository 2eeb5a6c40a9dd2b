#include "core/queue_drain.h"

#include <algorithm>

namespace voip {
namespace {

constexpr std::size_t most_connections = 32;
constexpr Duration no_queue = 50ms;  // shorter ones are not worth it, and receivers delay acknowledgements by 40 ms
constexpr Duration longest = 4s;     // more than enough for two seconds of buffer
constexpr Duration is_recent = 1s;
constexpr Duration comparable = 150ms;
constexpr Duration longest_way = 150ms;  // of longer ones it is not sure that no queue is in them
constexpr std::int64_t call_kbit = 90;   // of G.711 with its headers
constexpr std::int64_t least_free_percent = 25;

}  // namespace

QueueDrain::QueueDrain(const TcSettings& settings) : fixed_(settings.drain_for) {
  const std::int64_t line_kbit = settings.upload_kbit != 0 ? settings.upload_kbit : settings.download_kbit;
  const std::int64_t call_percent = line_kbit != 0 ? call_kbit * 100 / line_kbit : 0;
  free_percent_ = std::max<std::int64_t>(100 - settings.drain_percent - call_percent, least_free_percent);
}

void QueueDrain::forget_samples() {
  connections_.clear();
  short_since_.reset();
  at_least_.reset();
  began_.reset();
  is_empty_ = false;
}

void QueueDrain::measured(const DelayMeasured& sample) {
  if (!sample.is_exact) {
    at_least_ = std::max(at_least_.value_or(Duration{}), sample.delay);
    return;
  }
  if (sample.delay > way_ + no_queue) {
    short_since_.reset();
  } else if (!short_since_) {
    short_since_ = sample.sent;
  }
  auto found = std::find_if(connections_.begin(), connections_.end(),
                            [&](const Connection& one) { return one.number == sample.connection; });
  if (found == connections_.end()) {
    if (connections_.size() == most_connections) {
      connections_.erase(std::min_element(connections_.begin(), connections_.end(),
                                          [](const Connection& a, const Connection& b) { return a.sent < b.sent; }));
    }
    connections_.push_back({sample.connection, {}, {}, {}});
    found = std::prev(connections_.end());
  }
  found->sent = sample.sent;
  found->delay = sample.delay;
  if (began_ && sample.sent >= *began_) {
    compare(*found, sample);
  }
}

void QueueDrain::compare(Connection& connection, const DelayMeasured& sample) {
  const auto anchor = connection.anchor;
  if (anchor && sample.sent - anchor->sent < comparable) {
    return;
  }
  connection.anchor = sample;
  const Duration fall = anchor ? anchor->delay - sample.delay : Duration{};
  is_empty_ =
      is_empty_ || sample.delay <= way_ + no_queue || (anchor && 2 * 100 * fall < free_percent_ * (sample.sent - anchor->sent));
  if (is_empty_ && sample.delay <= longest_way && (way_ == Duration{} || sample.delay < way_)) {
    way_ = sample.delay;
  }
}

// What left last has seen the queue last.
const QueueDrain::Connection* QueueDrain::newest() const {
  const auto found = std::max_element(connections_.begin(), connections_.end(),
                                      [](const Connection& a, const Connection& b) { return a.sent < b.sent; });
  return found == connections_.end() ? nullptr : &*found;
}

bool QueueDrain::is_needless(Instant now) const {
  const Connection* const last = newest();
  // A single one may be the first packet of a burst.
  return last != nullptr && short_since_ && last->sent - *short_since_ >= comparable &&
         now - (last->sent + last->delay) <= is_recent;
}

void QueueDrain::begin(Instant now) {
  began_ = now;
}

Instant QueueDrain::empty_at(const Connection& connection) const {
  const Duration queue = std::max(connection.delay - way_, Duration{});
  return std::max(connection.sent, *began_) + queue * 100 / free_percent_;
}

std::optional<Instant> QueueDrain::end() const {
  if (!began_ || is_empty_) {
    return began_;
  }
  Instant end = *began_ + fixed_;
  if (const Connection* const last = newest(); last != nullptr && last->sent < *began_) {
    end = empty_at(*last);
  } else if (last != nullptr) {
    // Of connections with different ways the shortest says most of the queue that they share.
    end = Instant::max();
    for (const Connection& connection : connections_) {
      end = connection.sent >= *began_ ? std::min(end, empty_at(connection)) : end;
    }
  } else if (at_least_) {
    end = std::max(end, *began_ + *at_least_ * 100 / free_percent_);
  }
  return std::min(end, *began_ + std::max(longest, fixed_));
}

}  // namespace voip
