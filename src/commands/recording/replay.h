// Runs the real engine over a timeline or a recording. Over a timeline, as the daemon would have run beside it: the same readings
// at the same moments, the same decisions. The replay stands in for the ports: it tells births, answers readings with what
// conntrack would have shown by then, and lets every switch succeed at once. Nothing looks ahead: what was decided by a moment
// rests on what was counted by then.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "commands/recording/format.h"
#include "commands/recording/timeline.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

struct ReplayEvent {
  enum class Kind : std::uint8_t {
    call_start,  // a flow was taken for part of a call
    call_end,    // ... and no longer is
    call_bad,    // the call has been bad for some seconds
    qos_on,
    qos_off,
    opinion,  // what the detector thinks of a flow
    kind,     // of a call: voice, or video, as the reason says
  };
  Kind kind = Kind::call_start;
  Duration time{};                     // of the decision, since the first bucket began
  const TimelineFlow* flow = nullptr;  // null for qos_on and qos_off
  std::string device{};                // its configured name, else its address; empty for qos_on and qos_off
  std::string reason{};                // in words and numbers
  std::int32_t score = 0;              // of an opinion
  std::int32_t threshold = 0;
  std::optional<CallQuality> quality{};  // of a call that is bad, and of a recording's at its end
};

std::string_view to_string(ReplayEvent::Kind kind);

struct ReplayPlan {
  Settings settings;
  bool tells_opinions = false;  // one for each flow with traffic, every second; and each kind of a call
};

// The settings with every reading at one interval, if one is given.
Settings with_interval(Settings settings, std::optional<Duration> interval);

// Events come in the order of time. A call that is up at the end of the timeline has no end.
void replay(const Timeline& timeline, const ReplayPlan& plan, const std::function<void(const ReplayEvent&)>& sink);

struct RecordingPlan {
  std::optional<Settings> settings;  // absent: the recorder's own, and its decisions come out bit for bit
  bool tells_opinions = false;
};

// The same over a recording. There is one call_start and one call_end for each call, with the flow that gave it away. With other
// settings than the recorder's the counters are still those that the recorder chose to read.
void replay(const Recording& recording, const RecordingPlan& plan, const std::function<void(const ReplayEvent&)>& sink);

// One JSON object, without a line end: {"capture","time_s","event","flow","device","reason"}, the flow as the timeline has it;
// "quality" of a call that is bad, and at the end of a recording's.
std::string to_json(const ReplayEvent& event, std::string_view capture);

}  // namespace voip
