// Calls that are over, kept in a file of the state directory for `voip-qosd report`: a line for each, written at once and aside
// from the loop. The last node.keep_calls of them stay. A loss of power may tear the last line off, which is not read then; kill
// -9 loses the call that is up. Of the far end the network is kept, and no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/call_quality.h"
#include "core/model.h"
#include "core/settings.h"
#include "core/time.h"
#include "system/port.h"

namespace voip {

struct KeptCall {
  std::int64_t began_s = 0;  // Unix time
  std::int64_t duration_s = 0;
  std::string device;  // the configured name, else the address
  std::string remote;  // its network: "203.0.113.0/24"
  std::int64_t up_bit_per_s = 0;
  std::int64_t down_bit_per_s = 0;
  CallKind kind = CallKind::unknown;
  CallQuality quality{};
  bool had_qos = false;
  // From the first packet until QoS was seen to be on; empty: it was on before, or did not come for this call, or the first
  // packet was not seen.
  std::optional<Duration> until_qos{};
  bool was_compared = false;
  QueueDelays queue_delays{};
  bool is_cut = false;  // the daemon ended while it was up
  friend bool operator==(const KeptCall&, const KeptCall&) = default;
};

// `began_s`: when it began, on the calendar.
KeptCall kept_call(const Call& call, std::int64_t began_s, bool is_cut);
std::string to_line(const KeptCall& call);  // with its end

struct KeptCallsRead {
  std::vector<KeptCall> calls;  // the oldest first
  std::size_t bad_lines = 0;    // that are no calls, as the torn one
};
// Takes any text.
KeptCallsRead parse_kept_calls(std::string_view text);
// What is kept of such a file: the last lines that are calls, at most so many. Empty: it may stay as it is, since it has less
// than twice as many lines.
std::optional<std::string> compacted(std::string_view text, std::size_t most);

// Of the daemon's directory, read by whoever may; nothing where there is no file.
Result<KeptCallsRead> read_kept_calls(const std::string& state_dir);

// Keeps each call that has ended, and each that is up at the end of the daemon. What cannot be written is tried again after each
// `retry`. With keep_calls = 0 it deletes what was kept.
std::unique_ptr<Port> make_call_file(const Settings& settings, Duration retry = 10s);

}  // namespace voip
