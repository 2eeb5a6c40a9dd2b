// The engine's part for the line: when it is looked at, what is told of it.
#include "core/engine/engine.h"

namespace voip {
namespace {

constexpr Duration tell_every = 30s;
constexpr Duration tell_often = 5s;  // in a call, and while a queue stands

}  // namespace

void Engine::handle(Instant now, const LineStirred& /*event*/) {
  line_watch_.stirred(now);
}

void Engine::handle(Instant now, const LineSampled& event) {
  line_.sampled(event, reconciler_.is_on());
  line_watch_.sampled(line_, event.tcp.has_value(), now);
}

void Engine::handle(Instant /*now*/, const LineSightChanged& event) {
  line_.sight_changed(event);
}

void Engine::look_at_line(Instant now) {
  line_watch_.set_calls(calls_.calls() > 0);
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

void Engine::tell_line(Instant now) {
  const LineState& line = line_.state();
  tell_line_at_.reset();
  if (told_line_ == line) {
    return;
  }
  const bool is_busy = calls_.calls() > 0 || line_.is_full(Direction::up) || line_.is_full(Direction::down);
  const Instant due = line_told_at_ + (is_busy ? tell_often : tell_every);
  if (told_line_ && now < due) {
    tell_line_at_ = due;
    return;
  }
  told_line_ = line;
  line_told_at_ = now;
  actions_.emplace_back(LineChanged{line});
}

}  // namespace voip
