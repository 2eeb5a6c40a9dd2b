// Lines for people: pieces of text with a tone, aligned in columns, with colour or without. Pure but for colour_of_output().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace voip {

enum class Colour : std::uint8_t { plain, coloured };
enum class Tone : std::uint8_t { plain, green, yellow, red, cyan, bold, dim, inverse };

struct Piece {
  std::string text;
  Tone tone = Tone::plain;
};

using Line = std::vector<Piece>;

// Whether standard output wants colour: a terminal does, unless NO_COLOR is set (https://no-color.org).
Colour colour_of_output();

// Without an end of line, and without blanks at its end. Whatever the pieces hold, only the tones act on the terminal.
std::string to_text(const Line& line, Colour colour);

std::size_t columns(const Line& line);
Line cut(const Line& line, std::size_t most_columns);

// Columns as wide as their widest cell, two blanks apart, two blanks before the first; the last one as it is.
std::vector<Line> table(const std::vector<Line>& rows);

}  // namespace voip
