#include "detectors/call_score.h"

#include <algorithm>
#include <utility>

#include "detectors/call_directions.h"

namespace voip::detectors {
namespace {

constexpr int floor_plain = -8;
constexpr int floor_hinted = -2;
constexpr int ceiling = 18;
constexpr int refuted = -1;
constexpr int of_replies = -4;
constexpr int of_no_codec = -8;
constexpr int of_clocks = 5;               // points of two sides of which one has a clock, and the other nothing against it
constexpr std::uint8_t doubted_for = 240;  // quarters: a minute
constexpr int refused = -3;
constexpr int more_each_time = 6;
constexpr int most_more = 12;
// Bytes of packets on the mean, where both ends send as much as each other.
constexpr std::int64_t larger_than_players = 150;
constexpr std::int64_t least_voice_bytes = 80;

}  // namespace

CallThresholds CallThresholds::of(Sensitivity sensitivity) {
  switch (sensitivity) {
    case Sensitivity::high:
      return {3, 2, 12, true};
    case Sensitivity::low:
      return {8, 5, 16, false};
    case Sensitivity::normal:
      break;
  }
  return {4, 2, 14, true};
}

void CallScore::begin(PortHint hint, const CallThresholds& thresholds) {
  *this = {};
  hint_ = hint;
  set_thresholds(thresholds);
}

void CallScore::set_thresholds(const CallThresholds& thresholds) {
  presumes_ = thresholds.presumes;
  threshold_ = static_cast<std::int16_t>(hint_ == PortHint::voip   ? thresholds.hinted
                                         : hint_ == PortHint::weak ? thresholds.weak
                                                                   : thresholds.plain);
}

void CallScore::hint_at_voip(const CallThresholds& thresholds) {
  hint_ = PortHint::voip;
  set_thresholds(thresholds);
}

void CallScore::update(const CallHistory& history, int quarters, bool is_coarse) {
  is_coarse_ = is_coarse;
  is_active_ = history.packets_both(is_coarse ? std::min(quarters, CallHistory::length) : 1) > 0;
  look(history, is_coarse);
  int step = 0;
  if (is_active_ && points_of(up_, down_)) {
    step = weigh(history, is_coarse);
  }
  if (is_lopsided(history, up_, down_) || is_in_lockstep(history)) {
    step = std::min(step, is_coarse ? -4 : -2);
  }
  if (hint_ != PortHint::voip) {
    step = doubt(history, step, quarters);
  }
  if (step == 0 && is_active_ && hint_ != PortHint::weak && is_watched_camera(history)) {
    step = 1;
  }
  if (step == 0 && (!is_active_ || !points_of(up_, down_) || (value_ > 0 && hint_ != PortHint::voip))) {
    fade(quarters);
  }
  if (hint_ != PortHint::voip && is_acknowledged(history)) {
    step = std::min(step, value_ > refuted ? -2 : 0);
  }
  // One direction alone is a call only where calls are common: radio and telemetry have clocks, too.
  if (hint_ != PortHint::voip && up_ == Grade::dead) {
    step = std::min(step, std::max(0, threshold_ - 1 - value_));
  }
  const int floor = hint_ == PortHint::voip ? floor_hinted : floor_plain;
  value_ = static_cast<std::int16_t>(std::clamp(value_ + step, floor, ceiling));
}

// What answers or follows, or keeps a rhythm that no codec has, is none; and what kept one lately is a call only by clocks.
int CallScore::doubt(const CallHistory& history, int step, int quarters) {
  if (is_of_no_codec(history)) {
    doubted_quarters_ = doubted_for;
    return of_no_codec;  // known after three seconds, in which it may have got all points
  }
  doubted_quarters_ = static_cast<std::uint8_t>(std::max(doubted_quarters_ - quarters, 0));
  if (is_answering(history) || is_following(history)) {
    return std::min(step, of_replies);
  }
  return doubted_quarters_ > 0 && step > 0 && step < of_clocks ? 0 : step;
}

void CallScore::look(const CallHistory& history, bool is_coarse) {
  up_ = is_coarse ? coarse_grade(history, Direction::up) : grade(history, Direction::up);
  down_ = is_coarse ? coarse_grade(history, Direction::down) : grade(history, Direction::down);
  if (is_coarse) {
    return;
  }
  for (const auto& [one, direction] : {std::pair(&up_, Direction::up), std::pair(&down_, Direction::down)}) {
    *one = *one == Grade::step && is_thinned(history, direction) ? Grade::loose : *one;
  }
  const bool is_hinted = hint_ == PortHint::voip;
  if (hint_ == PortHint::weak || !is_mirrored(history, is_hinted ? least_voice_bytes : larger_than_players)) {
    return;
  }
  // So a rhythm says nothing, and none speaks for a call. Where games are rare a rhythm does, too.
  for (Grade* one : {&up_, &down_}) {
    *one = *one == Grade::loose || (is_hinted && *one == Grade::tick) ? Grade::rough : *one == Grade::tick ? Grade::loose : *one;
  }
}

bool CallScore::is_call() const {
  // Of a second that was read at once only the sum is known: a burst looks like a steady second.
  const int extra = is_coarse_ && hint_ != PortHint::voip ? 2 : 0;
  return is_active_ && value_ >= threshold_ + extra + more_;
}

bool CallScore::is_presumable() const {
  return presumes_ && is_active_ && !is_coarse_ && hint_ != PortHint::weak && more_ == 0;
}

void CallScore::refuse() {
  value_ = std::min<std::int16_t>(value_, refused);
  more_ = static_cast<std::uint8_t>(std::min(more_ + more_each_time, most_more));
}

bool CallScore::is_contrary() const {
  return value_ <= (hint_ == PortHint::voip ? floor_hinted : floor_plain) / 2;
}

bool CallScore::is_refuted() const {
  return value_ <= refuted;
}

int CallScore::weigh(const CallHistory& history, bool is_coarse) const {
  int step = points_of(up_, down_).value_or(0);
  if (is_coarse) {
    step = std::min(2 * step, 8);
  }
  const int up8 = history.packets(Direction::up, 8);
  const int down8 = history.packets(Direction::down, 8);
  if (hint_ == PortHint::voip && step >= 0 && up8 >= 2 && down8 >= 2 && up8 + down8 >= 12) {
    step += is_coarse ? 2 : 1;
  }
  if (hint_ == PortHint::weak) {
    const bool is_rich = up_ == Grade::rich || down_ == Grade::rich || up_ == Grade::tick || down_ == Grade::tick ||
                         up_ == Grade::snapshot || down_ == Grade::snapshot;
    step = std::min(step, is_rich ? 0 : 4);
  }
  return step;
}

void CallScore::fade(int quarters) {
  const int all = quiet_quarters_ + quarters;
  quiet_quarters_ = static_cast<std::uint8_t>(all % 4);
  const int step = all / 4;
  value_ = static_cast<std::int16_t>(value_ > 0 ? std::max(0, value_ - step) : std::min(0, value_ + step));
}

std::string CallScore::reason(const CallHistory& history) const {
  const auto side = [&history](Direction direction, Grade grade) {
    const int packets = history.packets(direction, 8);
    return std::string(to_string(grade)) + " " + std::to_string(packets / 2) + " packets/s of " +
           std::to_string(history.bytes(direction, 8) / std::max(1, packets)) + " bytes";
  };
  std::string text = "up " + side(Direction::up, up_) + ", down " + side(Direction::down, down_) + "; score " +
                     std::to_string(value_) + " of " + std::to_string(threshold_);
  if (hint_ == PortHint::voip) {
    text += ", VoIP port";
  } else if (hint_ == PortHint::weak) {
    text += ", port of anything";
  }
  return text;
}

}  // namespace voip::detectors
