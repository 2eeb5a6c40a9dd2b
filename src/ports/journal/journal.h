// Writes what people want to find in the log afterwards: calls, switches, problems, what the detector cannot see, and what the
// line carries. One line for each change.
#pragma once

#include <memory>

#include "system/port.h"

namespace voip {

std::unique_ptr<Port> make_journal();

}  // namespace voip
