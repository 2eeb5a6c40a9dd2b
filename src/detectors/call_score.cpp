#include "detectors/call_score.h"

#include <algorithm>

namespace voip::detectors {
namespace {

constexpr int floor_plain = -8;
constexpr int floor_hinted = -2;
constexpr int ceiling = 18;
constexpr int least_exchanges = 2;
constexpr int least_following = 5;  // quarters

// The busier direction sends more than 3.6 times as many packets; 20 against 60 ms frames are 3 times.
bool is_lopsided(const CallHistory& h, Grade up, Grade down) {
  const int up8 = h.packets(Direction::up, 8);
  const int down8 = h.packets(Direction::down, 8);
  const auto [low8, high8] = std::minmax({up8, down8});
  const auto [low4, high4] = std::minmax({h.packets(Direction::up, 4), h.packets(Direction::down, 4)});
  if ((up8 > down8 ? up : down) == Grade::rich) {
    return false;
  }
  return (low8 >= 24 && 10 * high8 > 36 * low8) || (high4 >= 75 && 10 * high4 > 36 * low4);
}

// A reply for every request, quarter by quarter, in at least two of them: calls begin with an exchange, too.
bool is_in_lockstep(const CallHistory& h) {
  int busy = 0;
  int since = 0;  // quarters from the first packet on
  int packets = 0;
  for (int age = 0; age < 8; ++age) {
    const int sent = h.packets_at(Direction::up, age);
    if (sent != h.packets_at(Direction::down, age)) {
      return false;
    }
    if (sent > 0) {
      ++busy;
      since = age + 1;
      packets += sent;
    }
  }
  if (packets > 3 * since) {
    return false;  // faster than 12 a second, where clocks of frames have equal counts, too
  }
  return busy >= least_exchanges;
}

// A reply for every request at any rate: as many packets, each side's all of one size, which is not the other's. Two voices may
// have equal counts, and the sizes of a constant codec, but then the same ones.
bool is_answering(const CallHistory& h) {
  const std::int64_t up = h.packets(Direction::up, 8);
  const std::int64_t down = h.packets(Direction::down, 8);
  if (up == 0 || down == 0 || up - down > 1 || down - up > 1) {
    return false;
  }
  const std::int64_t up_size = h.bytes(Direction::up, 8) / up;
  const std::int64_t down_size = h.bytes(Direction::down, 8) / down;
  if (up_size - down_size < 4 && down_size - up_size < 4) {
    return false;
  }
  int busy = 0;
  int unequal = 0;
  for (int age = 0; age < 8; ++age) {
    const std::int64_t sent = h.packets_at(Direction::up, age);
    const std::int64_t answered = h.packets_at(Direction::down, age);
    busy += sent + answered > 0 ? 1 : 0;
    unequal += sent != answered ? 1 : 0;
    const std::int64_t up_off = h.bytes_at(Direction::up, age) - sent * up_size;
    const std::int64_t down_off = h.bytes_at(Direction::down, age) - answered * down_size;
    if (up_off > 3 * sent || up_off < -3 * sent || down_off > 3 * answered || down_off < -3 * answered) {
      return false;
    }
  }
  return busy >= 2 && 4 * unequal <= busy;
}

// What one direction carried in some quarters.
struct Tally {
  std::int64_t packets = 0;
  std::int64_t squares = 0;

  void add(std::int64_t count) {
    packets += count;
    squares += count * count;
  }
  [[nodiscard]] std::int64_t variance(std::int64_t quarters) const { return quarters * squares - packets * packets; }
  // More than a clock does, were it read 40 ms off each time, which would move the counts of both directions alike. The variance
  // is times the square of the quarters.
  [[nodiscard]] bool varies(std::int64_t quarters) const {
    return 40 * variance(quarters) >= 30 * quarters * quarters + packets * packets;
  }
  // A clock of 20 ms, even if what it sends was held up on the way.
  [[nodiscard]] bool has_voice_rate(std::int64_t quarters) const {
    return 2 * packets >= 25 * quarters - 8 && 2 * packets <= 25 * quarters + 8;
  }
};

// As many replies as requests at any rate, however it varies: two speakers vary independently of each other. What comes back in
// the size in which it was sent may be the echo of a voice; a router that stalls holds up both directions of a voice alike.
bool is_following(const CallHistory& h) {
  int quarters = 0;  // the newest ones without a gap, but for the one in which it began
  while (quarters < 9 && h.packets_at(Direction::up, quarters) + h.packets_at(Direction::down, quarters) > 0) {
    ++quarters;
  }
  if (--quarters < least_following) {
    return false;
  }
  Tally up;
  Tally down;
  Tally difference;
  for (int age = 0; age < quarters; ++age) {
    up.add(h.packets_at(Direction::up, age));
    down.add(h.packets_at(Direction::down, age));
    difference.add(h.packets_at(Direction::up, age) - h.packets_at(Direction::down, age));
  }
  if (!up.varies(quarters) || !down.varies(quarters) || (up.has_voice_rate(quarters) && down.has_voice_rate(quarters))) {
    return false;
  }
  const std::int64_t size_off = h.bytes(Direction::up, quarters) * down.packets - h.bytes(Direction::down, quarters) * up.packets;
  const bool is_echo = size_off < 4 * up.packets * down.packets && -size_off < 4 * up.packets * down.packets;
  // Independent ones differ by the sum of their variances.
  return !is_echo && difference.squares * quarters * 8 <= up.variance(quarters) + down.variance(quarters);
}

}  // namespace

CallThresholds CallThresholds::of(Sensitivity sensitivity) {
  switch (sensitivity) {
    case Sensitivity::high:
      return {4, 2, 12};
    case Sensitivity::low:
      return {8, 5, 16};
    case Sensitivity::normal:
      break;
  }
  return {5, 2, 14};
}

void CallScore::begin(PortHint hint, const CallThresholds& thresholds) {
  *this = {};
  hint_ = hint;
  set_thresholds(thresholds);
}

void CallScore::set_thresholds(const CallThresholds& thresholds) {
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
  if (is_lopsided(history, up_, down_) || is_in_lockstep(history) ||
      (hint_ != PortHint::voip && (is_answering(history) || is_following(history)))) {
    step = std::min(step, is_coarse ? -4 : -2);
  }
  if (step == 0 && (!is_active_ || !points_of(up_, down_) || (value_ > 0 && hint_ != PortHint::voip))) {
    fade(quarters);
  }
  // One direction alone is a call only where calls are common: radio and telemetry have clocks, too.
  if (hint_ != PortHint::voip && up_ == Grade::dead) {
    step = std::min(step, std::max(0, threshold_ - 1 - value_));
  }
  const int floor = hint_ == PortHint::voip ? floor_hinted : floor_plain;
  value_ = static_cast<std::int16_t>(std::clamp(value_ + step, floor, ceiling));
}

void CallScore::look(const CallHistory& history, bool is_coarse) {
  up_ = is_coarse ? coarse_grade(history, Direction::up) : grade(history, Direction::up);
  down_ = is_coarse ? coarse_grade(history, Direction::down) : grade(history, Direction::down);
}

bool CallScore::is_call() const {
  // Of a second that was read at once only the sum is known: a burst looks like a steady second.
  const int extra = is_coarse_ && hint_ != PortHint::voip ? 2 : 0;
  return is_active_ && value_ >= threshold_ + extra;
}

bool CallScore::is_contrary() const {
  return value_ <= (hint_ == PortHint::voip ? floor_hinted : floor_plain) / 2;
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
    const bool is_rich = up_ == Grade::rich || down_ == Grade::rich || up_ == Grade::tick || down_ == Grade::tick;
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
