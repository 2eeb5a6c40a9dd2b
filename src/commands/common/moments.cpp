#include "commands/common/moments.h"

#include <array>
#include <chrono>
#include <cstddef>

namespace voip {

std::optional<std::int64_t> seconds_of(std::string_view moment) {
  std::array<int, 6> parts{};  // year, month, day, hours, minutes, seconds
  constexpr std::string_view form = "0000-00-00T00:00:00Z";
  if (moment.size() != form.size()) {
    return std::nullopt;
  }
  std::size_t part = 0;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool is_digit = moment[i] >= '0' && moment[i] <= '9';
    if (is_digit != (form[i] == '0') || (!is_digit && moment[i] != form[i])) {
      return std::nullopt;
    }
    if (is_digit) {
      parts.at(part) = 10 * parts.at(part) + (moment[i] - '0');
    } else {
      ++part;
    }
  }
  const std::chrono::year_month_day day{std::chrono::year(parts[0]), std::chrono::month(static_cast<unsigned>(parts[1])),
                                        std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!day.ok()) {
    return std::nullopt;
  }
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return ((days * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5];
}

std::string ago(std::int64_t seconds) {
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  if (seconds < minute) {
    return "just now";
  }
  return seconds < hour      ? std::to_string(seconds / minute) + " min ago"
         : seconds < 2 * day ? std::to_string(seconds / hour) + " h ago"
                             : std::to_string(seconds / day) + " days ago";
}

}  // namespace voip
