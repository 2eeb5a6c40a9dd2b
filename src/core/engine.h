// The decision, as a value: step(now, event) -> actions. No I/O, no clock, no thread, no randomness; everything it knows came in
// as an event, so a recording of events replays to the same actions on every machine.
//
// Invariant: after step(now), deadline() is empty or later than `now`. The caller steps with DeadlineReached when it comes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/call_tracker.h"
#include "core/detector.h"
#include "core/device_map.h"
#include "core/events.h"
#include "core/flow_table.h"
#include "core/policy.h"
#include "core/reconciler.h"
#include "core/settings.h"
#include "core/time.h"
#include "core/watchlist.h"

namespace voip {

class Engine {
 public:
  Engine(const Settings& settings, std::unique_ptr<Detector> detector, Reconciler::Abilities abilities);

  // Valid until the next step. `now` never goes back.
  const std::vector<Action>& step(Instant now, const Event& event);
  [[nodiscard]] std::optional<Instant> deadline() const { return deadline_; }
  // After StopRequested: all that on_exit asks for is done, or was tried within bounds.
  [[nodiscard]] bool finished() const { return is_finished_; }

  // A switch or a look is in flight; a reload waits for its end.
  [[nodiscard]] bool is_switching() const { return reconciler_.is_busy(); }

  // What a reload of the configuration carries over to the next engine.
  [[nodiscard]] const Orders& orders() const { return policy_.orders(); }
  void restore(const Orders& orders, Instant now) { policy_.restore(orders, now); }
  [[nodiscard]] LiveSettings live_settings() const { return voip::live_settings(settings_); }

 private:
  void handle(Instant now, const FlowBorn& event);
  [[nodiscard]] FlowFacts facts_of(const FlowBorn& event, std::int32_t device) const;
  [[nodiscard]] bool is_wanted(const FlowFacts& facts) const;
  bool make_room(const FlowBorn& event, Instant now);
  [[nodiscard]] std::optional<FlowSlot> slowest_that_gives_way(const FlowBorn& event, Instant now) const;
  void handle(Instant now, const CountersRead& event);
  void handle(Instant now, const FlowGone& event);
  void handle(Instant now, const FlowsLost& event);
  void handle(Instant now, const SightChanged& event);
  void handle(Instant now, const DeviceFound& event);
  void handle(Instant now, const DeviceLost& event);
  void handle(Instant now, const SetMode& event);
  void handle(Instant now, const SetSetting& event);
  void handle(Instant now, const SwitchFinished& event);
  void handle(Instant now, const QosObserved& event);
  void handle(Instant now, const DelayMeasured& event);
  void handle(Instant now, const ShapingTouched& event);
  void handle(Instant now, const RecheckRequested& event);
  void handle(Instant now, const StatusRequested& event);
  void handle(Instant now, const StopRequested& event);
  void handle(Instant now, const DeadlineReached& event);

  void forget(FlowSlot slot, Instant now);
  void address_changed(const IpAddress& client, std::int32_t before, Instant now);
  void match_device(FlowSlot slot, Instant now);
  void repair_mark(const Flow& flow, Instant now);
  void mark_rtcp(const FlowBorn& event);
  void read_flows(Instant now);
  void judge(Instant now);
  void decide(Instant now);
  void advance_stop(Instant now);
  void tell_rates(Instant now);
  void tell_switch();
  [[nodiscard]] Decision decision() const;
  [[nodiscard]] bool report_is_due() const;
  void tell_report();
  [[nodiscard]] Report report() const;
  void look_at_sight();
  [[nodiscard]] FullStatus full_status() const;

  Settings settings_;
  DeviceMap devices_;
  FlowTable flows_;
  Watchlist watchlist_;
  CallTracker calls_;
  Policy policy_;
  Reconciler reconciler_;

  std::vector<Action> actions_;
  std::optional<Instant> deadline_;
  std::vector<FlowKey> keys_;  // of the present ReadCounters
  bool listens_at_once_ = true;
  bool rates_are_told_ = false;
  bool has_new_rates_ = false;  // a reading came since they were told
  std::vector<Rates> device_rates_;
  std::optional<Instant> next_judgement_;  // while a call is up, even if no counters come
  std::optional<Instant> next_rates_;
  Sight port_sight_ = Sight::ok;
  std::string port_sight_reason_;
  Sight sight_ = Sight::ok;
  std::string sight_reason_;
  std::optional<bool> told_on_;  // the last QosSwitched, or the state found at start
  std::string told_problem_;
  std::optional<Report> told_;
  std::uint64_t told_calls_ = 0;  // the calls' revision in it
  std::optional<Instant> stop_by_;
  bool is_stopping_ = false;
  bool is_finished_ = false;
  std::uint64_t flows_seen_ = 0;
  std::uint64_t events_lost_ = 0;
};

}  // namespace voip
