// What the monitor side told the engine, step by step, with the settings in force: enough to take the same decisions again, bit
// for bit. `voip-qosd record` writes it, `replay` and `tune` read it. Pure: text in and out.
//
// The format, version voip-record1: JSON lines. The first is
//   {"fmt":"voip-record1","id":TEXT,"began_ms":N,"masked":"no"|"remote"|"all","settings":{..}}
// with the boot time at the first step. Then each step of the engine is a line with its time "t" in ms since then:
//   {"t":N,"born":F,"id":I,"fresh":true,"expected":true}  a flow began; id is conntrack's, what is false is left out
//   {"t":N,"read":[[F,UP,UP,DOWN,DOWN,I,FLAGS],..]}       totals in packets and bytes, null where there are none; the id only
//   when it
//                                                         is another than before, flags (1: offloaded, 2: by hardware) only if
//                                                         set
// Both, and a sample of the line, have "at":N, when it was read from the kernel, if that is another moment than the step's.
//   {"t":N,"gone":F,"id":I}                               the flow ended
//   {"t":N,"lost":true}                                   births were missed
//   {"t":N,"sight":"ok"|"limited"|"blind","why":TEXT}
//   {"t":N,"found":ADDRESS,"device":INDEX}                the address is that of a configured device
//   {"t":N,"left":ADDRESS}                                ... and no longer
//   {"t":N,"stirred":true}                                something passed on the WAN
//   {"t":N,"sampled":{"passed":[MS,UP,UP,DOWN,DOWN,HEADER],"tcp":{"sent":[..],"networks":[..]}}}
//                                                         what passed the WAN, and what the headers of TCP there said:
//                                                         LineSampled
//   {"t":N,"unseen":TEXT}                                 why the line cannot be looked at; empty: it can
//   {"t":N,"replaced":true}                               the WAN is another device
//   {"t":N}                                               a deadline, or something that the monitor has no part in
// F is the number of a flow, which a line of its own introduces before the first use; numbers count from 0:
//   {"flow":F,"key":[PROTOCOL,LAN ADDRESS,PORT,REMOTE ADDRESS,PORT]}
// What the recorder's own engine decided stands between the steps, to compare with:
//   {"decision":"call_start"|"call_end","at":N,"of":F,"device":TEXT,"reason":TEXT,"quality":{..}}
// the quality only of one that is over, as in "status --json", which replay tells too.
// Lines that begin with # are comments; "# call START END" marks a call (commands/recording/marked_call.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "commands/recording/address_mask.h"
#include "commands/recording/marked_call.h"
#include "core/events.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

struct RecordingPrivacy {
  bool masks_remote = false;
  bool masks_lan = false;  // also takes the configured devices' names away
  AddressMask::Salt salt{};
};

// Turns steps into lines. Every text ends with a line end, or is empty.
class RecordingWriter {
 public:
  RecordingWriter(const Settings& settings, std::string id, Instant began, const RecordingPrivacy& privacy);

  [[nodiscard]] std::string head() const;
  // To be called before the engine takes the step.
  std::string step(Instant now, const Event& event);
  // Empty unless it is a decision about a call.
  std::string decision(Instant now, const Action& action);

 private:
  struct Mention {
    std::uint32_t number = 0;
    std::uint32_t conntrack_id = 0;
  };
  Mention& mention(const FlowKey& key, std::string& text);
  void write_moment(Instant at, std::string& line) const;
  void write_reading(const CountersRead& event, std::string& text, std::string& line);
  void write(const Event& event, std::string& text, std::string& line);
  void write_line(const Event& event, std::string& line) const;
  [[nodiscard]] std::string since_began(Instant now) const;
  [[nodiscard]] IpAddress lan_address(const IpAddress& address) const;
  [[nodiscard]] std::string device_name(const Call& call) const;

  Settings settings_;                      // as they are written
  std::vector<std::string> device_names_;  // ... and the devices' true names
  std::string id_;
  Instant began_;
  RecordingPrivacy privacy_;
  AddressMask mask_;
  std::unordered_map<FlowKey, Mention, FlowKeyHash> mentions_;
  Instant step_{};  // that is being written
  std::uint32_t next_number_ = 0;
  std::optional<FlowKey> gone_;  // its number is needed no more once the step is over
};

struct RecordedStep {
  Duration time{};  // since the recording began
  Event event;      // spans are into Recording::readings
};

struct RecordedDecision {
  Duration time{};
  bool is_start = false;
  FlowKey flow;  // the one that gave the call away
  std::string device;
  std::string reason;
};

struct Recording {
  std::string id;
  Settings settings;  // those that matter for decisions; the rest has its defaults
  Instant began{};
  bool hides_lan = false;  // LAN addresses are masked
  std::vector<RecordedStep> steps;
  std::vector<std::vector<FlowSample>> readings;
  std::vector<RecordedDecision> decisions;
  std::vector<MarkedCall> calls;

  Recording() = default;
  Recording(Recording&&) = default;
  Recording& operator=(Recording&&) = default;
  Recording(const Recording&) = delete;  // the steps point into the readings
  Recording& operator=(const Recording&) = delete;
  ~Recording() = default;
};

// Whether the text begins like a recording of any version.
bool is_recording(std::string_view text);

// `name` stands in messages. A last line that was cut off in the middle of writing is left out; anything else that is wrong is an
// error with its line.
Result<Recording> parse_recording(std::string_view text, std::string_view name);

}  // namespace voip
