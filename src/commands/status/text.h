// The daemon's status for people: from its JSON to aligned lines.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "terminal/styled_line.h"

namespace voip {

// All of it, ending with a newline. An error for {"error":...} and for what is no status at all.
Result<std::string> status_text(std::string_view json, Colour colour);
// Only what an order led to: "QoS  on (ordered)", "Mode  on, until 18:35:00 UTC", and why it is not as ordered where it is not;
// each line with a newline.
struct OrderText {
  std::string text;
  bool has_failed = false;
};
Result<OrderText> order_text(std::string_view json, Colour colour);

}  // namespace voip
