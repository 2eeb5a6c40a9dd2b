#include "app/help.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace voip {
namespace {

// The text begins in this column, or in the next line below what is too long.
std::string row(const std::string& name, const std::string& text) {
  constexpr std::size_t column = 30;
  const std::string indented = "  " + name;
  const bool fits = indented.size() < column;
  return indented + (fits ? std::string(column - indented.size(), ' ') : "\n" + std::string(column, ' ')) + text + "\n";
}

std::string options_text(const std::vector<OptionDescription>& options) {
  std::string text = "\nOptions:\n";
  for (const OptionDescription& option : options) {
    std::string names;
    for (const std::string& name : option.names) {
      names += (names.empty() ? "" : ", ") + name;
    }
    text += row(names + (option.value.empty() ? "" : " ") + option.value, option.text);
  }
  return text;
}

}  // namespace

std::string help_text(const ProgramDescription& program) {
  std::string text = program.text + "\n\nUsage: " + program.name + " COMMAND [OPTION]...\n\nCommands:\n";
  for (const CommandDescription& command : program.commands) {
    text += row(command.name, command.text);
  }
  return text + options_text(program.options);
}

std::string help_text(const ProgramDescription& program, const CommandDescription& command) {
  std::string text = command.text + "\n\nUsage: " + program.name + " " + command.name + " [OPTION]...";
  std::string rows;
  for (const OptionDescription& positional : command.positionals) {
    const std::string value = positional.value + (positional.may_be_repeated ? "..." : "");
    text += positional.is_required ? " " + value : " [" + value + "]";
    rows += row(positional.value, positional.text);
  }
  return text + "\n" + (rows.empty() ? "" : "\n" + rows) + options_text(command.options);
}

}  // namespace voip
