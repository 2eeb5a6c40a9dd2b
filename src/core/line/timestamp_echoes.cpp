#include "core/line/timestamp_echoes.h"

#include <algorithm>
#include <array>

namespace voip {
namespace {

// What comes after a longer silence was not called forth by our acknowledgement: the sender had nothing to say.
constexpr Duration silence = 300ms;
constexpr Duration enough_to_tell = 200ms;   // the length of a tick
constexpr Duration longest_unseen = 5s;      // before the first that was seen
constexpr std::array ticks{1ms, 4ms, 10ms};  // Linux has had them all, others have the first

}  // namespace

void TimestampEchoes::left(const TcpSegment& segment, Instant now) {
  const std::uint32_t timestamp = segment.timestamp.value_or(0);
  first_ = first_.value_or(Stamp{timestamp, now});
  if (timestamp == first_->timestamp || is_after(timestamp, last_.timestamp)) {
    last_ = {timestamp, now};
  }
  unanswered_.add({timestamp, now, segment.has_payload});
}

std::optional<Instant> TimestampEchoes::unseen(std::uint32_t timestamp) const {
  const Duration elapsed = last_.left - first_->left;
  const Duration::rep counted = last_.timestamp - first_->timestamp;
  if (elapsed < enough_to_tell) {
    return std::nullopt;
  }
  const auto tick = std::find_if(ticks.begin(), ticks.end(), [&](Duration one) {
    return elapsed * 10 >= one * counted * 8 && elapsed * 10 <= one * counted * 12;
  });
  if (tick == ticks.end()) {
    return std::nullopt;
  }
  const Duration before = *tick * static_cast<Duration::rep>(first_->timestamp - timestamp);
  return before <= longest_unseen ? std::optional(first_->left - before) : std::nullopt;
}

std::optional<Answer> TimestampEchoes::came(const TcpSegment& segment, Instant now) {
  if (!segment.echo) {
    return std::nullopt;
  }
  const bool was_silent = !came_ || now - *came_ > silence;
  came_ = now;
  // Of the first echo it is not known whether it is repeated.
  const bool is_new = echo_ && is_after(*segment.echo, *echo_);
  echo_ = is_new ? *segment.echo : echo_.value_or(*segment.echo);
  if (const auto sent = unanswered_.take_up_to(*segment.echo)) {
    return sent->has_payload || !was_silent ? std::optional(Answer{sent->left, true}) : std::nullopt;
  }
  const bool is_older = !first_ || is_after(first_->timestamp, *segment.echo);
  if (!is_older || !is_new || (segment.has_payload && was_silent)) {
    return std::nullopt;
  }
  const auto left = first_ ? unseen(*segment.echo) : std::nullopt;
  return left ? Answer{*left, true} : Answer{{}, false};
}

}  // namespace voip
