// What went wrong with a command, for people: what was run, how it ended, the last lines that it wrote, what to do about it.
#pragma once

#include <string>

#include "core/actuator.h"

namespace voip {

// Empty when it ended well.
std::string describe_failure(const Command& command, const CommandResult& result);

}  // namespace voip
