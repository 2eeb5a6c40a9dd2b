// Text for a narrow terminal. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace voip {

// Printable text in lines of at most `width` columns, broken between words, each ended and each begun with `begin`. A word that
// is longer stays whole: a path can still be copied. Its own ends of lines stay.
std::string wrapped(std::string_view text, std::size_t width, std::string_view begin = {});

}  // namespace voip
