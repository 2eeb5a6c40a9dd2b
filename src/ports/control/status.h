// What the daemon answers on its control socket: the full status as one JSON document on one line. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/events.h"
#include "core/time.h"

namespace voip {

// No more flows than that are listed whatever is asked for, calls and high scores first; `flows_left_out` tells how many are not.
inline constexpr std::size_t most_flows_listed = 1000;

// Who answers.
struct DaemonFacts {
  std::string version;
  std::string actuator;
  std::string detector;
  Instant since{};  // the daemon's start, or when it read its configuration again
};

// The names and values of the topic `state`, and besides: `uptime_s` and `instance`, which no two
// such lives share, `settings` in force, `rates`, `devices`,
// `call_list`, `flow_list`, `totals`. As the answer to an order it has `order`, with its `result` ("done", "going_on" or
// "failed") and, where it failed, an `error`.
std::string status_json(const FullStatus& status, const DaemonFacts& facts, Instant now, const Calendar& calendar,
                        std::size_t most_flows = most_flows_listed, const OrderTaken* order = nullptr);

std::string error_json(std::string_view error);  // {"error":"..."}

}  // namespace voip
