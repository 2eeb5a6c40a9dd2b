#include "core/time.h"

#include <array>
#include <charconv>
#include <utility>

namespace voip {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t longest_ms = 366 * 86'400'000LL;

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) {
    return std::nullopt;
  }
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, milliseconds] : units) {
    if (suffix == name) {
      return number > longest_ms / milliseconds ? std::nullopt : std::optional(Duration(number * milliseconds));
    }
  }
  return std::nullopt;
}

std::string to_string(Duration duration) {
  const std::int64_t count = duration.count();
  if (count == 0) {
    return "0s";
  }
  for (const auto& [name, milliseconds] : units) {
    if (count % milliseconds == 0) {
      return std::to_string(count / milliseconds) + std::string(name);
    }
  }
  return std::to_string(count) + "ms";
}

}  // namespace voip
