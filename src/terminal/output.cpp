#include "terminal/output.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>

#include "base/printable.h"

namespace voip {
namespace {

// How long the colour is that `text` begins with: ESC [ digits m. 0: it begins with something else.
std::size_t colour_length(std::string_view text) {
  const std::size_t end = text.substr(0, 2) == "\033[" ? text.find_first_not_of("0123456789", 2) : std::string_view::npos;
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

std::string printable_but_colours(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t colour = colour_length(text);
    const std::size_t end = colour > 0 ? colour : std::min(text.find('\033', 1), text.size());
    out += colour > 0 ? std::string(text.substr(0, end)) : printable_lines(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

bool write(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

}  // namespace

bool print(std::string_view text, Colour colour) {
  return write(colour == Colour::coloured ? printable_but_colours(text) : printable_lines(text));
}

bool print_json(std::string_view json) {
  return write(printable_json(json));
}

void complain(std::string_view text) {
  std::fputs((printable_lines(text) + (text.ends_with('\n') ? "" : "\n")).c_str(), stderr);
}

}  // namespace voip
