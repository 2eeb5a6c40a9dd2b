#include "ports/control_request.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "core/live_settings.h"

namespace voip {
namespace {

// Takes the next word off the front of `rest`; empty: there is none.
std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

ControlRequest read_qos(std::string_view rest) {
  const auto mode = parse_mode(next_word(rest));
  if (!mode) {
    return RequestRefused{"qos: expected on, off or auto"};
  }
  SetMode order{.mode = *mode, .until_changed = false, .time_limit = std::nullopt};
  if (const std::string_view limit = next_word(rest); !limit.empty()) {
    std::int64_t milliseconds = 0;
    const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), milliseconds);
    if (error != std::errc{} || end != limit.data() + limit.size() || milliseconds < shortest_time_limit.count() ||
        milliseconds > longest_time_limit.count()) {
      return RequestRefused{"qos: the time limit must be from 1000 to 604800000 milliseconds"};
    }
    order.time_limit = Duration(milliseconds);
  }
  if (!next_word(rest).empty()) {
    return RequestRefused{"qos: expected a mode and at most a time limit"};
  }
  return order;
}

}  // namespace

ControlRequest read_request(std::string_view line) {
  std::string_view rest = line;
  const std::string_view what = next_word(rest);
  if (what == "status" && next_word(rest).empty()) {
    return StatusWanted{};
  }
  if (what == "qos") {
    return read_qos(rest);
  }
  return RequestRefused{"not understood; requests are: status, qos on|off|auto [MILLISECONDS]"};
}

}  // namespace voip
