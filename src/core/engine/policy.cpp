#include "core/engine/policy.h"

#include <algorithm>

namespace voip {
namespace {

constexpr Duration left_alone_for = 10s;  // a call that is compared

}  // namespace

Policy::Policy(const PolicySettings& settings) : settings_(settings) {
  orders_.lasting = settings.mode;
}

void Policy::set_mode(const SetMode& order, Instant now) {
  if (order.until_changed || order.mode == Mode::automatic) {
    orders_.lasting = order.mode;
    orders_.override_mode.reset();
    return;
  }
  orders_.override_mode = order.mode;
  orders_.override_until = now + order.time_limit.value_or(settings_.override_for);
}

void Policy::set_durations(Duration release_after, Duration override_for) {
  settings_.release_after = release_after;
  settings_.override_for = override_for;
}

void Policy::adopt(Instant now) {
  adopted_until_ = now + std::max(settings_.release_after, settings_.min_on);
  on_since_ = now;
  decision_ = {true, Reason::adopted};
}

void Policy::set_calls(std::int32_t calls, Instant heard_until, const Call* lone) {
  if (calls_ > 0 && calls == 0) {
    calls_over_ = heard_until;
    is_exhausted_ = false;
  } else if (calls > 0) {
    calls_over_.reset();
    adopted_until_.reset();
  }
  calls_ = calls;
  alone_until_.reset();
  if (lone != nullptr && settings_.compare_every != 0 && lone->id % settings_.compare_every == 0) {
    alone_until_ = lone->started + left_alone_for;
  }
}

const Decision& Policy::decide(Instant now) {
  deadline_.reset();
  is_comparing_ = false;
  if (orders_.override_mode) {
    if (now >= orders_.override_until) {
      orders_.override_mode.reset();
    } else {
      wake_at(orders_.override_until);
    }
  }
  Decision next;
  if (mode() == Mode::automatic) {
    next = automatic(now);
  } else {
    next = {mode() == Mode::on, Reason::manual};
    is_exhausted_ = false;
    adopted_until_.reset();
  }
  if (next.wanted != decision_.wanted) {
    (next.wanted ? on_since_ : off_since_) = now;
    (next.wanted ? off_since_ : on_since_).reset();
  }
  decision_ = next;
  return decision_;
}

Decision Policy::automatic(Instant now) {
  const bool was_manual = decision_.reason == Reason::manual;
  if (calls_ > 0) {
    if (is_exhausted_) {
      return {false, Reason::too_long};
    }
    if (decision_.wanted && !was_manual && on_since_) {
      if (now - *on_since_ >= settings_.max_on) {
        is_exhausted_ = true;
        return {false, Reason::too_long};
      }
      wake_at(*on_since_ + settings_.max_on);
      return {true, Reason::call};
    }
    if (!was_manual && alone_until_ && now < *alone_until_) {
      is_comparing_ = true;
      wake_at(*alone_until_);
      return {false, Reason::pause};
    }
    // A person who has just switched off by hand and gone back to auto wants the detector's will now, so only our own pauses
    // count.
    if (off_since_ && !was_manual && now - *off_since_ < settings_.min_off) {
      wake_at(*off_since_ + settings_.min_off);
      return {false, Reason::pause};
    }
    if (was_manual) {
      on_since_ = now;
    }
    wake_at(now + settings_.max_on);
    return {true, Reason::call};
  }
  if (!decision_.wanted) {
    return {false, Reason::idle};
  }
  if (adopted_until_) {
    if (now < *adopted_until_) {
      wake_at(*adopted_until_);
      return {true, Reason::adopted};
    }
    adopted_until_.reset();
    return {false, Reason::idle};
  }
  if (was_manual && !calls_over_) {
    return {false, Reason::idle};
  }
  std::optional<Instant> until;
  if (calls_over_) {
    until = *calls_over_ + settings_.release_after;
  }
  if (on_since_ && !was_manual) {
    until = std::max(until.value_or(now), *on_since_ + settings_.min_on);
  }
  if (until && now < *until) {
    wake_at(*until);
    return {true, Reason::release};
  }
  return {false, Reason::idle};
}

std::optional<Instant> Policy::override_until() const {
  return orders_.override_mode ? std::optional(orders_.override_until) : std::nullopt;
}

void Policy::restore(const Orders& orders, Instant now) {
  orders_ = orders;
  decide(now);
}

}  // namespace voip
