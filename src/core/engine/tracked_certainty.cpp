// The tracker's part for what calls are, and how sure that is.
#include <algorithm>

#include "core/engine/call_tracker.h"

namespace voip {

// What is known stays so, whatever flow comes to the call.
void CallTracker::ask_detector(Call& call, std::span<const FlowSlot> flows) const {
  for (const FlowSlot slot : flows) {
    call.is_presumed = call.is_presumed && detector_->is_presumed(slot);
    call.kind = std::max(call.kind, detector_->kind(slot));
  }
}

CallTracker::Certainty CallTracker::certainty(std::int32_t device) const {
  Certainty all;
  bool has_any = false;
  bool has_known = false;
  for (const ActiveCall& active : calls_) {
    if (device == no_device || active.device == device) {
      all.kind = std::max(all.kind, active.call.kind);
      has_any = true;
      has_known = has_known || !active.call.is_presumed;
    }
  }
  all.is_presumed = has_any && !has_known;
  return all;
}

}  // namespace voip
