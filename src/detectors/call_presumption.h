// A call that is presumed before it is known: on less evidence than a call takes, if both sides send without a gap. It has to be
// confirmed within seconds, else it was none, and the flow then needs all the evidence that a call takes.
#pragma once

#include "detectors/call_history.h"
#include "detectors/call_score.h"

namespace voip::detectors {

class CallPresumption {
 public:
  // Whether what the flow carried lets a call be presumed. `is_among_calls`: its ports, or those of other flows of its socket,
  // are such that calls are common there.
  [[nodiscard]] bool may_begin(const CallScore& score, const CallHistory& history, bool is_among_calls) const;
  void begin();
  // Weighs the next quarters of what is presumed. Returns whether it is known to be a call now.
  bool weigh(const CallScore& score, int quarters);
  // It is over without having been confirmed.
  void fail();

  [[nodiscard]] bool is_open() const { return is_open_; }
  // Nothing confirms it: its time is over, or the evidence has turned against it.
  [[nodiscard]] bool is_refuted() const;

 private:
  bool is_open_ = false;
  bool has_failed_ = false;
  int quarters_ = 0;      // since it began
  int contrary_for_ = 0;  // quarters
};

}  // namespace voip::detectors
