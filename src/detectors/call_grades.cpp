#include "detectors/call_grades.h"

namespace voip::detectors {
namespace {

constexpr int quiet = -128;

struct Spread {
  int least = 0;
  int most = 0;
};

Spread spread(const CallHistory& history, Direction direction, int count) {
  Spread result{history.packets_at(direction, 0), history.packets_at(direction, 0)};
  for (int age = 1; age < count; ++age) {
    const int n = history.packets_at(direction, age);
    result.least = std::min(result.least, n);
    result.most = std::max(result.most, n);
  }
  return result;
}

bool is_within(int value, int least, int most) {
  return value >= least && value <= most;
}

}  // namespace

Grade grade(const CallHistory& h, Direction d) {
  const int n0 = h.packets_at(d, 0);
  const int n1 = h.packets_at(d, 1);
  const int n2 = h.packets_at(d, 2);
  const int n3 = h.packets_at(d, 3);
  const int t2 = n0 + n1;
  const int t4 = t2 + n2 + n3;
  const int t8 = h.packets(d, 8);
  const std::int64_t y2 = h.bytes(d, 2);
  if (t8 == 0) {
    return h.packets(d, 24) > 0 ? Grade::pause : Grade::dead;
  }
  const Spread s4 = spread(h, d, 4);
  if (n0 >= 3 && n1 >= 3) {
    if (y2 >= 48 * t2 && y2 <= 330 * t2) {
      if (is_within(n0, 11, 14) && is_within(n1, 11, 14)) {
        return Grade::clock;
      }
      if (t2 > 80 || (y2 < 56 * t2 && t2 < 20)) {
        return Grade::other;
      }
      if (s4.least >= 3 && s4.most - s4.least <= 2 && (is_within(t4, 58, 66) || is_within(t4, 118, 134))) {
        return Grade::tick;
      }
      if (is_within(n0, 12, 13) && n1 <= 14) {
        return Grade::onset;
      }
      if (n2 >= 3 && n3 >= 3 && 4 * (n0 * n0 + n1 * n1 + n2 * n2 + n3 * n3) - t4 * t4 <= t4) {
        return Grade::voice;
      }
      return y2 - 40 * t2 >= 300 ? Grade::rough : Grade::loose;
    }
    if (y2 > 330 * t2 && y2 <= 1250 * t2) {
      return s4.least >= 3 && s4.most - s4.least <= 1 + t4 / 64 ? Grade::tick : Grade::rich;
    }
    return Grade::other;
  }
  if (t8 >= 12 && h.bytes(d, 8) < 54 * t8) {
    return Grade::other;
  }
  const int t6 = h.packets(d, 6);
  const std::int64_t y6 = h.bytes(d, 6);
  int present = 0;
  for (int age = 0; age < 6; ++age) {
    present += h.packets_at(d, age) > 0 ? 1 : 0;
  }
  if (is_within(t6, 7, 30) && spread(h, d, 6).most <= 6 && y6 >= 64 * t6 && y6 <= 420 * t6 && present >= 5) {
    return Grade::low;
  }
  const std::int64_t y4 = h.bytes(d, 4);
  if (t4 <= 8 && y4 <= 330 * t4) {
    return Grade::trickle;
  }
  return t4 <= 60 && y4 >= 48 * t4 && y4 <= 330 * t4 ? Grade::loose : Grade::other;
}

Grade coarse_grade(const CallHistory& h, Direction d) {
  const int t8 = h.packets(d, 8);
  const int n0 = h.packets(d, 4);
  const int n1 = t8 - n0;
  const std::int64_t y0 = h.bytes(d, 4);
  if (t8 == 0) {
    return h.packets(d, 24) > 0 ? Grade::pause : Grade::dead;
  }
  const int difference = n0 > n1 ? n0 - n1 : n1 - n0;
  if (n0 >= 12) {
    if (y0 >= 48 * n0 && y0 <= 330 * n0) {
      if (is_within(n0, 47, 53)) {
        return Grade::clock;
      }
      if (n0 > 160 || (y0 < 56 * n0 && n0 < 40)) {
        return Grade::other;
      }
      if (difference <= 1 + n0 / 64 && (is_within(n0, 58, 66) || is_within(n0, 118, 134))) {
        return Grade::tick;
      }
      if (n1 >= 12 && difference <= 2 + n0 / 8) {
        return Grade::voice;
      }
      return y0 - 40 * n0 >= 600 ? Grade::rough : Grade::loose;
    }
    if (y0 > 330 * n0 && y0 <= 1250 * n0) {
      return n1 >= 12 && difference <= 1 + n0 / 64 ? Grade::tick : Grade::rich;
    }
    return Grade::other;
  }
  const std::int64_t y8 = h.bytes(d, 8);
  if (t8 >= 12 && y8 < 54 * t8) {
    return Grade::other;
  }
  if (n0 >= 4 && n1 >= 4 && y8 >= 64 * t8 && y8 <= 420 * t8 && n1 <= 24) {
    return Grade::low;
  }
  if (n0 <= 8 && y0 <= 330 * n0) {
    return Grade::trickle;
  }
  return y0 >= 48 * n0 && y0 <= 330 * n0 ? Grade::loose : Grade::other;
}

std::optional<int> points_of(Grade one, Grade other) {
  // Symmetric: the row is the grade that comes first.
  static constexpr std::array<std::array<std::int8_t, grade_count>, grade_count> points{{
      // clock onset voice rough loose low trickle pause dead rich tick other
      {8, 5, 5, 4, 4, 5, 3, 4, 4, 3, 1, 1},
      {0, 4, 3, 2, 1, 3, 2, 2, 1, 1, -4, -3},
      {0, 0, 3, 2, 1, 2, 1, 0, -2, 1, -4, -3},
      {0, 0, 0, 1, 0, 2, 0, 0, -1, 0, -4, -3},
      {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, -4, -3},
      {0, 0, 0, 0, 0, 2, 1, -1, -2, 1, 0, -3},
      {0, 0, 0, 0, 0, 0, quiet, quiet, quiet, 0, -1, -3},
      {0, 0, 0, 0, 0, 0, 0, quiet, quiet, -1, -1, -1},
      {0, 0, 0, 0, 0, 0, 0, 0, quiet, -2, -2, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -2, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -3},
  }};
  const auto [row, column] = std::minmax({static_cast<std::size_t>(one), static_cast<std::size_t>(other)});
  const int value = points.at(row).at(column);
  return value == quiet ? std::nullopt : std::optional(value);
}

std::string_view to_string(Grade grade) {
  static constexpr std::array<std::string_view, grade_count> names{"clock",   "onset", "voice", "rough", "loose", "low",
                                                                   "trickle", "pause", "dead",  "rich",  "tick",  "other"};
  return names.at(static_cast<std::size_t>(grade));
}

}  // namespace voip::detectors
