// What may be asked for on the control socket, one request a line:
//   status [FLOWS]                  no more flows than that in the list of them
//   qos on|off|auto [MILLISECONDS] [at-once]   at-once: the answer does not wait for what comes of it
// Pure, and total: any bytes have an answer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/events.h"

namespace voip {

inline constexpr std::size_t longest_request = 128;  // with its end of line

struct StatusWanted {
  std::optional<std::size_t> most_flows = {};  // absent: as many as are listed at all
};

// An order by hand is answered once it is seen what came of it, or after so long; the commands wait for 5 s.
inline constexpr Duration order_answer_within = 3s;

struct RequestRefused {
  std::string error;
};

using ControlRequest = std::variant<StatusWanted, SetMode, RequestRefused>;

// `line` is without its end.
ControlRequest read_request(std::string_view line);

}  // namespace voip
