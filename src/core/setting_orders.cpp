#include "core/setting_orders.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "core/time.h"

namespace voip {
namespace {

// "30", "30.0" or "2.5": what Home Assistant and other programs make of a number of seconds. Finer than milliseconds there is
// nothing.
std::optional<Duration> parse_seconds(std::string_view text) {
  constexpr std::int64_t most_seconds = 1'000'000'000;
  constexpr std::size_t most_decimals = 9;
  const auto all_digits = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::int64_t seconds = 0;
  if (!all_digits(whole) || std::from_chars(whole.data(), whole.data() + whole.size(), seconds).ec != std::errc{} ||
      seconds > most_seconds) {
    return std::nullopt;
  }
  std::int64_t milliseconds = 0;
  if (point != std::string_view::npos) {
    const std::string_view fraction = text.substr(point + 1);
    if (!all_digits(fraction) || fraction.size() > most_decimals ||
        fraction.substr(std::min<std::size_t>(fraction.size(), 3)).find_first_not_of('0') != std::string_view::npos) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < 3; ++i) {
      milliseconds = milliseconds * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
  }
  return Duration(seconds * 1000 + milliseconds);
}

std::string seconds_text(Duration duration) {
  std::string text = std::to_string(duration.count() / 1000);
  if (std::int64_t rest = duration.count() % 1000; rest != 0) {
    std::string fraction = std::to_string(1000 + rest).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += "." + fraction;
  }
  return text;
}

Result<Duration> read_duration(std::string_view word, Duration least, Duration most) {
  const std::optional<Duration> seconds = parse_seconds(word);
  const std::optional<Duration> duration = seconds ? seconds : parse_duration(word);
  if (!duration || *duration < least || *duration > most) {
    return Error{seconds_text(least) + " to " + seconds_text(most) + " seconds are understood here (" + to_string(least) +
                 " to " + to_string(most) + ")"};
  }
  return *duration;
}

}  // namespace

Result<SetSetting> read_setting(std::string_view name, std::string_view word) {
  if (name == "sensitivity") {
    if (const auto sensitivity = parse_sensitivity(word)) {
      return SetSetting{.sensitivity = sensitivity};
    }
    return Error{"low, normal or high is understood here"};
  }
  const bool is_release = name == "release_after";
  const auto duration = is_release ? read_duration(word, Duration::zero(), longest_release)
                                   : read_duration(word, shortest_override, longest_override);
  if (!duration) {
    return Error{duration.error()};
  }
  return is_release ? SetSetting{.release_after = *duration} : SetSetting{.override_for = *duration};
}

std::array<std::pair<std::string_view, std::string>, 3> setting_texts(const LiveSettings& settings) {
  return {{{setting_names[0], seconds_text(settings.release_after)},
           {setting_names[1], seconds_text(settings.override_for)},
           {setting_names[2], std::string(to_string(settings.sensitivity))}}};
}

}  // namespace voip
