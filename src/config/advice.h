// What to write instead, for those who have another format or a word processor in mind. Pure.
#pragma once

#include <string>
#include <string_view>

namespace voip {

// Why a file is no text that TOML could be in; empty: it may be.
std::string why_no_text(std::string_view file);

// The line, counted from 1, on which more names hang together by dots than any setting has; 0: there is none. The library nests a
// table for each, and goes through them by recursion, without a bound.
int line_of_endless_name(std::string_view file);

// Of the line, counted from 1, that TOML does not understand: how it was meant, probably. Empty: no idea.
std::string what_to_write(std::string_view file, int line);

}  // namespace voip
