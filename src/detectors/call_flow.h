// One flow that may be part of a call: what it carried, quarter second by quarter second, and its score.
#pragma once

#include <cstdint>

#include "core/detector.h"
#include "detectors/call_history.h"
#include "detectors/call_ports.h"
#include "detectors/call_score.h"

namespace voip::detectors {

class CallFlow {
 public:
  CallFlow() = default;
  CallFlow(const FlowFacts& facts, PortHint hint, const CallThresholds& thresholds);

  // Keeps a reading until the next take_in(). Returns whether there is enough now that was not there before.
  bool read(const FlowStep& step);
  // Moves what was read into the history, spread evenly over the quarters that it covers. Returns whether there was enough.
  bool take_in();
  // Weighs what was taken in. Returns whether it makes a call.
  bool weigh();
  void set_thresholds(const CallThresholds& thresholds) { score_.set_thresholds(thresholds); }
  void begin_call();
  void end_call();

  [[nodiscard]] bool in_call() const { return in_call_; }
  [[nodiscard]] PortHint hint() const { return hint_; }
  [[nodiscard]] const CallHistory& history() const { return history_; }
  [[nodiscard]] const CallScore& score() const { return score_; }
  [[nodiscard]] std::string reason() const { return score_.reason(history_); }
  // Of the last take_in().
  [[nodiscard]] int new_quarters() const { return new_quarters_; }
  [[nodiscard]] bool is_coarse() const;
  // While it is in no call.
  [[nodiscard]] Interest interest() const;

 private:
  [[nodiscard]] bool is_announced_media() const;

  PortHint hint_ = PortHint::none;
  bool is_announced_ = false;
  bool has_long_headers_ = false;
  CallHistory history_;
  CallScore score_;
  FlowStep unread_;
  int new_quarters_ = 0;
  int silent_for_ = 0;     // quarters
  int dismissed_for_ = 0;  // quarters of contrary evidence
  bool in_call_ = false;
  bool had_call_ = false;
};

}  // namespace voip::detectors
