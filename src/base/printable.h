// Text of others on a terminal and in the log: names that devices gave themselves, errors of programs, topics. Nothing in it may
// act on the terminal or begin a line of its own, and what it takes is counted in columns, not in bytes. Pure; needs no locale,
// since routers have none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace voip {

// One line of valid UTF-8 without control characters, escape sequences and marks that turn the direction of writing: each is
// replaced by U+FFFD, tabs and ends of lines by a blank. What goes beyond `most_bytes` is cut off and leaves "…" behind.
std::string printable(std::string_view text, std::size_t most_bytes = std::string_view::npos);

// The same for text of several lines: their ends and tabs stay.
std::string printable_lines(std::string_view text);

// JSON of the same meaning: what is not printable can stand in its strings only, and is written as \uXXXX there.
std::string printable_json(std::string_view json);

// How many columns printable text takes: none for combining marks, two for East Asian wide characters and emoji.
std::size_t columns(std::string_view text);

// As much of printable text as fits; what is cut off leaves "…" behind.
std::string cut(std::string_view text, std::size_t most_columns);

}  // namespace voip
