#include "commands/recording/marked_call.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

namespace voip {
namespace {

constexpr double most_seconds = 1e7;

std::optional<Duration> parse_seconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0 && seconds <= most_seconds)) {
    return std::nullopt;
  }
  return Duration(std::llround(seconds * 1000));
}

// The first word of `text`, which is cut off.
std::string_view take_word(std::string_view& text) {
  constexpr std::string_view blanks = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

std::optional<MarkedCall> parse_marked_call(std::string_view start, std::string_view end) {
  const auto from = parse_seconds(start);
  const auto to = parse_seconds(end);
  if (!from || !to || *from >= *to) {
    return std::nullopt;
  }
  return MarkedCall{*from, *to};
}

std::optional<Comment> parse_comment(std::string_view line) {
  if (!line.starts_with('#')) {
    return std::nullopt;
  }
  line.remove_prefix(1);
  if (take_word(line) != "call") {
    return Comment{};
  }
  const std::string_view start = take_word(line);
  const std::string_view end = take_word(line);
  const auto call = take_word(line).empty() ? parse_marked_call(start, end) : std::nullopt;
  return Comment{call, !call.has_value()};
}

}  // namespace voip
