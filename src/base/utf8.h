// UTF-8 (RFC 3629), character by character. Needs no locale, since routers have none.
#pragma once

#include <cstddef>
#include <string_view>

namespace voip {

struct Utf8Character {
  char32_t code = 0;
  std::size_t bytes = 1;
  bool is_valid = false;
};

// The first character of text that is not empty. Wrong bytes are taken one at a time.
Utf8Character first_character(std::string_view text);

// True for well-formed UTF-8 without NUL, which MQTT forbids in its strings (MQTT 5, section 1.5.4).
bool is_utf8_text(std::string_view bytes);

}  // namespace voip
