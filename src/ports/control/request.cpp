#include "ports/control/request.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "core/live_settings.h"

namespace voip {
namespace {

constexpr std::string_view at_once = "at-once";

// Takes the next word off the front of `rest`; empty: there is none.
std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

// The whole of `word`, within the limits; else nothing.
std::optional<std::int64_t> number_in(std::string_view word, std::int64_t least, std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool is_right = error == std::errc{} && end == word.data() + word.size() && number >= least && number <= most;
  return is_right ? std::optional(number) : std::nullopt;
}

ControlRequest read_status_wanted(std::string_view rest) {
  constexpr std::int64_t most = 1'000'000;
  StatusWanted wanted;
  if (const std::string_view limit = next_word(rest); !limit.empty()) {
    const auto flows = number_in(limit, 0, most);
    if (!flows) {
      return RequestRefused{"status: the number of flows must be from 0 to 1000000"};
    }
    wanted.most_flows = static_cast<std::size_t>(*flows);
  }
  if (!next_word(rest).empty()) {
    return RequestRefused{"status: expected at most a number of flows"};
  }
  return wanted;
}

ControlRequest read_qos(std::string_view rest) {
  const auto mode = parse_mode(next_word(rest));
  if (!mode) {
    return RequestRefused{"qos: expected on, off or auto"};
  }
  SetMode order{.mode = *mode, .answer_within = order_answer_within};
  std::string_view word = next_word(rest);
  if (!word.empty() && word != at_once) {
    const auto milliseconds = number_in(word, shortest_time_limit.count(), longest_time_limit.count());
    if (!milliseconds) {
      return RequestRefused{"qos: the time limit must be from 1000 to 604800000 milliseconds"};
    }
    order.time_limit = Duration(*milliseconds);
    word = next_word(rest);
  }
  if (word == at_once) {
    order.answer_within = Duration::zero();
    word = next_word(rest);
  }
  if (!word.empty()) {
    return RequestRefused{"qos: expected a mode and at most a time limit and at-once"};
  }
  return order;
}

}  // namespace

ControlRequest read_request(std::string_view line) {
  std::string_view rest = line;
  const std::string_view what = next_word(rest);
  if (what == "status") {
    return read_status_wanted(rest);
  }
  if (what == "qos") {
    return read_qos(rest);
  }
  return RequestRefused{"not understood; requests are: status [FLOWS], qos on|off|auto [MILLISECONDS] [at-once]"};
}

}  // namespace voip
