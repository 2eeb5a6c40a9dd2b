// The manual page in section 8, in the macros of man(7), which groff and mandoc know. Commands and options come from their
// description; what the program's surroundings are stands here in words.
#pragma once

#include <string>

#include "app/command_description.h"

namespace voip {

// `date` is that of the page, as "2026-11-28".
std::string manual_page(const ProgramDescription& program, const std::string& date);

}  // namespace voip
