#include "commands/status/watch_keys.h"

#include <array>
#include <cstddef>
#include <utility>

namespace voip {
namespace {

using Sequence = std::pair<std::string_view, Key>;

// As xterm, VT and the Linux console send them. Those that change something want Shift: they are not pressed by mistake.
constexpr std::array<Sequence, 27> sequences{{{"q", Key::quit},
                                              {"Q", Key::quit},
                                              {"\x03", Key::quit},
                                              {"\x04", Key::quit},
                                              {" ", Key::pause},
                                              {"k", Key::up},
                                              {"\033[A", Key::up},
                                              {"\033OA", Key::up},
                                              {"j", Key::down},
                                              {"\033[B", Key::down},
                                              {"\033OB", Key::down},
                                              {"\033[5~", Key::page_up},
                                              {"\033[6~", Key::page_down},
                                              {"g", Key::top},
                                              {"\033[H", Key::top},
                                              {"\033OH", Key::top},
                                              {"\033[1~", Key::top},
                                              {"\033[7~", Key::top},
                                              {"G", Key::bottom},
                                              {"\033[F", Key::bottom},
                                              {"\033OF", Key::bottom},
                                              {"\033[4~", Key::bottom},
                                              {"\033[8~", Key::bottom},
                                              {"O", Key::qos_on},
                                              {"F", Key::qos_off},
                                              {"A", Key::qos_auto},
                                              {"p", Key::pause}}};

// How long an escape sequence is that we know nothing of, so that its letters are not taken for keys: ESC [ ... letter or ~.
std::size_t unknown_length(std::string_view bytes) {
  if (bytes.size() < 2 || bytes[0] != '\033') {
    return 1;
  }
  if (bytes[1] != '[') {
    return 2;
  }
  std::size_t length = 2;
  while (length < bytes.size() && (bytes[length] < '@' || bytes[length] > '~')) {
    ++length;
  }
  return length < bytes.size() ? length + 1 : length;
}

}  // namespace

std::vector<Key> read_keys(std::string_view bytes) {
  std::vector<Key> keys;
  while (!bytes.empty()) {
    std::size_t length = unknown_length(bytes);
    for (const auto& [sequence, key] : sequences) {
      if (bytes.starts_with(sequence)) {
        keys.push_back(key);
        length = sequence.size();
        break;
      }
    }
    bytes.remove_prefix(length);
  }
  return keys;
}

}  // namespace voip
