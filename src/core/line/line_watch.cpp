#include "core/line/line_watch.h"

#include <algorithm>

namespace voip {
namespace {

constexpr Duration quiet_for = 3s;  // then the line is let alone
constexpr Duration enough = 6s;     // of a standing queue: the rate is known by then
constexpr Duration longest_in_vain = 20s;
constexpr Duration pause_after_learning = 60s;
constexpr Duration first_pause_in_vain = 30s;
constexpr Duration longest_pause_in_vain = 5min;
constexpr std::uint32_t worth_a_look_kbit = 250;  // where nothing is known; slower lines are hardly there any more
constexpr std::uint32_t near_percent = 60;        // of what is known: shaping leaves 70 to bulk

}  // namespace

bool LineWatch::is_busy(const LineModel& model, Direction direction) const {
  const LineDirection& known = direction == Direction::up ? model.state().up : model.state().down;
  const std::uint64_t shaped = direction == Direction::up ? shaped_.upload_kbit : shaped_.download_kbit;
  const std::uint64_t kbit = model.kbit(direction);
  if (!known.kbit) {
    return kbit >= worth_a_look_kbit;
  }
  const std::uint64_t full = shaped == 0 ? *known.kbit : std::min<std::uint64_t>(*known.kbit, shaped);
  return kbit * 100 >= full * near_percent;
}

void LineWatch::stirred(Instant now) {
  if (look_ == LineLook::stirring) {
    look_ = LineLook::counters;
    quiet_since_ = now;
    sampled_ = now;
  }
}

void LineWatch::rest(Duration length, Instant now) {
  look_ = LineLook::openings;
  rests_until_ = now + length;
  quiet_since_.reset();
  reads_since_.reset();
  learning_ = {};
  is_idle_ = false;  // nobody looks
}

void LineWatch::sampled(const LineModel& model, bool has_headers, Instant now) {
  if (look_ != LineLook::counters && look_ != LineLook::headers) {
    return;
  }
  const Duration since = now - sampled_;
  sampled_ = now;
  is_idle_ = !is_busy(model, Direction::up) && !is_busy(model, Direction::down);
  if (!is_idle_) {
    quiet_since_.reset();
    look_ = LineLook::headers;
    reads_since_ = reads_since_.value_or(now);
  } else {
    quiet_since_ = quiet_since_.value_or(now);
  }
  if (has_headers && (model.is_full(Direction::up) || model.is_full(Direction::down))) {
    learning_ += since;
  }
  if (quiet_since_ && now - *quiet_since_ >= quiet_for) {
    look_ = LineLook::stirring;
    reads_since_.reset();
    learning_ = {};
  } else if (has_calls_ || !reads_since_) {
    return;
  } else if (learning_ >= enough) {
    pause_ = {};
    rest(pause_after_learning, now);
  } else if (now - *reads_since_ >= longest_in_vain && 2 * learning_ < enough) {
    pause_ = std::clamp(2 * pause_, first_pause_in_vain, longest_pause_in_vain);
    rest(pause_, now);
  }
}

LineLook LineWatch::decide(Instant now) {
  if (!rests_until_ && look_ == LineLook::off) {
    look_ = LineLook::stirring;
  }
  if (rests_until_ && (now >= *rests_until_ || has_calls_)) {
    rests_until_.reset();
    look_ = LineLook::stirring;
  }
  return look_;
}

}  // namespace voip
