#include "commands/doctor/text.h"

#include <algorithm>
#include <array>

#include "system/json.h"

namespace voip {
namespace {

constexpr std::size_t result_width = 9;
constexpr std::size_t name_width = 16;

constexpr std::array<CheckResult, 4> results{CheckResult::ok, CheckResult::note, CheckResult::warning, CheckResult::failed};

Piece painted(std::string_view text, CheckResult result) {
  constexpr std::array<Tone, 4> tones{Tone::green, Tone::cyan, Tone::yellow, Tone::red};
  return {std::string(text), tones.at(static_cast<std::size_t>(result))};
}

std::string blanks(std::size_t width, std::string_view text) {
  std::string padding;
  padding.resize(width - std::min(width - 1, text.size()), ' ');
  return padding;
}

}  // namespace

std::string_view to_string(CheckResult result) {
  constexpr std::array<std::string_view, 4> words{"ok", "note", "warning", "failed"};
  return words.at(static_cast<std::size_t>(result));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

Complaint split_advice(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    if (depth <= 0 && (text[i] == ':' || text[i] == ';') && text[i + 1] == ' ') {
      return {std::string(text.substr(0, i)), std::string(text.substr(i + 2))};
    }
  }
  return {std::string(text), ""};
}

std::string check_text(const Check& check, Colour colour) {
  const std::string_view word = to_string(check.result);
  std::string text = to_text({painted(word, check.result),
                              {blanks(result_width, word) + check.name + blanks(name_width, check.name) + check.seen}},
                             colour) +
                     "\n";
  std::string_view rest = check.fix;
  for (bool is_first = true; !rest.empty(); is_first = false) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string begin = std::string(result_width + name_width, ' ') + (is_first ? "fix: " : "     ");
    text += to_text({{begin + std::string(rest.substr(0, end))}}, colour) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

std::string summary_text(const Checks& checks, Colour colour) {
  Line line{{std::to_string(checks.size()) + (checks.size() == 1 ? " check" : " checks")}};
  bool is_first = true;
  for (const CheckResult result : results) {
    const auto count = std::count_if(checks.begin(), checks.end(), [&](const Check& check) { return check.result == result; });
    if (count != 0) {
      const bool is_plural = count > 1 && (result == CheckResult::note || result == CheckResult::warning);
      line.push_back({is_first ? ": " : ", "});
      line.push_back(painted(std::to_string(count) + " " + std::string(to_string(result)) + (is_plural ? "s" : ""), result));
      is_first = false;
    }
  }
  return to_text(line, colour) + "\n";
}

std::string checks_json(const Checks& checks) {
  Json list = Json::array();
  for (const Check& check : checks) {
    list.push_back(
        {{"check", check.name}, {"result", to_string(check.result)}, {"seen", check.seen}, {"fix", or_null(check.fix)}});
  }
  return text_of(list) + "\n";
}

}  // namespace voip
