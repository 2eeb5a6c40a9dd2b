// The score of one flow, or of all flows between a device and a remote network together: evidence for and against a call, added
// up quarter second by quarter second, in about bits. Contrary evidence is remembered; silence is no evidence.
#pragma once

#include <cstdint>
#include <string>

#include "core/settings.h"
#include "detectors/call_grades.h"
#include "detectors/call_history.h"
#include "detectors/call_ports.h"

namespace voip::detectors {

// A call at or above these.
struct CallThresholds {
  int plain = 4;
  int hinted = 2;
  int weak = 14;
  bool presumes = true;  // a call on less

  static CallThresholds of(Sensitivity sensitivity);
};

class CallScore {
 public:
  void begin(PortHint hint, const CallThresholds& thresholds);
  void set_thresholds(const CallThresholds& thresholds);  // the evidence stays
  void hint_at_voip(const CallThresholds& thresholds);    // what had no hint has one from now on

  // The history got `quarters` new quarter seconds; `is_coarse` says that they were read at once, so that only their sum is
  // known.
  void update(const CallHistory& history, int quarters, bool is_coarse);
  // The same of a flow whose score is settled, since it is in a call: only reason() is of now.
  void look(const CallHistory& history, bool is_coarse);
  void forget() { value_ = doubted_quarters_ = 0; }
  // What looked like a call is none: it takes more to look like one again.
  void refuse();

  [[nodiscard]] bool is_call() const;
  // A call may be presumed with less: the settings allow it, it was read quarter by quarter, on no port of anything, and was
  // never refused.
  [[nodiscard]] bool is_presumable() const;
  // Nearer to the floor than to nothing: it takes seconds of the best evidence to become a call from here.
  [[nodiscard]] bool is_contrary() const;
  // Against a call, if ever so little.
  [[nodiscard]] bool is_refuted() const;
  [[nodiscard]] int value() const { return value_; }
  [[nodiscard]] int threshold() const { return threshold_; }
  [[nodiscard]] std::string reason(const CallHistory& history) const;

 private:
  [[nodiscard]] int weigh(const CallHistory& history, bool is_coarse) const;
  [[nodiscard]] int doubt(const CallHistory& history, int step, int quarters);
  void fade(int quarters);

  PortHint hint_ = PortHint::none;
  std::int16_t threshold_ = 0;
  std::int16_t value_ = 0;
  Grade up_ = Grade::dead;
  Grade down_ = Grade::dead;
  std::uint8_t quiet_quarters_ = 0;
  std::uint8_t more_ = 0;              // than the threshold
  std::uint8_t doubted_quarters_ = 0;  // left in which only clocks speak for it
  bool presumes_ = true;
  bool is_active_ = false;
  bool is_coarse_ = false;
};

}  // namespace voip::detectors
