// Starts a program. The one place where that is done, so that what a program inherits is decided once.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace voip {

// The program of argv[0], which is looked for in PATH, with `input` as 0 and `output` as 1 and 2. It leads a process group of its
// own, and inherits neither another descriptor, whatever libraries have left open, nor a signal that is ignored or blocked here.
// An error says why it does not run; then nothing is left of it.
Result<pid_t> spawn(const std::vector<std::string>& argv, int input, int output);

}  // namespace voip
