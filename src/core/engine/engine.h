// The decision, as a value: step(now, event) -> actions. No I/O, no clock, no thread, no randomness; everything it knows came in
// as an event, so a recording of events replays to the same actions on every machine.
//
// Invariant: after step(now), deadline() is empty or later than `now`. The caller steps with DeadlineReached when it comes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/detector.h"
#include "core/engine/call_tracker.h"
#include "core/engine/device_map.h"
#include "core/engine/flow_table.h"
#include "core/engine/policy.h"
#include "core/engine/reconciler.h"
#include "core/engine/watchlist.h"
#include "core/events.h"
#include "core/line/line_follower.h"
#include "core/line/line_model.h"
#include "core/line/line_watch.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

class Engine {
 public:
  Engine(const Settings& settings, std::unique_ptr<Detector> detector, Reconciler::Abilities abilities);

  // Valid until the next step. `now` never goes back.
  const std::vector<Action>& step(Instant now, const Event& event);
  [[nodiscard]] std::optional<Instant> deadline() const { return deadline_; }
  // After StopRequested: all that on_exit asks for is done, or was tried within bounds.
  [[nodiscard]] bool finished() const { return is_finished_; }
  // Then: why QoS could not be switched off; empty: it is off, or is to be left.
  [[nodiscard]] std::string left_on() const;

  // A switch or a look is in flight; a reload waits for its end.
  [[nodiscard]] bool is_switching() const { return reconciler_.is_busy(); }

  // What a reload of the configuration carries over to the next engine.
  [[nodiscard]] const Orders& orders() const { return policy_.orders(); }
  void restore(const Orders& orders, Instant now) { policy_.restore(orders, now); }
  [[nodiscard]] LiveSettings live_settings() const { return voip::live_settings(settings_); }
  // ... and what is kept of the line over a restart.
  [[nodiscard]] const LineState& line() const { return line_.state(); }
  void restore(const LineState& line);
  // Calls that are up, for a daemon that ends: as they would be told if they ended now.
  [[nodiscard]] std::vector<Call> cut_calls(Instant now) const { return calls_.cut_calls(now); }

 private:
  // Compared in this order: what gives way first is the lowest.
  using Rank = std::tuple<std::int64_t, std::int64_t, std::pair<std::int64_t, std::int64_t>>;

  void handle(Instant now, const FlowBorn& event);
  [[nodiscard]] FlowFacts facts_of(const FlowBorn& event, std::int32_t device) const;
  [[nodiscard]] bool is_wanted(const FlowFacts& facts) const;
  bool make_room(const FlowBorn& event, Instant now);
  [[nodiscard]] bool gives_way(FlowSlot slot, const FlowBorn& event, Instant now) const;
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> worth(FlowSlot slot, Instant now) const;
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
  void handle(Instant now, const LineStirred& event);
  void handle(Instant now, const LineSampled& event);
  void handle(Instant now, const LineSightChanged& event);
  void handle(Instant now, const LineReplaced& event);
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
  void note_qos(Instant now);
  void decide(Instant now);
  void advance_stop(Instant now);
  void tell_rates(Instant now);
  void look_at_line(Instant now);
  void compare_rates();
  void use_rates(Instant now);
  void follow(LineFollower& follower, Direction direction, Instant now);
  [[nodiscard]] LineState line_state() const;
  [[nodiscard]] std::uint32_t rate_to_use(LineFollower& follower, Direction direction, Instant now);
  void tell_line(Instant now);
  void tell_quality(Instant now);
  void tell_switch(Instant now);
  [[nodiscard]] Decision decision() const;
  void tell_report();
  void write_report(Report& report) const;
  void take_order(const RequestId& request, Duration answer_within, Instant now);
  void answer_orders(Instant now);
  void find_deadline(Instant now);
  void look_at_sight();
  [[nodiscard]] FullStatus full_status() const;

  Settings settings_;
  DeviceMap devices_;
  FlowTable flows_;
  Watchlist watchlist_;
  CallTracker calls_;
  Policy policy_;
  Reconciler reconciler_;
  LineModel line_;
  LineWatch line_watch_;
  LineFollower up_follower_;
  LineFollower down_follower_;

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
  std::optional<CallQualityReport> told_quality_;
  Instant quality_told_at_{};
  Report report_;  // as it is now; kept, so that writing it anew needs no memory
  std::optional<Report> told_;
  LineLook line_look_ = LineLook::off;  // as it was ordered last
  bool takes_rates_ = false;            // the actuator does
  std::optional<UseRates> rates_in_use_;
  std::string line_step_;
  std::string line_remark_;  // where numbers contradict what is learnt
  std::optional<LineState> told_line_;
  Instant line_told_at_{};
  std::optional<Instant> tell_line_at_;
  struct OpenOrder {
    RequestId request;
    Instant answer_by{};
  };
  static constexpr std::size_t most_open_orders = 64;
  std::vector<OpenOrder> open_orders_;  // bounded: of more the oldest is answered early
  std::optional<Instant> stop_by_;
  bool is_stopping_ = false;
  bool switches_off_ = false;  // at the stop
  bool is_finished_ = false;
  std::uint64_t flows_seen_ = 0;
  std::uint64_t events_lost_ = 0;
};

}  // namespace voip
