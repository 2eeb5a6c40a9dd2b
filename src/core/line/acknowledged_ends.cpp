#include "core/line/acknowledged_ends.h"

namespace voip {

void AcknowledgedEnds::left(const TcpSegment& segment, Instant now) {
  if (segment.length == 0) {
    return;
  }
  const std::uint32_t end = segment.sequence + segment.length;
  if (reached_ && !is_after(end, *reached_)) {
    return;
  }
  if (end_ && is_after(*end_, segment.sequence)) {
    end_ = is_after(end, *end_) ? end : *end_;
    uncertain_to_ = end_;
    unanswered_.clear();
    return;
  }
  first_ = first_.value_or(segment.sequence);
  end_ = end;
  unanswered_.add({end, now, true});
}

std::optional<Answer> AcknowledgedEnds::came(const TcpSegment& segment) {
  if (!segment.acknowledged) {
    return std::nullopt;
  }
  std::uint32_t number = *segment.acknowledged;
  if (segment.sacked && is_after(*segment.sacked, number)) {
    number = *segment.sacked;
  }
  const bool is_known = reached_.has_value();
  if (is_known && !is_after(number, *reached_)) {
    return std::nullopt;
  }
  reached_ = number;
  if (!first_ || !is_after(number, *first_)) {
    // Of the first number it is not known whether it is a new one.
    return is_known ? std::optional(Answer{{}, false}) : std::nullopt;
  }
  if (is_after(number, *end_)) {
    // What we saw leaving had left before we looked, too.
    end_ = number;
    uncertain_to_.reset();
    unanswered_.clear();
    return std::nullopt;
  }
  const auto sent = unanswered_.take_up_to(number);
  if (uncertain_to_) {
    if (!is_after(number, *uncertain_to_)) {
      return std::nullopt;
    }
    uncertain_to_.reset();
  }
  return sent ? std::optional(Answer{sent->left, true}) : std::nullopt;
}

}  // namespace voip
