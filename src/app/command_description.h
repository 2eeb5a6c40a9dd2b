// What can be typed, as plain values: from them the manual page and the completions are written.
#pragma once

#include <string>
#include <vector>

namespace voip {

// Or of something that stands by itself, which has no names.
struct OptionDescription {
  std::vector<std::string> names;  // as they are typed, the long one last: "-h", "--help"
  std::string value;               // what is expected: "FILE", "COMMAND", or one of "on|off|auto"; empty: nothing
  std::string text;                // in a few words
  bool is_required = false;
  bool may_be_repeated = false;
};

// The words of which one is expected; none where it is something else.
std::vector<std::string> choices(const OptionDescription& option);

struct CommandDescription {
  std::string name;
  std::string text;
  std::vector<OptionDescription> options;
  std::vector<OptionDescription> positionals;  // in their order
};

struct ProgramDescription {
  std::string name;
  std::string text;
  std::string version;
  std::vector<OptionDescription> options;  // those without a command
  std::vector<CommandDescription> commands;
};

std::vector<std::string> command_names(const ProgramDescription& program);
// Of each option the last one; none may be without.
std::vector<std::string> long_names(const std::vector<OptionDescription>& options);

}  // namespace voip
