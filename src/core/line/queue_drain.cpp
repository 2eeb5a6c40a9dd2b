#include "core/line/queue_drain.h"

#include <algorithm>
#include <utility>

namespace voip {
namespace {

constexpr std::size_t most_connections = 32;
constexpr Duration no_queue = 50ms;  // shorter ones are not worth it, and receivers delay acknowledgements by 40 ms
constexpr Duration short_way = 40ms;
// What is counted for a way of which nothing is known, with those 40 ms. It is wrong by no more than 75 ms from 0 to 150 ms.
constexpr Duration likely_way = 75ms;
// More than enough for two seconds of buffer, which need 2.5. A longer pause takes more from all else than it gives to the call.
constexpr Duration longest = 4s;
constexpr Duration is_remembered = 24h;  // how long it took, as the ways
constexpr Duration is_recent = 1s;
constexpr Duration for_a_while = 150ms;
constexpr Duration comparable = 250ms;   // between them the queue falls by much more than acknowledgements are delayed
constexpr Duration same_moment = 300ms;  // in which a queue is about the same
constexpr Duration until_clear = 1s;     // for what may be left of it
constexpr std::int64_t call_kbit = 90;   // of G.711 with its headers
constexpr std::int64_t least_free_percent = 25;

}  // namespace

QueueDrain::QueueDrain(const TcSettings& settings)
    : fixed_(settings.drain_for),
      is_fixed_(settings.drain == Drain::fixed),
      set_kbit_(settings.upload_kbit != 0 ? settings.upload_kbit : settings.download_kbit),
      drain_percent_(settings.drain_percent) {}

std::int64_t QueueDrain::free_percent() const {
  const std::uint32_t line_kbit = is_learnt() ? learnt_kbit_ : set_kbit_;
  const std::int64_t call_percent = line_kbit != 0 ? call_kbit * 100 / line_kbit : 0;
  return std::max<std::int64_t>(100 - drain_percent_ - call_percent, least_free_percent);
}

void QueueDrain::forget_samples() {
  connections_.clear();
  short_since_.reset();
  at_least_.reset();
  began_.reset();
  paths_clear_at_.reset();
  is_empty_ = false;
}

QueueDrain::Connection& QueueDrain::find_or_add(const DelayMeasured& sample) {
  const auto found = std::find_if(connections_.begin(), connections_.end(),
                                  [&](const Connection& one) { return one.number == sample.connection; });
  if (found != connections_.end()) {
    return *found;
  }
  if (connections_.size() == most_connections) {
    connections_.erase(std::min_element(connections_.begin(), connections_.end(),
                                        [](const Connection& a, const Connection& b) { return a.sent < b.sent; }));
  }
  return connections_.emplace_back(Connection{sample.connection, sample.remote, {}, {}, {}, 0});
}

void QueueDrain::measured(const DelayMeasured& sample) {
  if (!sample.is_exact) {
    at_least_ = std::max(at_least_.value_or(Duration{}), sample.delay);
    return;
  }
  learn(sample);
  if (sample.delay > paths_.of(sample.remote, sample.sent + sample.delay).value_or(short_way) + no_queue) {
    short_since_.reset();
  } else if (!short_since_) {
    short_since_ = sample.sent;
  }
  Connection& connection = find_or_add(sample);
  connection.sent = sample.sent;
  connection.delay = sample.delay;
  compare(connection, sample);
}

// No way is longer than any delay; but a delay is the way only where it is known, or does not matter, that it holds no queue.
void QueueDrain::learn(const DelayMeasured& sample) {
  const bool is_clear = paths_clear_at_ && sample.sent >= *paths_clear_at_;
  const Instant answered = sample.sent + sample.delay;
  if (is_clear || sample.delay <= paths_.of(sample.remote, answered).value_or(short_way)) {
    paths_.seen(sample.remote, sample.delay, answered);
  }
}

void QueueDrain::compare(Connection& connection, const DelayMeasured& sample) {
  const bool has_begun = began_ && sample.sent >= *began_;
  const bool is_comparable = connection.anchor && (!has_begun || connection.anchor->sent >= *began_);
  if (is_comparable && sample.sent - connection.anchor->sent < comparable) {
    return;
  }
  const auto anchor = std::exchange(connection.anchor, sample);
  if (!is_comparable) {
    return;
  }
  const Duration elapsed = sample.sent - anchor->sent;
  const Duration fall = anchor->delay - sample.delay;
  if (!has_begun) {
    connection.growth_percent = std::clamp<std::int64_t>(-fall * 100 / elapsed, 0, 100);
  } else {
    is_empty_ = is_empty_ || 2 * 100 * fall < free_percent() * elapsed;
  }
}

// What left last has seen the queue last.
const QueueDrain::Connection* QueueDrain::newest() const {
  const auto found = std::max_element(connections_.begin(), connections_.end(),
                                      [](const Connection& a, const Connection& b) { return a.sent < b.sent; });
  return found == connections_.end() ? nullptr : &*found;
}

bool QueueDrain::is_needless(Instant now) const {
  if (is_fixed_) {
    return false;
  }
  const Connection* const last = newest();
  // A single one may be the first packet of a burst.
  return last != nullptr && short_since_ && last->sent - *short_since_ >= for_a_while && now - last->answered() <= is_recent;
}

void QueueDrain::begin(Instant now) {
  began_ = now;
}

// Too late an end is put right by the first answers to what was sent since it began, too early a one is not: so what has been
// growing is taken to have gone on.
Instant QueueDrain::empty_at(const Connection& connection) const {
  const Duration way = paths_.of(connection.remote, connection.answered()).value_or(likely_way);
  const Instant seen_at = std::max(connection.sent, *began_);
  const Duration grown = (seen_at - connection.sent) * connection.growth_percent / 100;
  return seen_at + std::max(connection.delay - way + grown, Duration{}) * 100 / free_percent();
}

// Of connections with different ways the shortest says most of the queue that they share.
std::optional<Instant> QueueDrain::estimate() const {
  const Connection* const last = newest();
  if (last == nullptr) {
    return std::nullopt;
  }
  const Instant since = last->sent >= *began_ ? *began_ : last->sent - same_moment;
  auto end = Instant::max();
  for (const Connection& connection : connections_) {
    if (connection.sent >= since) {
      end = std::min(end, empty_at(connection));
    }
  }
  return end;
}

Duration QueueDrain::length_without_news() const {
  const bool is_known = longest_drained_ && *began_ - longest_drained_->ended < is_remembered;
  return is_known && !is_fixed_ ? std::max(fixed_, longest_drained_->length) : fixed_;
}

std::optional<Instant> QueueDrain::end() const {
  if (!began_) {
    return began_;
  }
  const Instant least = is_fixed_ ? *began_ + fixed_ : *began_;
  if (is_empty_) {
    return least;
  }
  Instant end = *began_ + length_without_news();
  if (const auto estimated = estimate()) {
    end = *estimated;
  } else if (at_least_) {
    end = std::max(end, *began_ + std::max(*at_least_ - likely_way, Duration{}) * 100 / free_percent());
  }
  return std::clamp(end, least, *began_ + std::max(longest, fixed_));
}

void QueueDrain::release(Instant now) {
  const auto estimated = began_ ? estimate() : std::nullopt;
  // Where nothing was measured, or the queue was longer than it may take, something may be left of it.
  if (!is_empty_ && (began_ ? !estimated || *estimated > now : newest() == nullptr)) {
    return;
  }
  paths_clear_at_ = now + (began_ ? until_clear : Duration{});
  if (!began_) {
    return;
  }
  const Drained drained{now - *began_, now};
  if (!longest_drained_ || drained.length >= longest_drained_->length || now - longest_drained_->ended >= is_remembered) {
    longest_drained_ = drained;
  }
}

}  // namespace voip
