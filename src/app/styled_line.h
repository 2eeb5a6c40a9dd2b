// Lines for people: pieces of text with a tone, aligned in columns, with colour or without. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace voip {

enum class Colour : std::uint8_t { plain, coloured };
enum class Tone : std::uint8_t { plain, green, yellow, red, bold, dim, inverse };

struct Piece {
  std::string text;
  Tone tone = Tone::plain;
};

using Line = std::vector<Piece>;

// Without an end of line, and without blanks at its end.
std::string to_text(const Line& line, Colour colour);

std::size_t columns(const Line& line);
Line cut(const Line& line, std::size_t most_columns);

// Columns as wide as their widest cell, two blanks apart, two blanks before the first; the last one as it is.
std::vector<Line> table(const std::vector<Line>& rows);

}  // namespace voip
