// The daemon's status for people: from its JSON to aligned lines.
#pragma once

#include <string>
#include <string_view>

#include "app/styled_line.h"
#include "base/result.h"

namespace voip {

// All of it, ending with a newline. An error for {"error":...} and for what is no status at all.
Result<std::string> status_text(std::string_view json, Colour colour);
// Only what an order led to: "QoS on (manual) until 18:35:00", ending with a newline.
Result<std::string> order_text(std::string_view json, Colour colour);

}  // namespace voip
