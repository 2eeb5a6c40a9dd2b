// The engine's part for the line: when it is looked at, what is told of it.
#include <string>
#include <utility>

#include "base/left_out.h"
#include "core/engine/engine.h"
#include "core/learnt_rates.h"

namespace voip {
namespace {

constexpr Duration tell_every = 30s;
constexpr Duration tell_often = 5s;  // in a call, and while a queue stands

// Rates that are measured again and again are never quite the same.
bool is_another(std::uint32_t used, std::uint32_t kbit) {
  const std::uint64_t difference = kbit > used ? kbit - used : used - kbit;
  return difference * 100 >= std::uint64_t{used} * 4;
}

std::string in_words(const FollowedStep& step, Direction direction) {
  const std::string what = direction == Direction::up ? "upload" : "download";
  const std::string rate = std::to_string(step.kbit) + " kbit/s";
  if (!step.is_fall) {
    return "the " + what + " is shaped to " + rate + " again: what is held back would take more, and no queue stood";
  }
  return "the " + what + " is shaped to " + rate + ": in spite of the shaping a queue of " + std::to_string(step.queue.count()) +
         " ms stood on the line, which carried " + std::to_string(step.carried_kbit) + " kbit/s";
}

}  // namespace

void Engine::handle(Instant now, const LineStirred& /*event*/) {
  line_watch_.stirred(now);
}

void Engine::handle(Instant now, const LineSampled& event) {
  if (!has_part("line")) {
    return;  // there is no port that would
  }
  line_.sampled(event, reconciler_.is_on());
  compare_rates();
  if (event.tcp && reconciler_.state() == Qos::on) {
    follow(up_follower_, Direction::up, now);
    follow(down_follower_, Direction::down, now);
  }
  line_watch_.sampled(line_, event.tcp.has_value(), now);
}

void Engine::handle(Instant /*now*/, const LineSightChanged& event) {
  line_.sight_changed(event);
}

void Engine::look_at_line(Instant now) {
  line_watch_.set_calls(calls_.calls() > 0);
  line_watch_.set_shaped(rates_in_use_ && reconciler_.is_on() ? rates_in_use_->rates : LineRates{});
  const LineLook look = is_stopping_ ? LineLook::off : line_watch_.decide(now);
  if (look == line_look_) {
    return;
  }
  line_look_ = look;
  if (look != LineLook::counters && look != LineLook::headers) {
    line_.looked_away();
  }
  actions_.emplace_back(WatchLine{look});
}

void Engine::handle(Instant /*now*/, const LineReplaced& /*event*/) {
  line_.forget();
  compare_rates();
}

void Engine::restore(const LineState& line) {
  line_.restore(line);
  compare_rates();
}

void Engine::compare_rates() {
  line_remark_.clear();
  const LineState& line = line_.state();
  for (const ContradictedRate& rate : contradicted_rates(settings_.qos, {line.up.kbit.value_or(0), line.down.kbit.value_or(0)})) {
    line_remark_ += (line_remark_.empty() ? "" : "; ") + to_string(rate);
  }
}

void Engine::follow(LineFollower& follower, Direction direction, Instant now) {
  const LineState& line = line_.state();
  follower.sampled({.is_full = line_.is_full(direction),
                    .is_calm = line_.is_calm(direction),
                    .queue = (direction == Direction::up ? line.up : line.down).queue.value_or(Duration::zero()),
                    .carried_kbit = line_.carried_kbit(direction),
                    .shared_percent = shared_percent(settings_.qos),
                    .target = settings_.qos.queue_target},
                   now);
  if (const auto step = follower.take_step()) {
    line_step_ = in_words(*step, direction);
  }
}

// While QoS is on a direction is not begun with: the shaping would have to be set up anew.
std::uint32_t Engine::rate_to_use(LineFollower& follower, Direction direction, Instant now) {
  const bool is_up = direction == Direction::up;
  const std::uint32_t learnt = (is_up ? line_.state().up : line_.state().down).kbit.value_or(0);
  const std::uint32_t used = !rates_in_use_ ? 0 : is_up ? rates_in_use_->rates.upload_kbit : rates_in_use_->rates.download_kbit;
  if (!reconciler_.is_on()) {
    follower.end();
    line_step_.clear();
    return used != 0 && !is_another(used, learnt) ? used : learnt;
  }
  if (!follower.is_following()) {
    if (reconciler_.state() == Qos::draining) {
      return used;  // what stands now was there before
    }
    follower.begin(used, now);
  }
  follower.pass(now);
  return follower.kbit();
}

void Engine::use_rates(Instant now) {
  if (!takes_rates_) {
    return;
  }
  const LineRates rates{rate_to_use(up_follower_, Direction::up, now), rate_to_use(down_follower_, Direction::down, now)};
  UseRates next{rates, line_.state().blocker, line_step_};
  if (rates_in_use_ && next.rates == rates_in_use_->rates && next.blocker == rates_in_use_->blocker) {
    return;
  }
  if (rates_in_use_ && rates_in_use_->rates == LineRates{}) {
    reconciler_.try_now();
  } else if (rates_in_use_ && next.rates != rates_in_use_->rates) {
    reconciler_.renew();
  }
  rates_in_use_ = next;
  const LearntWays learnt = learnt_ways(settings_.qos);
  reconciler_.set_line(learnt.upload && rates.upload_kbit != 0 ? rates.upload_kbit : learnt.download ? rates.download_kbit : 0);
  actions_.emplace_back(std::move(next));
}

LineState Engine::line_state() const {
  LineState line = line_.state();
  if (rates_in_use_ && reconciler_.is_on()) {
    const auto told = [](const LineFollower& follower, std::uint32_t used) {
      return follower.is_following() ? follower.let_in_kbit() : used;
    };
    line.up.shaped_kbit = told(up_follower_, rates_in_use_->rates.upload_kbit);
    line.down.shaped_kbit = told(down_follower_, rates_in_use_->rates.download_kbit);
  }
  line.step = line_step_;
  return line;
}

void Engine::tell_line(Instant now) {
  const LineState line = line_state();
  tell_line_at_.reset();
  if (told_line_ == line) {
    return;
  }
  const bool is_busy = calls_.calls() > 0 || line_.is_full(Direction::up) || line_.is_full(Direction::down);
  const bool is_known_now = told_line_ && ((line.up.kbit && !told_line_->up.kbit) || (line.down.kbit && !told_line_->down.kbit));
  const Instant due = line_told_at_ + (is_busy ? tell_often : tell_every);
  if (told_line_ && !is_known_now && now < due) {
    tell_line_at_ = due;
    return;
  }
  told_line_ = line;
  line_told_at_ = now;
  actions_.emplace_back(LineChanged{line});
}

}  // namespace voip
