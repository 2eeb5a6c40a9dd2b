#include "ports/line/kept_line.h"

#include <algorithm>
#include <cstdint>

#include "base/words.h"

namespace voip {
namespace {

constexpr std::string_view head = "# What is known of the line. voip-qosd writes this file and reads it when it starts.\n";
constexpr std::string_view tail = "end";
constexpr std::uint64_t most_kbit = 100'000'000;
constexpr Duration worth_writing = 24h;
constexpr std::uint64_t alike_percent = 5;

std::int64_t unix_s(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string line_of(std::string_view name, const LineDirection& direction, const LineMoment& now) {
  if (!direction.kbit || !direction.learnt) {
    return "";
  }
  const auto wall = now.wall - std::chrono::duration_cast<std::chrono::system_clock::duration>(now.instant - *direction.learnt);
  return std::string(name) + " " + std::to_string(*direction.kbit) + " low " + std::to_string(direction.low_kbit) + " learnt " +
         std::to_string(unix_s(wall)) + "\n";
}

std::optional<LineDirection> parse_direction(const std::vector<std::string_view>& words, const LineMoment& now) {
  if (words.size() != 6 || words[2] != "low" || words[4] != "learnt") {
    return std::nullopt;
  }
  const auto kbit = parse_number(words[1]);
  const auto low = parse_number(words[3]);
  const auto learnt = parse_number(words[5]);
  if (!kbit || !low || !learnt || *kbit == 0 || *kbit > most_kbit || *low > *kbit) {
    return std::nullopt;
  }
  const std::int64_t age_s = std::max<std::int64_t>(unix_s(now.wall) - static_cast<std::int64_t>(*learnt), 0);
  LineDirection direction;
  direction.kbit = static_cast<std::uint32_t>(*kbit);
  direction.low_kbit = static_cast<std::uint32_t>(*low);
  direction.learnt = now.instant - std::chrono::seconds(age_s);
  return direction;
}

bool is_alike(std::uint64_t a, std::uint64_t b) {
  return (a > b ? a - b : b - a) * 100 <= b * alike_percent;
}

bool is_kept(const LineDirection& in_file, const LineDirection& wanted) {
  if (!wanted.kbit || !wanted.learnt) {
    return true;
  }
  return in_file.kbit && in_file.learnt && is_alike(*in_file.kbit, *wanted.kbit) && is_alike(in_file.low_kbit, wanted.low_kbit) &&
         *wanted.learnt - *in_file.learnt < worth_writing;
}

}  // namespace

std::string to_text(const KeptLine& kept, const LineMoment& now) {
  return std::string(head) + "device " + kept.device + "\n" + line_of("up", kept.line.up, now) +
         line_of("down", kept.line.down, now) + std::string(tail) + "\n";
}

std::optional<KeptLine> parse_kept_line(std::string_view text, const LineMoment& now) {
  KeptLine kept;
  bool is_whole = false;
  for (const std::string_view line : lines_of(text)) {
    const auto words = words_of(line);
    if (words.empty() || words[0].front() == '#') {
      continue;
    }
    is_whole = words.size() == 1 && words[0] == tail;
    if (is_whole) {
      continue;
    }
    if (words.size() == 2 && words[0] == "device") {
      kept.device = words[1];
      continue;
    }
    const auto direction = parse_direction(words, now);
    if (!direction || (words[0] != "up" && words[0] != "down")) {
      return std::nullopt;
    }
    (words[0] == "up" ? kept.line.up : kept.line.down) = *direction;
  }
  return is_whole && !kept.device.empty() ? std::optional(kept) : std::nullopt;
}

bool is_kept(const KeptLine& in_file, const KeptLine& wanted) {
  return in_file.device == wanted.device && is_kept(in_file.line.up, wanted.line.up) &&
         is_kept(in_file.line.down, wanted.line.down);
}

}  // namespace voip
