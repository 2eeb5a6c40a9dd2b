#include "actuators/call_rule.h"
#include "base/words.h"

#include <algorithm>
#include <string>

#include "actuators/shown.h"

namespace voip::call_rule {
namespace {

// How we know it again, whatever the settings were when it was made.
constexpr std::string_view comment_of_ours = "voip-qosd";
constexpr std::string_view comment_of_others = "voip-qosd-beside";
constexpr std::uint32_t express = 0x20;
constexpr std::uint32_t class_mask = 0xf0;
constexpr std::size_t most_rules = 16;

// "0x1000000/0x1000000"; without a mask all bits count.
bool says(std::string_view text, std::uint32_t value, std::uint32_t mask) {
  const std::size_t slash = text.find('/');
  const auto found = parse_number(text.substr(0, slash));
  const auto found_mask = slash == std::string_view::npos ? 0xffffffffU : parse_number(text.substr(slash + 1));
  return found == value && found_mask == mask;
}

std::string_view comment_of(const std::vector<std::string_view>& words) {
  const std::string_view found = word_after(words, "--comment");
  return found.size() > 2 && found.front() == '"' ? found.substr(1, found.size() - 2) : found;
}

}  // namespace

Command list(std::string_view program) {
  return {.argv = {std::string(program), "-w", "-t", "mangle", "-S", "FORWARD"}};
}

Found find(const CommandResult* listing, const QosSettings& settings, std::string_view wan) {
  Found found;
  if (!shown::ended_well(listing)) {
    return found;
  }
  found.is_known = true;
  bool has_jump = false;
  bool is_first_right = false;
  for (const std::string_view line : lines_of(listing->output)) {
    has_jump = has_jump || line.find(" -j qos_") != std::string_view::npos;
    const auto words = words_of(line);
    const std::string_view comment = comment_of(words);
    const bool is_known = comment == comment_of_ours || comment == comment_of_others;
    if (words.size() < 3 || words[0] != "-A" || !is_known || found.ours.size() >= most_rules) {
      continue;
    }
    found.start = comment == comment_of_ours ? Start::ours : found.start;
    is_first_right = found.ours.empty() && !has_jump && word_after(words, "-o") == wan &&
                     says(word_after(words, "--mark"), settings.call_mark.value, settings.call_mark.mask) &&
                     says(word_after(words, "--set-xmark"), express, class_mask);
    auto& rule = found.ours.emplace_back(words.begin() + 1, words.end());
    for (std::string& word : rule) {
      std::erase(word, '"');
    }
  }
  found.is_right = found.ours.size() == 1 && is_first_right;
  return found;
}

void append_removal(std::string_view program, const Found& found, Plan& plan) {
  for (const auto& rule : found.ours) {
    Command removal{.argv = {std::string(program), "-w", "-t", "mangle", "-D"}, .may_fail = true};
    removal.argv.insert(removal.argv.end(), rule.begin(), rule.end());
    plan.push_back(std::move(removal));
  }
}

Command insertion(std::string_view program, const QosSettings& settings, std::string_view wan, Start start) {
  const std::string mark = hex(settings.call_mark.value) + "/" + hex(settings.call_mark.mask);
  const std::string to_class = hex(express) + "/" + hex(class_mask);
  return {.argv = {std::string(program),
                   "-w",
                   "-t",
                   "mangle",
                   "-I",
                   "FORWARD",
                   "1",
                   "-o",
                   std::string(wan),
                   "-m",
                   "connmark",
                   "--mark",
                   mark,
                   "-m",
                   "comment",
                   "--comment",
                   std::string(start == Start::ours ? comment_of_ours : comment_of_others),
                   "-j",
                   "MARK",
                   "--set-mark",
                   to_class}};
}

}  // namespace voip::call_rule
