#include "app/help.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "terminal/wrapped.h"

namespace voip {
namespace {

constexpr std::size_t width = 80;

// The text begins in this column, or in the next line below what is too long, and stays there.
std::string row(const std::string& name, const std::string& text) {
  constexpr std::size_t column = 30;
  const std::string indented = "  " + name;
  const std::string beside = wrapped(text, width, std::string(column, ' '));
  return indented + (indented.size() < column ? beside.substr(indented.size()) : "\n" + beside);
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
  std::string text = wrapped(program.text, width) + "\nUsage: " + program.name + " COMMAND [OPTION]...\n\nCommands:\n";
  for (const CommandDescription& command : program.commands) {
    text += row(command.name, command.text);
  }
  return text + options_text(program.options);
}

std::string help_text(const ProgramDescription& program, const CommandDescription& command) {
  std::string text = wrapped(command.text, width) + "\nUsage: " + program.name + " " + command.name + " [OPTION]...";
  std::string rows;
  for (const OptionDescription& positional : command.positionals) {
    const std::string value = positional.value + (positional.may_be_repeated ? "..." : "");
    text += positional.is_required ? " " + value : " [" + value + "]";
    rows += row(positional.value, positional.text);
  }
  return text + "\n" + (rows.empty() ? "" : "\n" + rows) + options_text(command.options);
}

}  // namespace voip
