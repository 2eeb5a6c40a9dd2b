// A call that is presumed before it is known: on less evidence than a call takes, if both sides send without a gap. It has to be
// confirmed within seconds, else it was none, and the flow then needs all the evidence that a call takes.
#pragma once

#include <cstdint>

#include "detectors/call_history.h"
#include "detectors/call_score.h"

namespace voip::detectors {

// What is common on the ports of a flow.
enum class Neighbours : std::uint8_t {
  unknown,
  calls_beside,  // other flows of its socket go to a port of calls
  calls,
};

class CallPresumption {
 public:
  // Whether what the flow carried lets a call be presumed. `together`: what all flows with that remote network carried.
  [[nodiscard]] bool may_begin(const CallScore& score, const CallHistory& history, const CallHistory& together,
                               Neighbours neighbours) const;
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
  bool is_near_ = false;  // a call
  int quarters_ = 0;      // since it began
  int contrary_for_ = 0;  // quarters
};

}  // namespace voip::detectors
