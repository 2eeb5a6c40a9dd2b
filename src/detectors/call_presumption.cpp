#include "detectors/call_presumption.h"

namespace voip::detectors {
namespace {

constexpr int less_than_a_call = 2;      // points
constexpr int kept_with_less = 5;        // points below the threshold
constexpr int contrary_quarters = 2;     // with still less it is dropped
constexpr int confirmed_within = 12;     // quarters: 3 s
constexpr int steady_quarters = 3;       // without a gap
constexpr int steady_among_calls = 2;    // ... where calls are common
constexpr int busy = 3;                  // packets in a quarter
constexpr int least_among_calls = -3;    // points: handshakes of keys and candidates look like anything
constexpr std::int64_t least_size = 48;  // bytes with the IPv4 header: of voice
constexpr std::int64_t most_size = 330;
constexpr std::int64_t most_of_voice_alone = 230;

// Both sides have sent some packets in each of the newest quarters, and each of these was read by itself. Pages, queries and
// tunnels stop and go; a codec does not, once it has begun.
bool is_without_gap(const CallHistory& history, int quarters) {
  if (!history.is_read(quarters)) {
    return false;
  }
  for (int age = 0; age < quarters; ++age) {
    if (history.packets_at(Direction::up, age) < busy || history.packets_at(Direction::down, age) < busy) {
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
// cut into so many. Whether they have a rhythm too shows in a whole second.
bool is_more_often_than_voice(const CallHistory& history, int quarters) {
  const auto is_so = [&](Direction direction) {
    const int packets = history.packets(direction, quarters);
    return 4 * packets >= 58 * quarters &&
           (4 * packets <= 68 * quarters || has_size(history, direction, quarters, 0, most_of_voice_alone));
  };
  return is_so(Direction::up) && is_so(Direction::down);
}

bool has_voice_size(const CallHistory& history, Direction direction) {
  return has_size(history, direction, steady_among_calls, least_size, most_size);
}

}  // namespace

bool CallPresumption::may_begin(const CallScore& score, const CallHistory& history, bool is_among_calls) const {
  if (has_failed_ || !score.is_presumable()) {
    return false;
  }
  if (is_among_calls && score.value() >= least_among_calls && is_without_gap(history, steady_among_calls) &&
      has_voice_size(history, Direction::up) && has_voice_size(history, Direction::down)) {
    return true;
  }
  return score.value() >= score.threshold() - less_than_a_call && is_without_gap(history, steady_quarters) &&
         !is_even(history, steady_quarters) && !is_more_often_than_voice(history, steady_quarters);
}

void CallPresumption::begin() {
  is_open_ = true;
  quarters_ = 0;
  contrary_for_ = 0;
}

bool CallPresumption::weigh(const CallScore& score, int quarters) {
  if (score.is_call()) {
    is_open_ = false;
    return true;
  }
  quarters_ += quarters;
  contrary_for_ = score.value() < score.threshold() - kept_with_less ? contrary_for_ + quarters : 0;
  return false;
}

void CallPresumption::fail() {
  has_failed_ = has_failed_ || is_open_;
  is_open_ = false;
}

bool CallPresumption::is_refuted() const {
  return is_open_ && (quarters_ >= confirmed_within || contrary_for_ >= contrary_quarters);
}

}  // namespace voip::detectors
