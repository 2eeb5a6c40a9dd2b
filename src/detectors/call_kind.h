// Whether a call is of voice alone, or has pictures with it, by what its flows carry. A camera and a screen look alike to
// counters, so both are video. What is neither clearly stays unknown: no word is better than a wrong one.
#pragma once

#include "core/model.h"
#include "core/time.h"
#include "detectors/call_history.h"

namespace voip::detectors {

class CallKindFinder {
 public:
  void begin(Instant now);
  // One of the flows between the two ends of the call, when it was read.
  void look(const CallHistory& flow);
  // All flows that were read by now have been looked at.
  void judge(Instant now);

  // From unknown to voice, and to video: a camera may be switched on later. Never back: a call that had pictures is one with
  // them.
  [[nodiscard]] CallKind kind() const { return kind_; }

 private:
  CallKind kind_ = CallKind::unknown;
  Instant began_{};
  // Of what was looked at since the last judgement:
  bool has_voice_ = false;  // a flow was as voice is
  bool has_more_ = false;   // ... as voice alone is not
};

}  // namespace voip::detectors
