#include "detectors/call_presumption.h"

#include <algorithm>
#include <array>

#include "detectors/call_look.h"

namespace voip::detectors {
namespace {

constexpr int kept_with_less = 8;      // points below the threshold
constexpr int contrary_quarters = 2;   // with still less it is dropped
constexpr int confirmed_within = 12;   // quarters: 3 s
constexpr int confirmed_at_last = 20;  // ... 5 s for what is near it
constexpr int near = 2;                // points below the threshold

// How many points below the threshold are enough, if both sides have sent at least so many packets in each of the newest
// quarters.
struct Ground {
  int points;
  int quarters;
  int packets;
  bool is_voice_sized;
};
constexpr std::array<Ground, 3> grounds{{{2, 3, 3, false}, {3, 3, 3, true}, {4, 2, 8, true}}};

// Pages, queries and tunnels stop and go; a codec does not, once it has begun. Each of these quarters was read by itself.
bool is_without_gap(const CallHistory& history, int quarters, int packets) {
  if (!history.is_read(quarters)) {
    return false;
  }
  for (int age = 0; age < quarters; ++age) {
    if (history.packets_at(Direction::up, age) < packets || history.packets_at(Direction::down, age) < packets) {
      return false;
    }
  }
  return true;
}

// As many packets came as were sent, quarter by quarter: rather a reply for each request than two speakers.
bool is_even(const CallHistory& history, int quarters) {
  for (int age = 0; age < quarters; ++age) {
    if (history.packets_at(Direction::up, age) != history.packets_at(Direction::down, age)) {
      return false;
    }
  }
  return true;
}

bool has_size(const CallHistory& history, Direction direction, int quarters, std::int64_t least, std::int64_t most) {
  const std::int64_t packets = history.packets(direction, quarters);
  const std::int64_t bytes = history.bytes(direction, quarters);
  return bytes >= least * packets && bytes <= most * packets;
}

// Both sides send as often as games tick, 58 to 68 packets a second, or still more often what is as small as voice: no voice is
// cut into so many. Whether they have a rhythm too shows in a whole second. Or one side does so with a few bytes in each, as the
// input of a player.
bool is_more_often_than_voice(const CallHistory& history, int quarters) {
  constexpr std::int64_t most_of_input = 80;
  const auto is_so = [&](Direction direction) {
    const int packets = history.packets(direction, quarters);
    return 4 * packets >= 58 * quarters &&
           (4 * packets <= 68 * quarters || has_size(history, direction, quarters, 0, most_clocked));
  };
  const auto is_input = [&](Direction direction) {
    return is_so(direction) && has_size(history, direction, quarters, 0, most_of_input);
  };
  return (is_so(Direction::up) && is_so(Direction::down)) || is_input(Direction::up) || is_input(Direction::down);
}

// As even as a clock, of a rate that no frames have: 20, 30, 40 or 60 a second.
bool has_foreign_clock(const CallHistory& history, Direction direction, int newest) {
  // One more tells more, if it is not the one in which it began.
  const int quarters = history.packets_at(direction, newest + 1) > 0 ? newest + 1 : newest;
  int least = history.packets_at(direction, 0);
  int most = least;
  for (int age = 1; age < quarters; ++age) {
    least = std::min(least, history.packets_at(direction, age));
    most = std::max(most, history.packets_at(direction, age));
  }
  const int rate = 4 * history.packets(direction, quarters) / quarters;
  return most - least <= 1 &&
         (is_within(rate, 18, 22) || is_within(rate, 27, 31) || is_within(rate, 35, 46) || is_within(rate, 58, 68));
}

bool have_size(const CallHistory& history, int quarters, std::int64_t most) {
  return has_size(history, Direction::up, quarters, least_voice, most) &&
         has_size(history, Direction::down, quarters, least_voice, most);
}

bool holds(const Ground& ground, const CallScore& score, const CallHistory& history) {
  return score.value() >= score.threshold() - ground.points && is_without_gap(history, ground.quarters, ground.packets) &&
         !is_even(history, ground.quarters) && (!ground.is_voice_sized || have_size(history, ground.quarters, most_voice)) &&
         !is_more_often_than_voice(history, ground.quarters) && !has_foreign_clock(history, Direction::up, ground.quarters) &&
         !has_foreign_clock(history, Direction::down, ground.quarters);
}

// Half a second of voice both ways, or a quarter of some more, but not of a reply for each request.
bool is_media(const CallHistory& history, std::int64_t most_size) {
  constexpr int some = 3;  // packets in a quarter
  constexpr int more = 5;
  return (is_without_gap(history, 2, some) && have_size(history, 2, most_voice)) ||
         (is_without_gap(history, 1, more) && !is_even(history, 1) && have_size(history, 1, most_size));
}

// A quarter of voice one way, frames of 30 ms, or of 20 ms with their feedback, or what is between, and something the other way,
// which may be a flow of its own; or half a second of it.
bool is_voice(const CallHistory& history, const CallHistory& together, Direction direction) {
  constexpr int heard_quarters = 8;
  const Direction other = direction == Direction::up ? Direction::down : Direction::up;
  const auto is_spoken = [&](int age) { return is_within(history.packets_at(direction, age), 8, 16); };
  const int quarters = together.packets(other, heard_quarters) > 0 ? 1 : 2;
  return history.is_read(quarters) && is_spoken(0) && is_spoken(quarters - 1) &&
         history.packets_at(direction, 0) != history.packets_at(other, 0) &&
         has_size(history, direction, quarters, least_voice, most_clocked);
}

}  // namespace

bool CallPresumption::may_begin(const CallScore& score, const CallHistory& history, const CallHistory& together,
                                Neighbours neighbours) const {
  constexpr int least_packets = 6;  // for any of what follows
  if (has_failed_ || !score.is_presumable() || history.packets_both(1) < least_packets) {
    return false;
  }
  if (neighbours != Neighbours::unknown) {
    // Downloads and games find their way by STUN, too.
    const std::int64_t most_size = neighbours == Neighbours::calls ? most_rich : most_voice;
    if (is_media(history, most_size) || is_voice(history, together, Direction::up) ||
        is_voice(history, together, Direction::down)) {
      return true;
    }
  }
  return std::any_of(grounds.begin(), grounds.end(), [&](const Ground& ground) { return holds(ground, score, history); });
}

void CallPresumption::begin() {
  is_open_ = true;
  is_near_ = false;
  quarters_ = 0;
  contrary_for_ = 0;
}

bool CallPresumption::weigh(const CallScore& score, int quarters) {
  if (score.is_call()) {
    is_open_ = false;
    return true;
  }
  quarters_ += quarters;
  is_near_ = score.value() >= score.threshold() - near;
  contrary_for_ = score.value() < score.threshold() - kept_with_less ? contrary_for_ + quarters : 0;
  return false;
}

void CallPresumption::fail() {
  has_failed_ = has_failed_ || is_open_;
  is_open_ = false;
}

bool CallPresumption::is_refuted() const {
  return is_open_ && (quarters_ >= (is_near_ ? confirmed_at_last : confirmed_within) || contrary_for_ >= contrary_quarters);
}

}  // namespace voip::detectors
