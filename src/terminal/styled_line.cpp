#include "terminal/styled_line.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>

#include "base/printable.h"

namespace voip {

std::string to_text(const Line& line, Colour colour) {
  constexpr std::array<const char*, 8> codes{"", "\033[32m", "\033[33m", "\033[31m", "\033[36m", "\033[1m", "\033[2m", "\033[7m"};
  std::string text;
  std::size_t end = 0;  // after the last character that is no blank
  for (const Piece& piece : line) {
    const bool is_painted = colour == Colour::coloured && piece.tone != Tone::plain;
    const std::string shown = printable(piece.text);
    text += is_painted ? codes.at(static_cast<std::size_t>(piece.tone)) + shown + "\033[0m" : shown;
    if (is_painted) {
      end = text.size();
    } else if (const std::size_t last = shown.find_last_not_of(' '); last != std::string::npos) {
      end = text.size() - shown.size() + last + 1;
    }
  }
  text.resize(end);
  return text;
}

std::size_t columns(const Line& line) {
  std::size_t sum = 0;
  for (const Piece& piece : line) {
    sum += columns(piece.text);
  }
  return sum;
}

Line cut(const Line& line, std::size_t most_columns) {
  Line fitting;
  std::size_t left = most_columns;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::size_t width = columns(line[i].text);
    const bool is_last = i + 1 == line.size();
    if (width < left || (width == left && is_last)) {
      fitting.push_back(line[i]);
      left -= width;
      continue;
    }
    // Something is cut off here, or right behind this piece: then its last character gives way to the ellipsis.
    const bool is_all = std::all_of(line.begin() + static_cast<std::ptrdiff_t>(i) + 1, line.end(),
                                    [](const Piece& piece) { return columns(piece.text) == 0; });
    fitting.push_back({cut(width == left && !is_all ? line[i].text + " " : line[i].text, left), line[i].tone});
    break;
  }
  return fitting;
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

Colour colour_of_output() {
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): one thread
  const bool is_unwanted = no_color != nullptr && *no_color != '\0';
  return is_unwanted || ::isatty(STDOUT_FILENO) == 0 ? Colour::plain : Colour::coloured;
}

}  // namespace voip
