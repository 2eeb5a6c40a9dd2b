// Text of others on a terminal: names that devices gave themselves, errors of programs. Nothing in it may act on the terminal,
// and what it takes is counted in columns, not in bytes. Pure; needs no locale, since routers have none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace voip {

// Valid UTF-8 without control characters, escape sequences and marks that turn the direction of writing: each is replaced by
// U+FFFD.
std::string printable(std::string_view text);

// How many columns printable text takes: none for combining marks, two for East Asian wide characters and emoji.
std::size_t columns(std::string_view text);

// As much of printable text as fits; what is cut off leaves "…" behind.
std::string cut(std::string_view text, std::size_t most_columns);

}  // namespace voip
