// A call that a person marked in a recording or timeline, to say what a detector should have found there.
//
// It is a line of its own, "# call START END", in seconds since the beginning; other lines that begin with # are comments.
#pragma once

#include <optional>
#include <string_view>

#include "core/time.h"

namespace voip {

// No recording or timeline is longer, so that a few bytes cannot make a replay run for hours.
inline constexpr Duration longest_recording = 31 * 24h;

struct MarkedCall {
  Duration start{};
  Duration end{};
  friend bool operator==(const MarkedCall&, const MarkedCall&) = default;
};

// "10" and "42.5", in seconds since the beginning, to whole milliseconds; nothing unless 0 <= start < end <= 10^7.
std::optional<MarkedCall> parse_marked_call(std::string_view start, std::string_view end);

struct Comment {
  std::optional<MarkedCall> call;
  bool is_wrong = false;  // it begins like a marked call, and is none
};

// Nothing unless the line begins with #.
std::optional<Comment> parse_comment(std::string_view line);

}  // namespace voip
