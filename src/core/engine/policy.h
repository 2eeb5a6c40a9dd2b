// Whether QoS should be on, and why: mode auto, on or off; overrides that end by themselves; the release delay after a call, the
// shortest times on and off, and the longest time on. A pure rule over "how many calls are up" and time.
#pragma once

#include <cstdint>
#include <optional>

#include "core/events.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

struct Decision {
  bool wanted = false;
  Reason reason = Reason::idle;
  friend bool operator==(const Decision&, const Decision&) = default;
};

class Policy {
 public:
  explicit Policy(const PolicySettings& settings);

  void set_mode(const SetMode& order, Instant now);
  // A release that runs ends by the new delay; an override keeps the end that it was given.
  void set_durations(Duration release_after, Duration override_for);
  // QoS was found switched on at start: keep it until the detector had time to see whether there is a call.
  void adopt(Instant now);
  // `heard_until`: when the last call that is over was heard, which the release delay counts from.
  // `lone`: the call that is up by itself, if any.
  void set_calls(std::int32_t calls, Instant heard_until, const Call* lone = nullptr);
  // Decides; to be called after anything else, and at the deadline.
  const Decision& decide(Instant now);

  [[nodiscard]] const Decision& decision() const { return decision_; }
  [[nodiscard]] Mode mode() const { return orders_.override_mode.value_or(orders_.lasting); }
  [[nodiscard]] std::optional<Instant> override_until() const;
  [[nodiscard]] const Orders& orders() const { return orders_; }
  void restore(const Orders& orders, Instant now);
  // The call that is up is left alone now, so that it can be compared (PolicySettings::compare_every).
  [[nodiscard]] bool is_comparing() const { return is_comparing_; }
  // When the decision may change by time alone. Always later than the last decide().
  [[nodiscard]] std::optional<Instant> deadline() const { return deadline_; }

 private:
  [[nodiscard]] Decision automatic(Instant now);
  void wake_at(Instant instant) { deadline_ = earlier(deadline_, instant); }

  PolicySettings settings_;
  Orders orders_;
  Decision decision_;
  std::int32_t calls_ = 0;
  std::optional<Instant> on_since_;  // of the present wish
  std::optional<Instant> off_since_;
  std::optional<Instant> calls_over_;  // when the last call was last heard
  std::optional<Instant> adopted_until_;
  std::optional<Instant> alone_until_;  // the call that is up is one to compare, and its beginning lasts so long
  bool is_comparing_ = false;
  bool is_exhausted_ = false;  // max_on was reached and calls have gone on ever since
  std::optional<Instant> deadline_;
};

}  // namespace voip
