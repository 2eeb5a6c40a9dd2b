#include "base/utf8.h"

#include <array>
#include <cstdint>

namespace voip {

Utf8Character first_character(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (byte(0) < 0x80) {
    return {byte(0), 1, true};
  }
  const std::size_t bytes = byte(0) < 0xC2 ? 0 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : byte(0) < 0xF5 ? 4 : 0;
  if (bytes == 0 || bytes > text.size()) {
    return {};
  }
  char32_t code = byte(0) & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return {};
    }
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool is_valid = code >= least.at(bytes) && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  return is_valid ? Utf8Character{code, bytes, true} : Utf8Character{};
}

bool is_utf8_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const Utf8Character character = first_character(bytes);
    if (!character.is_valid || character.code == 0) {
      return false;
    }
    bytes.remove_prefix(character.bytes);
  }
  return true;
}

}  // namespace voip
