#include "core/engine/reconciler.h"

#include <algorithm>
#include <utility>

namespace voip {
namespace {

constexpr Duration look_after_touch = 300ms;  // one change of links or queues comes as many messages
constexpr Duration audit_while_on = 30s;      // a shaper that got lost in a call is worse than one that stayed
constexpr Duration look_after_off = 5s;       // a start of somebody else that ran beside our stop has ended by then
constexpr Duration first_pause = 1s;
constexpr Duration longest_pause = 60s;
constexpr Duration steady_after = 2min;       // what has stayed for so long is not fought for
constexpr std::uint32_t most_losses = 3;      // links come and go, firewalls are loaded anew; more in a row is a fight
constexpr Duration longest_expectation = 5s;  // for a call that is likely and does not come; then the line is let alone

Duration pause_after(std::uint32_t attempts) {
  Duration pause = first_pause;
  for (std::uint32_t i = 1; i < attempts && pause < longest_pause; ++i) {
    pause *= 2;
  }
  return std::min(pause, longest_pause);
}

}  // namespace

Reconciler::Reconciler(const QosSettings& settings, Duration audit_interval, Abilities abilities)
    : settings_(settings), audit_interval_(audit_interval), abilities_(abilities), drain_(settings.tc) {
  look_at_ = Instant::min();
}

void Reconciler::want(bool on) {
  if (on == wants_on_) {
    return;
  }
  wants_on_ = on;
  // A new wish deserves quick attempts again; a problem stays reported until something is seen to work.
  attempts_ = 0;
  losses_ = 0;
  was_there_ = false;
  there_since_.reset();
  failure_.clear();
  try_at_.reset();
}

void Reconciler::switch_finished(const SwitchFinished& event, Instant now) {
  awaited_ = event.wanted;
  in_flight_.reset();
  if (event.wanted == Qos::on && is_measuring_ && !is_renewing_) {
    drain_.release(now);
    learn_until_ = now + QueueDrain::learning;
  }
  // Draining and settling are two steps of one switch.
  switches_ += event.wanted == Qos::draining || is_renewing_ || !event.was_tried ? 0U : 1U;
  is_renewing_ = false;
  switch_error_ = event.error;
  if (event.wanted == Qos::draining) {
    drain_.begin(now);
  }
  look_at_ = now;
}

bool Reconciler::observed(const QosObserved& event, Instant now) {
  is_looking_ = false;
  const bool is_first = !std::exchange(was_seen_, true);
  was_changed_by_others_ = !is_first && !awaited_ && (was_changed_by_others_ || state_ != event.qos);
  state_ = event.qos;
  is_flawed_ = !event.problem.empty();
  needs_renewal_ = event.needs_renewal;
  is_left_ = event.is_left;
  remark_ = event.remark;
  const Duration pause = wants_on_ ? audit_while_on : awaited_ == Qos::off ? look_after_off : audit_interval_;
  look_at_ = earlier(touch_look_, now + std::min(pause, audit_interval_));
  if (const auto awaited = std::exchange(awaited_, std::nullopt)) {
    const bool is_there =
        awaited == Qos::off ? event.qos == Qos::off || event.is_left : event.qos == awaited && !event.needs_renewal;
    if (is_there && event.problem.empty()) {
      worked(now);
    } else {
      std::string why = !switch_error_.empty() ? switch_error_ : event.problem;
      if (why.empty()) {
        why = "switching QoS " + std::string(*awaited == Qos::off ? "off" : "on") +
              " ended without an error, but it is seen to be " +
              (event.qos ? std::string(*event.qos == Qos::off ? "off" : "on") : "in an unknown state") +
              (event.needs_renewal ? ", though not as it is to be now" : "");
      }
      failed(std::move(why), now);
      if ((*awaited != Qos::off) != wants_on_) {
        failure_.clear();  // of what is wanted no more; what is wanted now has not been tried yet
      }
    }
    switch_error_.clear();
  } else if (is_settled() && event.problem.empty()) {
    worked(now);
  } else if (there_since_ && abilities_.switches) {
    lost(event.problem, now);
  } else if (!event.problem.empty() && attempts_ == 0 && !event.qos && !try_at_) {
    failed(event.problem, now);
  }
  return is_first;
}

void Reconciler::worked(Instant now) {
  attempts_ = 0;
  try_at_.reset();
  failure_.clear();
  if (is_settled()) {
    was_there_ = true;
    there_since_ = there_since_.value_or(now);
    losses_ = now - *there_since_ >= steady_after ? 0 : losses_;
  }
  if (!is_fighting()) {
    problem_.clear();
  }
}

// Others have changed what was there as wanted.
void Reconciler::lost(const std::string& what, Instant now) {
  const bool was_steady = now - *std::exchange(there_since_, std::nullopt) >= steady_after;
  losses_ = was_steady ? 1 : losses_ + 1;
  try_at_ = losses_ == 1 ? now : now + pause_after(losses_ - 1);
  if (losses_ == most_losses + 1) {
    problem_ = "it does not stay as it was switched: something else has changed it " + std::to_string(losses_) +
               " times, each within " + to_string(steady_after) +
               "; is there another program that shapes, or a link that comes and goes?" + (what.empty() ? "" : " (" + what + ")");
  }
}

bool Reconciler::is_fighting() const {
  return losses_ > most_losses;
}

void Reconciler::failed(std::string why, Instant now) {
  ++attempts_;
  try_at_ = now + pause_after(attempts_);
  failure_ = std::move(why);
  if (attempts_ > settings_.retries) {
    problem_ = failure_;
  }
}

void Reconciler::touched(Instant now) {
  touch_look_ = earlier(touch_look_, now + look_after_touch);
  look_at_ = earlier(look_at_, touch_look_);
}

bool Reconciler::is_settled() const {
  if (!abilities_.switches) {
    return true;
  }
  if (in_flight_ || !state_) {
    return false;
  }
  return wants_on_ ? *state_ == Qos::on : *state_ == Qos::off || is_left_;
}

const std::string& Reconciler::failure() const {
  static const std::string left =
      "somebody else has switched it on, and it is left so, as configured: whoever did it has to switch it off";
  return is_left_ && !wants_on_ && is_settled() ? left : failure_;
}

bool Reconciler::is_as_wanted() const {
  if (!abilities_.switches) {
    return true;
  }
  const auto fits = [this](const std::optional<Qos>& qos) { return !qos || (*qos != Qos::off) == wants_on_; };
  return state_ && fits(state_) && fits(in_flight_) && fits(awaited_);
}

// The switch that is needed now, if any. Sets the deadline where it is only a matter of time.
std::optional<Qos> Reconciler::next_step(Instant now) {
  // A problem that was seen although the state is the wished one (left-over rules) is put right by the same switch again.
  const bool is_flawed = attempts_ > 0 || is_flawed_;
  const bool is_to_be_renewed = needs_renewal_ && wants_on_;
  if (is_settled() && !is_flawed && !is_to_be_renewed) {
    return std::nullopt;
  }
  if (try_at_ && now < *try_at_) {
    deadline_ = earlier(deadline_, try_at_);
    return std::nullopt;
  }
  if (!wants_on_) {
    return Qos::off;
  }
  if (!drains() || state_ == Qos::on) {
    return Qos::on;
  }
  if (state_ == Qos::draining) {
    if (const auto end = drain_.end(); end && now < *end) {
      deadline_ = earlier(deadline_, end);
      return std::nullopt;
    }
    return Qos::on;
  }
  return was_there_ || drain_.is_needless(now) ? Qos::on : Qos::draining;
}

// Whether the line is to be drained now, or may have to be soon.
bool Reconciler::is_delay_wanted(Instant now) {
  const std::optional<Qos> coming = in_flight_ ? in_flight_ : awaited_ ? awaited_ : state_;
  if (!drains() || (settings_.tc.drain != Drain::measured && !drain_.is_learnt())) {
    return false;
  }
  if (coming == Qos::on) {
    expected_since_.reset();
    return in_flight_ ? is_measuring_ : wants_on_ && learn_until_ && now < *learn_until_;
  }
  learn_until_.reset();
  if (wants_on_) {
    return coming == Qos::draining || (!was_there_ && (!try_at_ || now >= *try_at_));
  }
  if (!is_call_likely_) {
    expected_since_.reset();
    return false;
  }
  expected_since_ = expected_since_.value_or(now);
  return now < *expected_since_ + longest_expectation;
}

void Reconciler::measure(Instant now, std::vector<Action>& actions) {
  const bool is_wanted = is_delay_wanted(now);
  if (is_wanted == is_measuring_) {
    return;
  }
  is_measuring_ = is_wanted;
  learn_until_.reset();
  if (is_wanted) {
    drain_.forget_samples();
  }
  actions.emplace_back(MeasureDelay{is_wanted});
}

void Reconciler::advance(Instant now, std::vector<Action>& actions) {
  deadline_.reset();
  measure(now, actions);
  if (is_busy()) {
    return;
  }
  if (was_seen_ && !awaited_ && abilities_.switches) {
    if (const auto step = next_step(now)) {
      is_renewing_ = is_settled();
      in_flight_ = step;
      needs_renewal_ = false;
      actions.emplace_back(SwitchQos{*step});
      return;
    }
  }
  if (look_at_ && now >= *look_at_) {
    look_at_.reset();
    touch_look_.reset();
    is_looking_ = true;
    actions.emplace_back(ObserveQos{});
    return;
  }
  deadline_ = earlier(earlier(deadline_, look_at_), learn_until_);
}

}  // namespace voip
