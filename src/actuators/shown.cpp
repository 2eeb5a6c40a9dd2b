#include "actuators/shown.h"

#include "base/words.h"

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
