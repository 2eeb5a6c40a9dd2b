#include "terminal/wrapped.h"

#include <algorithm>

#include "base/printable.h"
#include "base/words.h"

namespace voip {

std::string wrapped(std::string_view text, std::size_t width, std::string_view begin) {
  std::string all;
  for (const std::string_view paragraph : lines_of(text)) {
    // What stands further in stays so, and what follows it too.
    const std::size_t inset = std::min(paragraph.find_first_not_of(' '), paragraph.size());
    std::string line = std::string(begin) + std::string(inset, ' ');
    const std::size_t empty = columns(line);
    for (const std::string_view word : words_of(paragraph)) {
      const bool is_first = columns(line) == empty;
      if (!is_first && columns(line) + 1 + columns(word) > width) {
        all += line + "\n";
        line = std::string(begin) + std::string(inset, ' ') + std::string(word);
      } else {
        line += (is_first ? "" : " ") + std::string(word);
      }
    }
    all += line + "\n";
  }
  return all;
}

}  // namespace voip
