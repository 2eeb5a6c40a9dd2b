// Checks as text: lines for people, JSON for programs. Pure.
#pragma once

#include <string>

#include "commands/doctor/check.h"
#include "terminal/styled_line.h"

namespace voip {

// One line, and an indented one for each line of the fix; ending with a newline.
std::string check_text(const Check& check, Colour colour);
// "14 checks: 12 ok, 1 warning, 1 failed", ending with a newline.
std::string summary_text(const Checks& checks, Colour colour);
// An array of {"check", "result", "seen", "fix"}, where the fix may be null; on one line, ending with a newline.
std::string checks_json(const Checks& checks);

}  // namespace voip
