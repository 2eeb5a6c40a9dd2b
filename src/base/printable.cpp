#include "base/printable.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace voip {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t n>
bool is_in(const std::array<Range, n>& ranges, char32_t code) {
  const auto found =
      std::lower_bound(ranges.begin(), ranges.end(), code, [](const Range& range, char32_t c) { return range.last < c; });
  return found != ranges.end() && found->first <= code;
}

// Controls, what separates lines and paragraphs, what turns the direction of writing, and what is invisible but for tags.
constexpr std::array<Range, 8> unprintable{{{0x00, 0x1F},
                                            {0x7F, 0x9F},
                                            {0x61C, 0x61C},
                                            {0x200E, 0x200F},
                                            {0x2028, 0x202E},
                                            {0x2066, 0x2069},
                                            {0xFFF9, 0xFFFB},
                                            {0xE0000, 0xE007F}}};

// The usual ones of Unicode's categories Mn, Me and Cf.
constexpr std::array<Range, 19> without_width{{{0xAD, 0xAD},
                                               {0x300, 0x36F},
                                               {0x483, 0x489},
                                               {0x591, 0x5BD},
                                               {0x610, 0x61A},
                                               {0x64B, 0x65F},
                                               {0x670, 0x670},
                                               {0x6D6, 0x6DC},
                                               {0x900, 0x902},
                                               {0x93C, 0x93C},
                                               {0x941, 0x948},
                                               {0xE31, 0xE31},
                                               {0xE34, 0xE3A},
                                               {0x1AB0, 0x1AFF},
                                               {0x200B, 0x200D},
                                               {0x20D0, 0x20F0},
                                               {0xFE00, 0xFE0F},
                                               {0xFE20, 0xFE2F},
                                               {0xE0100, 0xE01EF}}};

// Unicode's East Asian Width W and F, emoji among them, in few ranges.
constexpr std::array<Range, 18> wide{{{0x1100, 0x115F},
                                      {0x231A, 0x231B},
                                      {0x23E9, 0x23EC},
                                      {0x2614, 0x2615},
                                      {0x2648, 0x2653},
                                      {0x26BD, 0x26BE},
                                      {0x2705, 0x2705},
                                      {0x270A, 0x270B},
                                      {0x2753, 0x2755},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0x4DBF},
                                      {0x4E00, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF01, 0xFF60},
                                      {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};

bool is_printable(const Utf8Character& character) {
  return character.is_valid && !is_in(unprintable, character.code);
}

bool is_white(const Utf8Character& character) {
  return character.is_valid && (character.code == '\t' || character.code == '\n' || character.code == '\r');
}

// In UTF-16, as JSON has it.
void append_escaped(char32_t code, std::string& json) {
  const auto append_unit = [&json](char32_t unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    json += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) {
      json += digits[(unit >> shift) & 0xFU];
    }
  };
  if (code >= 0x10000) {
    append_unit(0xD800 + ((code - 0x10000) >> 10U));
    append_unit(0xDC00 + (code & 0x3FFU));
  } else {
    append_unit(code);
  }
}

std::size_t columns_of(char32_t code) {
  return is_in(without_width, code) ? 0 : is_in(wide, code) ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text, std::size_t most_bytes) {
  std::string out;
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    const std::string_view shown = is_printable(character) ? text.substr(0, character.bytes)
                                   : is_white(character)   ? " "
                                                           : replacement;
    if (out.size() + shown.size() > most_bytes) {
      return out.append(ellipsis);
    }
    out += shown;
    text.remove_prefix(character.bytes);
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\t\n"), text.size());
    out += printable(text.substr(0, end));
    out += text.substr(end, 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string printable_json(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    const Utf8Character character = first_character(json);
    if (character.is_valid && !is_printable(character) && !is_white(character)) {
      append_escaped(character.code, out);
    } else {
      out += character.is_valid ? json.substr(0, character.bytes) : replacement;
    }
    json.remove_prefix(character.bytes);
  }
  return out;
}

std::size_t columns(std::string_view text) {
  std::size_t sum = 0;
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    sum += columns_of(character.code);
    text.remove_prefix(character.bytes);
  }
  return sum;
}

std::string cut(std::string_view text, std::size_t most_columns) {
  std::size_t used = 0;
  std::size_t end = 0;      // of what fits
  std::size_t cut_end = 0;  // of what fits beside the ellipsis
  while (end < text.size()) {
    const Utf8Character character = first_character(text.substr(end));
    const std::size_t more = columns_of(character.code);
    if (used + more > most_columns) {
      return most_columns == 0 ? std::string() : std::string(text.substr(0, cut_end)).append(ellipsis);
    }
    used += more;
    end += character.bytes;
    cut_end = used < most_columns ? end : cut_end;
  }
  return std::string(text);
}

}  // namespace voip
