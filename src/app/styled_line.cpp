#include "app/styled_line.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "app/printable_text.h"

namespace voip {

std::string to_text(const Line& line, Colour colour) {
  constexpr std::array<const char*, 5> codes{"", "\033[32m", "\033[33m", "\033[31m", "\033[1m"};
  std::string text;
  std::size_t end = 0;  // after the last character that is no blank
  for (const Piece& piece : line) {
    const bool is_painted = colour == Colour::coloured && piece.tone != Tone::plain;
    text += is_painted ? codes.at(static_cast<std::size_t>(piece.tone)) + piece.text + "\033[0m" : piece.text;
    if (is_painted) {
      end = text.size();
    } else if (const std::size_t last = piece.text.find_last_not_of(' '); last != std::string::npos) {
      end = text.size() - piece.text.size() + last + 1;
    }
  }
  text.resize(end);
  return text;
}

std::vector<Line> table(const std::vector<Line>& rows) {
  std::vector<std::size_t> widths;
  for (const Line& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns(row[i].text));
    }
  }
  std::vector<Line> lines;
  for (const Line& row : rows) {
    Line line{{"  "}};
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.push_back(row[i]);
      if (i + 1 < row.size()) {
        line.push_back({std::string(widths[i] - columns(row[i].text) + 2, ' ')});
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace voip
