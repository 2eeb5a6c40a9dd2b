#include "actuators/shown.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace voip::shown {

const CommandResult* result_at(const Probe& probe, std::size_t place) {
  return place < probe.results.size() ? &probe.results[place] : nullptr;
}

bool ended_well(const CommandResult* result) {
  return result != nullptr && result->exit_status == 0;
}

std::string why_not(std::string_view program, const CommandResult* result) {
  std::string text(program);
  if (result == nullptr) {
    return text + " was not run";
  }
  if (!result->failure.empty()) {
    return text + ": " + result->failure;
  }
  const auto lines = lines_of(result->output);
  constexpr std::size_t most_letters = 200;
  return text + ": exit status " + std::to_string(result->exit_status) +
         (lines.empty() ? "" : ": " + std::string(lines.back().substr(0, most_letters)));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end != begin) {
      lines.push_back(text.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; (begin = line.find_first_not_of(" \t", begin)) != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::string_view word_after(const std::vector<std::string_view>& words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() || found + 1 == words.end() ? std::string_view() : *(found + 1);
}

std::optional<std::uint32_t> number(std::string_view text) {
  const bool is_hex = text.substr(0, 2) == "0x";
  text.remove_prefix(is_hex ? 2 : 0);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::string hex(std::uint32_t number) {
  std::array<char, 8> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return "0x" + std::string(digits.data(), end);
}

std::string uci_value(std::string_view text, std::string_view option) {
  for (const std::string_view line : lines_of(text)) {
    if (line.size() > option.size() && line.substr(0, option.size()) == option && line[option.size()] == '=') {
      std::string value(line.substr(option.size() + 1));
      std::erase(value, '\'');
      return value;
    }
  }
  return "";
}

bool is_uci_false(std::string_view value) {
  constexpr std::array<std::string_view, 5> words{"0", "no", "off", "false", "disabled"};
  return std::find(words.begin(), words.end(), value) != words.end();
}

}  // namespace voip::shown
