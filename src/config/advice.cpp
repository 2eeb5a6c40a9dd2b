#include "config/advice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace voip {
namespace {

constexpr std::size_t longest_line_told = 120;

// As word processors and web pages write them.
constexpr std::array<std::pair<std::string_view, char>, 13> typographic{{{"\u201c", '"'},
                                                                         {"\u201d", '"'},
                                                                         {"\u201e", '"'},
                                                                         {"\u201f", '"'},
                                                                         {"\u00ab", '"'},
                                                                         {"\u00bb", '"'},
                                                                         {"\u2033", '"'},
                                                                         {"\u2018", '\''},
                                                                         {"\u2019", '\''},
                                                                         {"\u201a", '\''},
                                                                         {"\u201b", '\''},
                                                                         {"\u2032", '\''},
                                                                         {"\u00b4", '\''}}};

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::string_view line_of(std::string_view file, int number) {
  for (; number > 1; --number) {
    file.remove_prefix(std::min(file.find('\n'), file.size() - 1) + 1);
    if (file.empty()) {
      return {};
    }
  }
  return trimmed(file.substr(0, file.find('\n')));
}

// With straight quotes for the others; what stands between straight ones already is left alone.
std::string with_straight_quotes(std::string_view line) {
  std::string straight;
  char open = 0;
  while (!line.empty()) {
    const auto* const found = open != 0 ? typographic.end()
                                        : std::find_if(typographic.begin(), typographic.end(),
                                                       [line](const auto& one) { return line.starts_with(one.first); });
    if (found != typographic.end()) {
      straight += found->second;
      line.remove_prefix(found->first.size());
      continue;
    }
    const char c = line.front();
    if (c == '"' || c == '\'') {
      open = open == 0 ? c : (open == c ? static_cast<char>(0) : open);
    }
    straight += c;
    line.remove_prefix(1);
  }
  return straight;
}

// A key with one word, or several, that should stand in quotes; empty: it is something else.
std::string with_quotes(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    return {};
  }
  const std::string_view key = trimmed(line.substr(0, equals));
  std::string_view value = line.substr(equals + 1);
  value = trimmed(value.substr(0, value.find('#')));
  if (key.empty() || value.empty() || value.find_first_of("\"'\\[]{},=") != std::string_view::npos) {
    return {};
  }
  std::string small(value);
  std::transform(small.begin(), small.end(), small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool is_boolean = small == "true" || small == "false";
  if (key.ends_with("_kbit") && std::isdigit(static_cast<unsigned char>(small.front())) != 0) {
    const auto digits = std::min(small.find_first_not_of("0123456789"), small.size());
    const std::string_view unit = trimmed(std::string_view(small).substr(digits));
    const bool is_number = small.front() != '0' || digits == 1;  // TOML knows no leading zeros
    return is_number && (unit == "kbit" || unit == "kbit/s") ? std::string(key) + " = " + small.substr(0, digits) : std::string();
  }
  return std::string(key) + " = " + (is_boolean ? small : '"' + std::string(value) + '"');
}

}  // namespace

std::string why_no_text(std::string_view file) {
  const bool is_utf_16 = file.starts_with("\xff\xfe") || file.starts_with("\xfe\xff") ||
                         (file.size() >= 2 && (file[0] == '\0') != (file[1] == '\0'));
  return is_utf_16 ? "the file is in UTF-16, which some editors call Unicode: save it as UTF-8" : "";
}

int line_of_endless_name(std::string_view file) {
  constexpr int most_dots = 64;
  int line = 1;
  int dots = 0;
  std::string_view quotes;  // which end the text that we are in
  while (!file.empty()) {
    const char c = file.front();
    std::size_t taken = 1;
    if (c == '\n') {
      ++line;
      dots = 0;
      quotes = quotes.size() == 3 ? quotes : std::string_view();
    } else if (!quotes.empty()) {
      if (c == '\\' && quotes.front() == '"') {
        taken = file.size() > 1 && file[1] != '\n' ? 2 : 1;
      } else if (file.starts_with(quotes)) {
        taken = quotes.size();
        quotes = {};
      }
    } else if (c == '"' || c == '\'') {
      quotes = file.substr(0, file.starts_with(std::string(3, c)) ? 3 : 1);
      taken = quotes.size();
    } else if (c == '#') {
      taken = std::min(file.find('\n'), file.size());
    } else if (c == '.' && ++dots > most_dots) {
      return line;
    }
    file.remove_prefix(taken);
  }
  return 0;
}

std::string what_to_write(std::string_view file, int line) {
  const std::string_view wrong = line_of(file, line);
  if (wrong.size() > longest_line_told) {
    return {};
  }
  if (const std::string straight = with_straight_quotes(wrong); straight != wrong) {
    return "quotes must be straight; write: " + straight;
  }
  const std::string quoted = with_quotes(wrong);
  return quoted.empty() || quoted == wrong ? std::string() : "write: " + quoted;
}

}  // namespace voip
