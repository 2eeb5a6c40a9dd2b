// When to look at the line, and how closely: the less, the better. An idle line is not looked at. What passes is counted while
// something does, and headers are read while a direction is about as full as it is known to become, or nothing is known of it:
// for as long as there is something to learn, and through calls, which the queue concerns.
#pragma once

#include <optional>

#include "core/line/line_model.h"
#include "core/line_state.h"
#include "core/time.h"

namespace voip {

class LineWatch {
 public:
  // While there are calls the line is looked at whenever it is used.
  void set_calls(bool there_are) { has_calls_ = there_are; }
  // What is shaped to now; 0: it is not. A line that is held down is full with less.
  void set_shaped(const LineRates& rates) { shaped_ = rates; }
  void stirred(Instant now);
  // `model` has taken the sample.
  void sampled(const LineModel& model, bool has_headers, Instant now);
  // How the line is to be looked at from now on.
  LineLook decide(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const { return rests_until_; }
  // It was looked at, and since then so little passes that no queue can stand.
  [[nodiscard]] bool is_idle() const { return is_idle_; }

 private:
  void rest(Duration length, Instant now);

  [[nodiscard]] bool is_busy(const LineModel& model, Direction direction) const;

  bool has_calls_ = false;
  LineRates shaped_;
  LineLook look_ = LineLook::off;
  std::optional<Instant> rests_until_;
  std::optional<Instant> quiet_since_;  // no direction is as full as is worth a closer look
  std::optional<Instant> reads_since_;  // headers
  bool is_idle_ = false;
  Duration learning_{};  // of that, so long a queue stood
  Duration pause_{};     // after reading in vain
  Instant sampled_{};
};

}  // namespace voip
