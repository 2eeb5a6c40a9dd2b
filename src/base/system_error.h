// Errors of the system, with its reason: "listen on the control socket /run/x.sock: Permission denied".
#pragma once

#include <string>

#include "base/result.h"

namespace voip {

Error system_error(const std::string& doing);              // of errno
Error system_error(const std::string& doing, int number);  // an errno that was kept

}  // namespace voip
