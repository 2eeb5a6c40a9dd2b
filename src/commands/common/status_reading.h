// The daemon's status as its clients know it: read from the JSON of the control socket into a value. Pure. The only place that
// knows the names of ports/control/status.cpp from this side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/model.h"

namespace voip {

struct SeenCall {
  std::int64_t id = 0;
  std::string device;
  std::string remote;
  std::int64_t seconds = 0;  // since it began
  Rates rates;
  std::string reason;
  std::string kind = "unknown";  // "voice", "video"
  bool is_presumed = false;
};

struct SeenDevice {
  std::string name;
  std::int64_t calls = 0;
};

// What came of the order that this status answers.
struct SeenOrder {
  std::string result;  // "done", "going_on", "failed"
  std::string error;   // why it failed
};

struct SeenFlow {
  std::string flow;  // "udp 192.168.1.5:40000 - 203.0.113.9:3478"
  std::string device;
  bool in_call = false;
  std::int64_t score = 0;
  std::int64_t threshold = 0;
  bool has_counters = true;
  Rates rates;
  std::string reason;
};

// What is known of the line. Absent: it is not.
struct SeenLine {
  std::optional<std::int64_t> up_kbit;
  std::optional<std::int64_t> down_kbit;
  std::optional<std::int64_t> up_queue_ms;
  std::optional<std::int64_t> down_queue_ms;
  std::string bottleneck;  // "none", "upload", "download", "home", "far_end", "unknown"
  std::string learnt;      // the moment when a rate was seen last; empty: never
  std::string blocker;     // why it cannot be looked at; empty: nothing is in the way
  std::string up_learnt{};
  std::string down_learnt{};
  std::optional<std::int64_t> up_calm_kbit{};  // the most that has passed without a queue
  std::optional<std::int64_t> down_calm_kbit{};
  std::string step{};  // what was done last to follow it in a call, and why; empty: nothing
};

// All text is printable (base/printable.h). Moments are as the daemon wrote them: "2026-08-20T18:05:09Z".
struct SeenStatus {
  std::string version;
  std::int64_t instance = 0;  // another one after a restart, and after the configuration was read again
  std::string detector;
  std::string sensitivity;
  std::string actuator;
  std::string time;
  std::optional<bool> is_on;  // absent: the daemon doesn't know
  bool is_wanted = false;
  std::string mode;
  std::string reason;
  std::optional<std::string> override_until;
  std::string sight;  // "ok", "limited", "blind"
  std::string sight_reason;
  std::string error;                         // of the actuator; empty: none
  std::string remark;                        // what it cannot do, or others do with it; empty: nothing
  std::optional<SeenLine> line;              // absent: the daemon says nothing of it
  std::optional<CallQualityReport> quality;  // the same
  std::int64_t calls = 0;
  std::vector<SeenCall> call_list;
  std::vector<SeenDevice> devices;  // the configured ones
  std::vector<SeenFlow> flow_list;  // calls and high scores first
  std::size_t flows_left_out = 0;
  std::int64_t flows_without_counters = 0;
  std::int64_t calls_seen = 0;
  std::int64_t switches = 0;
  std::int64_t flows_seen = 0;
  std::int64_t events_lost = 0;
  std::optional<SeenOrder> order;
};

// An error for {"error":...} and for what is no status at all.
Result<SeenStatus> read_status(std::string_view json);

}  // namespace voip
