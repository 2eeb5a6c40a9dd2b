#include "core/engine/engine.h"

#include <cassert>
#include <utility>

#include "core/learnt_rates.h"

namespace voip {
namespace {

// Where nothing is ever shaped, nothing is marked either, nor compared.
Settings without_the_useless(Settings settings, const Reconciler::Abilities& abilities) {
  settings.qos.mark_calls = settings.qos.mark_calls && abilities.switches;
  settings.policy.compare_every = abilities.switches ? settings.policy.compare_every : 0;
  return settings;
}

}  // namespace

Engine::Engine(const Settings& settings, std::unique_ptr<Detector> detector, Reconciler::Abilities abilities)
    : settings_(without_the_useless(settings, abilities)),
      devices_(settings.devices),
      flows_(settings.monitor.max_watched_flows),
      watchlist_(settings.monitor),
      calls_(settings_, std::move(detector)),
      policy_(settings_.policy),
      reconciler_(settings.qos, settings.monitor.audit_interval, abilities),
      line_(settings.qos.tc) {
  keys_.reserve(settings.monitor.max_watched_flows);
  device_rates_.resize(settings.devices.size());
  takes_rates_ = abilities.takes_rates && learnt_ways(settings.qos).any();
  open_orders_.reserve(most_open_orders);
}

const std::vector<Action>& Engine::step(Instant now, const Event& event) {
  actions_.clear();
  // Most flows of a home are no calls by their ports alone. They change nothing, so nothing else is looked at.
  if (const auto* born = std::get_if<FlowBorn>(&event);
      born != nullptr && deadline_ && now < *deadline_ &&
      !is_wanted(facts_of(*born, devices_.device_of(born->key.client.address)))) {
    flows_seen_ += born->packets ? 0U : 1U;
    return actions_;
  }
  std::visit([this, now](const auto& happened) { handle(now, happened); }, event);
  if (next_judgement_ && now >= *next_judgement_) {
    judge(now);
  }
  if (!is_stopping_) {
    if (watchlist_.take_listing(now)) {
      actions_.emplace_back(ListFlows{});
    }
    read_flows(now);
  }
  use_rates(now);
  decide(now);
  look_at_line(now);
  tell_switch(now);
  tell_report();
  tell_rates(now);  // after the report, which says since when there is a call, or that there is none any more
  tell_line(now);
  tell_quality(now);
  answer_orders(now);
  find_deadline(now);
  return actions_;
}

void Engine::find_deadline(Instant now) {
  if (is_finished_) {
    deadline_.reset();
    return;
  }
  deadline_ = earlier(next_judgement_, earlier(policy_.deadline(), reconciler_.deadline()));
  if (!is_stopping_) {
    // A daemon that ends reads nothing any more, and looks at no line.
    deadline_ = earlier(deadline_, earlier(watchlist_.deadline(), line_watch_.deadline()));
  }
  deadline_ = earlier(deadline_, stop_by_);
  deadline_ = earlier(deadline_, tell_line_at_);
  deadline_ = earlier(deadline_, earlier(up_follower_.deadline(), down_follower_.deadline()));
  if (next_rates_) {
    deadline_ = earlier(deadline_, *next_rates_ + settings_.monitor.fast_interval);
  }
  for (const OpenOrder& order : open_orders_) {
    deadline_ = earlier(deadline_, order.answer_by);
  }
  // The promise of the header. A room that breaks it is found here; a daemon that was built without assertions must not spin.
  assert(!deadline_ || *deadline_ > now);
  if (deadline_ && *deadline_ <= now) {
    deadline_ = now + Duration(1);
  }
}

void Engine::handle(Instant /*now*/, const SightChanged& event) {
  port_sight_ = event.sight;
  port_sight_reason_ = event.why;
  look_at_sight();
}

void Engine::handle(Instant now, const SetMode& event) {
  policy_.set_mode(event, now);
  take_order(event.request, event.answer_within, now);
}

void Engine::handle(Instant now, const SetSetting& event) {
  take_order(event.request, Duration::zero(), now);
  PolicySettings& policy = settings_.policy;
  if (event.release_after && *event.release_after >= Duration::zero() && *event.release_after <= longest_release) {
    policy.release_after = *event.release_after;
  }
  if (event.override_for && *event.override_for >= shortest_override && *event.override_for <= longest_override) {
    policy.override_for = *event.override_for;
  }
  policy_.set_durations(policy.release_after, policy.override_for);
  if (event.sensitivity) {
    settings_.detector.calls.sensitivity = *event.sensitivity;
    calls_.set_sensitivity(*event.sensitivity);
  }
}

void Engine::handle(Instant now, const SwitchFinished& event) {
  reconciler_.switch_finished(event, now);
}

void Engine::handle(Instant now, const QosObserved& event) {
  if (reconciler_.observed(event, now) && reconciler_.is_on() && !event.is_left) {
    policy_.adopt(now);
  }
}

void Engine::handle(Instant /*now*/, const DelayMeasured& event) {
  reconciler_.measured(event);
}

void Engine::handle(Instant now, const ShapingTouched& /*event*/) {
  reconciler_.touched(now);
}

void Engine::handle(Instant now, const RecheckRequested& event) {
  reconciler_.touched(now);
  watchlist_.births_missed(now);
  take_order(event.request, Duration::zero(), now);
}

void Engine::handle(Instant /*now*/, const StatusRequested& event) {
  actions_.emplace_back(StatusReported{event.request, full_status()});
}

void Engine::handle(Instant now, const StopRequested& event) {
  if (!is_stopping_) {
    is_stopping_ = true;
    switches_off_ = event.hands_over || settings_.policy.on_exit == OnExit::off;
    reconciler_.try_now();
    // Long enough for a switch in flight and for one of our own; a script that hangs must not keep the daemon for ever.
    stop_by_ = now + 2 * settings_.qos.timeout;
    if (switches_off_) {
      calls_.unmark(flows_, actions_);
    }
  }
}

void Engine::handle(Instant /*now*/, const DeadlineReached& /*event*/) {}

void Engine::judge(Instant now) {
  note_qos(now);
  calls_.judge(now, flows_, actions_);
  calls_.judge_quality(actions_);
  next_judgement_.reset();
  if (calls_.calls() > 0) {
    next_judgement_ = now + settings_.monitor.interval + settings_.monitor.fast_interval;
  }
}

void Engine::note_qos(Instant now) {
  const bool is_on = reconciler_.is_on();
  const bool came = is_on && told_on_ == false && policy_.decision() == Decision{true, Reason::call};
  calls_.note_qos(is_on, came ? std::optional(now) : std::nullopt);
}

void Engine::decide(Instant now) {
  policy_.set_calls(calls_.calls(), calls_.heard_until().value_or(Instant::min()), calls_.lone_call());
  const bool wanted = policy_.decide(now).wanted;
  if (policy_.is_comparing() && !reconciler_.is_on()) {
    calls_.note_comparison();
  }
  if (is_stopping_) {
    advance_stop(now);
  } else {
    reconciler_.want(wanted);
    reconciler_.expect_call(policy_.mode() == Mode::automatic && watchlist_.has_promising());
  }
  if (!is_finished_) {
    reconciler_.advance(now, actions_);
  }
}

std::string Engine::left_on() const {
  if (!is_finished_ || !switches_off_ || reconciler_.is_clean()) {
    return "";
  }
  return reconciler_.failure().empty() ? "it has not ended in time" : reconciler_.failure();
}

void Engine::advance_stop(Instant now) {
  if (switches_off_) {
    reconciler_.want(false);
  }
  const bool is_done = !reconciler_.is_busy() && (!switches_off_ || reconciler_.is_clean() || reconciler_.attempts() > 1);
  is_finished_ = is_finished_ || is_done || now >= *stop_by_;
  if (is_finished_) {
    stop_by_.reset();
  }
}

}  // namespace voip
