// One flow that may be part of a call: what it carried, quarter second by quarter second, and its score.
#pragma once

#include <cstdint>

#include "core/detector.h"
#include "detectors/call_history.h"
#include "detectors/call_ports.h"
#include "detectors/call_presumption.h"
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
  // Weighs what was taken in. Returns whether it makes a call. `together`: what all flows with that remote network carried.
  bool weigh(const CallHistory& together);
  void set_thresholds(const CallThresholds& thresholds) { score_.set_thresholds(thresholds); }
  // `is_sum`: its pair's sum made it one, so its own score says nothing.
  void begin_call(bool is_sum);
  void end_call();
  // It looked like a call and is none.
  void refuse();
  // Another flow of its socket goes to a port of calls. STUN and TURN are spoken on the socket that the media will have (ICE, RFC
  // 8445).
  void note_call_port() { has_call_port_beside_ = true; }

  [[nodiscard]] bool in_call() const { return in_call_; }
  // For some seconds after it began, contrary evidence may show that it was none.
  [[nodiscard]] bool is_young_call() const { return in_call_ && young_quarters_ > 0; }
  [[nodiscard]] bool is_refuted() const;
  // It is taken for a call, but not known to be one yet.
  [[nodiscard]] bool is_presumed() const { return presumption_.is_open(); }
  // Neither its port nor anybody else says that it is a call.
  [[nodiscard]] bool is_unknown() const { return hint_ != PortHint::voip && !is_announced_; }
  [[nodiscard]] PortHint hint() const { return hint_; }
  [[nodiscard]] const CallHistory& history() const { return history_; }
  [[nodiscard]] const CallScore& score() const { return score_; }
  [[nodiscard]] std::string reason() const { return (is_presumed() ? "presumed: " : "") + score_.reason(history_); }
  // Of the last take_in().
  [[nodiscard]] int new_quarters() const { return new_quarters_; }
  [[nodiscard]] bool is_coarse() const;
  // While it is in no call.
  [[nodiscard]] Interest interest() const;

 private:
  [[nodiscard]] bool is_announced_media() const;
  [[nodiscard]] bool has_begun_anew() const;
  void weigh_young_call();

  PortHint hint_ = PortHint::none;
  bool is_announced_ = false;
  bool has_long_headers_ = false;
  bool has_call_port_beside_ = false;
  CallHistory history_;
  CallScore score_;
  CallPresumption presumption_;
  FlowStep unread_;
  int new_quarters_ = 0;
  int silent_for_ = 0;      // quarters
  int dismissed_for_ = 0;   // quarters of contrary evidence
  int young_quarters_ = 0;  // left
  int refuted_for_ = 0;     // quarters
  bool is_sum_ = false;
  bool in_call_ = false;
  bool had_call_ = false;
};

}  // namespace voip::detectors
