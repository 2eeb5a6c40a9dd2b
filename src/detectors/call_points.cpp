// The weights of pairs of grades, as measured on real traffic: log-odds, about one bit a point. They are symmetric.
#include "detectors/call_grades.h"

namespace voip::detectors {
namespace {

constexpr std::int8_t quiet = -128;

}  // namespace

std::optional<int> points_of(Grade one, Grade other) {
  // Symmetric: the row is the grade that comes first.
  static constexpr std::array<std::array<std::int8_t, grade_count>, grade_count> points{{
      // clock thin frame onset voice rough loose low trickle pause dead rich step tick snapshot other
      {8, 8, 6, 5, 5, 4, 4, 5, 3, 4, 4, 3, 3, 1, 1, 1},
      {0, 8, 4, -3, -3, -3, -3, -3, -3, -3, -3, -3, -3, -4, -4, -3},
      {0, 0, 5, 3, 4, 2, 2, 3, 1, 0, -2, 1, 0, -3, -4, -3},
      {0, 0, 0, 4, 3, 2, 1, 3, 2, 2, 1, 1, 1, -3, -4, -3},
      {0, 0, 0, 0, 3, 2, 0, 2, 1, 0, -2, 1, 1, -3, -4, -3},
      {0, 0, 0, 0, 0, 1, 0, 2, 0, 0, -1, 0, 1, -3, -4, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -3, -4, -3},
      {0, 0, 0, 0, 0, 0, 0, 2, 1, -1, -2, 1, 1, 0, 0, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, quiet, quiet, quiet, 0, 0, -1, -1, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, quiet, quiet, -1, -1, -1, -1, -1},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, quiet, -2, -2, -2, -2, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -3, -4, -4, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -2, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -2, -3},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -3},
  }};
  const auto [row, column] = std::minmax({static_cast<std::size_t>(one), static_cast<std::size_t>(other)});
  const std::int8_t value = points.at(row).at(column);
  return value == quiet ? std::nullopt : std::optional(static_cast<int>(value));
}

}  // namespace voip::detectors
