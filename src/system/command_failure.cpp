#include "system/command_failure.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace voip {
namespace {

constexpr std::size_t most_words = 400;

// The last lines of an output, on one line. Where ubus says what was wrong, it may print how it is used after it.
std::string last_words(std::string_view output) {
  if (const std::size_t usage = output.find("\nUsage: ");
      output.starts_with("Command failed: ") && usage != std::string_view::npos) {
    output = output.substr(0, usage);
  }
  while (!output.empty() && (output.back() == '\n' || output.back() == ' ')) {
    output.remove_suffix(1);
  }
  std::size_t begin = output.size();
  for (int lines = 0; lines < 3 && begin != 0; ++lines) {
    const std::size_t newline = output.rfind('\n', begin - 1);
    begin = newline == std::string_view::npos ? 0 : newline;
  }
  begin = std::max(begin, output.size() - std::min(output.size(), most_words));
  std::string words(output.substr(begin));
  if (!words.empty() && words.front() == '\n') {
    words.erase(0, 1);
  }
  for (char& letter : words) {
    if (letter == '\n') {
      letter = ';';
    } else if (static_cast<unsigned char>(letter) < ' ') {
      letter = ' ';
    }
  }
  return words;
}

// `tc -batch -` says "Command failed -:5": the fifth line of its input.
std::string failed_line(const std::string& input, std::string_view output) {
  constexpr std::string_view telling = "Command failed -:";
  const std::size_t found = output.find(telling);
  std::size_t number = 0;
  if (found == std::string_view::npos ||
      std::from_chars(output.data() + found + telling.size(), output.data() + output.size(), number).ec != std::errc() ||
      number == 0) {
    return "";
  }
  std::size_t begin = 0;
  for (; number > 1; --number) {
    begin = input.find('\n', begin);
    if (begin == std::string::npos) {
      return "";
    }
    ++begin;
  }
  return input.substr(begin, input.find('\n', begin) - begin);
}

}  // namespace

std::string describe_failure(const Command& command, const CommandResult& result) {
  if (result.exit_status == 0) {
    return "";
  }
  std::string text = "ran";
  for (const std::string& argument : command.argv) {
    text += " " + argument;
  }
  text += ": " + (result.failure.empty() ? "exit status " + std::to_string(result.exit_status) : result.failure);
  if (const std::string words = last_words(result.output); !words.empty()) {
    text += ": " + words;
  }
  if (const std::string line = failed_line(command.input, result.output); !line.empty()) {
    text += " (that line is \"" + line + "\")";
  }
  if (result.output.find("Operation not permitted") != std::string::npos) {
    text += "; it needs CAP_NET_ADMIN";
  } else if (result.failure.find("out of time") != std::string::npos) {
    text += "; see why it hangs, or raise qos.timeout";
  }
  return text;
}

}  // namespace voip
