#include "detectors/call_directions.h"

#include <algorithm>
#include <array>

namespace voip::detectors {
namespace {

constexpr int least_exchanges = 2;
constexpr int least_following = 5;  // quarters
constexpr int rate_quarters = 12;
constexpr int camera_quarters = 8;
constexpr std::int64_t least_feedback = 165;  // packets in these, of 20 ms frames and the feedback on them
constexpr std::int64_t least_feedback_bytes = 100;

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

// What one direction of three seconds keeps to.
enum class Pace : std::uint8_t {
  none,        // no even rhythm, or one that voice may have: with losses, RTCP or feedback
  slow_codec,  // frames of 60, 40 or 30 ms: 17, 25 or 33 packets a second
  foreign,     // of programs: 8 to 12, 20, 30, 35 to 41 or 45 a second, or 56 to 80 in packets as small as a player's
};

// Steady: a second has a quarter or four packets more than another at most. A codec's rate becomes another by losses, so what is
// up to a seventh below one is foreign only where it is as even as a clock.
Pace pace_of(const CallHistory& h, Direction direction) {
  constexpr int second = 4;           // quarters
  constexpr std::int64_t evenly = 2;  // packets
  constexpr std::int64_t most_bytes = 260;
  constexpr std::int64_t most_of_player = 100;
  std::int64_t packets = 0;
  std::int64_t bytes = 0;
  std::int64_t least = INT64_MAX;
  std::int64_t most = 0;
  for (int age = 0; age < rate_quarters; age += second) {
    std::int64_t in_second = 0;
    for (int i = age; i < age + second; ++i) {
      if (h.packets_at(direction, i) == 0) {
        return Pace::none;
      }
      in_second += h.packets_at(direction, i);
      bytes += h.bytes_at(direction, i);
    }
    packets += in_second;
    least = std::min(least, in_second);
    most = std::max(most, in_second);
  }
  if (12 * (most - least) > std::max<std::int64_t>(48, packets) || bytes >= most_bytes * packets) {
    return Pace::none;
  }
  enum class Band : std::uint8_t { codec, near_codec, program, player };
  struct Rate {
    std::uint8_t least;  // packets in the three seconds
    std::uint8_t most;
    Band band;
  };
  static constexpr std::array<Rate, 9> rates{{{24, 38, Band::program},
                                              {48, 51, Band::codec},
                                              {58, 62, Band::program},
                                              {72, 77, Band::codec},
                                              {88, 92, Band::near_codec},
                                              {96, 103, Band::codec},
                                              {105, 124, Band::program},
                                              {133, 137, Band::near_codec},
                                              {168, 240, Band::player}}};
  for (const Rate& rate : rates) {
    if (packets < rate.least || packets > rate.most) {
      continue;
    }
    if (rate.band == Band::codec) {
      return Pace::slow_codec;
    }
    const bool is_foreign = rate.band == Band::program || (rate.band == Band::near_codec && most - least <= evenly) ||
                            (rate.band == Band::player && bytes < most_of_player * packets);
    return is_foreign ? Pace::foreign : Pace::none;
  }
  return Pace::none;
}

// What is sent becomes more, or less, and does not turn back: both directions of a call do so at once when its media begins,
// after the path was tried (ICE, RFC 8445).
bool has_one_step(const CallHistory& h, int quarters) {
  int way = 0;
  int least = h.packets_at(Direction::up, 0);
  int most = least;
  for (int age = 1; age < quarters; ++age) {
    const auto [low, high] = std::minmax({h.packets_at(Direction::up, age), h.packets_at(Direction::up, age - 1)});
    const int packets = h.packets_at(Direction::up, age);
    way += high - low;
    least = std::min(least, packets);
    most = std::max(most, packets);
  }
  return 2 * way < 3 * (most - least);
}

// Both ends send as often as each other, but for an eighth, in packets of so many bytes.
bool is_alike(const CallHistory& h, int quarters, std::int64_t least_bytes) {
  const auto [low, high] = std::minmax({h.packets(Direction::up, quarters), h.packets(Direction::down, quarters)});
  return 8 * (high - low) <= low &&
         std::min(h.bytes(Direction::up, quarters), h.bytes(Direction::down, quarters)) >= least_bytes * high;
}

// The packets of both directions are as long as each other, but for an eighth: as those of one codec.
bool has_one_size(const CallHistory& h, int quarters) {
  const std::int64_t up = h.bytes(Direction::up, quarters) * h.packets(Direction::down, quarters);
  const std::int64_t down = h.bytes(Direction::down, quarters) * h.packets(Direction::up, quarters);
  const auto [low, high] = std::minmax({up, down});
  return low > 0 && 8 * (high - low) <= low;
}

// A packet or two in six seconds, with hardly any payload, for more than a second of the other side's clock.
bool only_acknowledges(const CallHistory& h, Direction direction) {
  constexpr int most_packets = 2;
  constexpr std::int64_t most_acknowledgement = 60;  // bytes
  constexpr int least_acknowledged = 60;             // packets
  const int packets = h.packets(direction, CallHistory::length);
  return packets >= 1 && packets <= most_packets && h.bytes(direction, CallHistory::length) < most_acknowledgement * packets &&
         h.packets_both(CallHistory::length) - packets >= least_acknowledged;
}

}  // namespace

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

bool is_following(const CallHistory& h) {
  int quarters = 0;  // the newest ones without a gap, but for the one in which it began
  while (quarters < 9 && h.packets_at(Direction::up, quarters) + h.packets_at(Direction::down, quarters) > 0) {
    ++quarters;
  }
  if (--quarters < least_following) {
    return false;
  }
  if (h.is_read(quarters) && has_one_step(h, quarters)) {
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

bool is_thinned(const CallHistory& h, Direction direction) {
  constexpr std::int64_t most_of_clock = 58;  // 0.4 packets squared a quarter
  if (!h.is_read(rate_quarters) || !has_one_size(h, rate_quarters)) {
    return false;
  }
  Tally tally;
  for (int age = 0; age < rate_quarters; ++age) {
    const int packets = h.packets_at(direction, age);
    if (packets == 0) {
      return false;
    }
    tally.add(packets);
  }
  return tally.variance(rate_quarters) > most_of_clock;
}

bool is_of_no_codec(const CallHistory& h) {
  if (!h.is_read(rate_quarters)) {
    return false;
  }
  const Pace up = pace_of(h, Direction::up);
  const Pace down = pace_of(h, Direction::down);
  if (up == Pace::none || down == Pace::none || (up == Pace::slow_codec && down == Pace::slow_codec)) {
    return false;
  }
  const auto may_be_codec = [&h](Pace pace, Direction direction) { return pace != Pace::foreign || is_thinned(h, direction); };
  if (may_be_codec(up, Direction::up) && may_be_codec(down, Direction::down)) {
    return false;
  }
  // Frames and their feedback (WebRTC) may be as many as anything, but then both ways: of 20 ms, or larger ones.
  const bool is_fast =
      std::min(h.packets(Direction::up, rate_quarters), h.packets(Direction::down, rate_quarters)) >= least_feedback;
  return !is_alike(h, rate_quarters, is_fast ? 0 : least_feedback_bytes);
}

bool is_acknowledged(const CallHistory& h) {
  return only_acknowledges(h, Direction::up) || only_acknowledges(h, Direction::down);
}

bool is_mirrored(const CallHistory& h, std::int64_t least_bytes) {
  constexpr int least_packets = 52;
  constexpr int most_packets = 75;
  const auto [low, high] = std::minmax({h.packets(Direction::up, 4), h.packets(Direction::down, 4)});
  return low >= least_packets && high <= most_packets && is_alike(h, 4, least_bytes);
}

bool is_watched_camera(const CallHistory& h) {
  const std::int64_t up = h.packets(Direction::up, camera_quarters);
  const std::int64_t down = h.packets(Direction::down, camera_quarters);
  const std::int64_t up_bytes = h.bytes(Direction::up, camera_quarters);
  const std::int64_t down_bytes = h.bytes(Direction::down, camera_quarters);
  return up >= 80 && up_bytes >= 400 * up && up_bytes <= 1250 * up && down >= 4 && down <= 40 && down_bytes >= 90 * down &&
         down_bytes <= 330 * down;
}

}  // namespace voip::detectors
