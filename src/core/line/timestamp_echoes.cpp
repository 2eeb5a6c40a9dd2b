#include "core/line/timestamp_echoes.h"

namespace voip {
namespace {

// What comes after a longer silence was not called forth by our acknowledgement: the sender had nothing to say.
constexpr Duration silence = 300ms;

}  // namespace

void TimestampEchoes::left(const TcpSegment& segment, Instant now) {
  const std::uint32_t timestamp = segment.timestamp.value_or(0);
  first_ = first_.value_or(timestamp);
  unanswered_.add({timestamp, now, segment.has_payload});
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
  const bool is_older = !first_ || is_after(*first_, *segment.echo);
  return is_older && is_new && (!segment.has_payload || !was_silent) ? std::optional(Answer{{}, false}) : std::nullopt;
}

}  // namespace voip
