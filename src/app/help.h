// What "help" and --help print.
#pragma once

#include <string>

#include "app/command_description.h"

namespace voip {

std::string help_text(const ProgramDescription& program);
std::string help_text(const ProgramDescription& program, const CommandDescription& command);

}  // namespace voip
