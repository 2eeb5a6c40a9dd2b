// What may be typed: the commands with their options, and where in Arguments each value goes. A new option is a line in
// app/accepted.cpp; help, manual page and completions follow.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "app/arguments.h"
#include "app/command_description.h"

namespace voip {

using ArgumentPlace = std::variant<bool Arguments::*, std::string Arguments::*, std::optional<std::string> Arguments::*,
                                   std::vector<std::string> Arguments::*>;

enum class Times : std::uint8_t { at_most_once, once, any, at_least_once };

// An option, or something that stands by itself.
struct Accepted {
  const char* name;   // of an option, without its hyphens; nullptr: it stands by itself
  const char* value;  // what is expected: "FILE", or one of "on|off|auto"; nullptr: nothing
  const char* text;   // in a few words
  ArgumentPlace place;
  Times times = Times::at_most_once;
};

constexpr bool is_required(const Accepted& accepted) {
  return accepted.times == Times::once || accepted.times == Times::at_least_once;
}

constexpr bool may_be_repeated(const Accepted& accepted) {
  return accepted.times == Times::any || accepted.times == Times::at_least_once;
}

struct AcceptedCommand {
  const char* name = nullptr;
  const char* text = nullptr;
  std::span<const Accepted> accepted{};
};

// Without those that this build leaves out.
std::vector<AcceptedCommand> accepted_commands();

// The same for people; `version` as --version prints it.
ProgramDescription describe_program();

}  // namespace voip
