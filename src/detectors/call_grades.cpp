#include "detectors/call_grades.h"

namespace voip::detectors {
namespace {

// Mean sizes in bytes with the IPv4 header. IPv4, UDP and RTP headers are 40 bytes, so a voice packet has at least 41.
constexpr std::int64_t rtp_headers = 40;
constexpr std::int64_t least_rtp = 41;
constexpr std::int64_t least_voice = 48;          // with less, only an exact clock on both sides is believed
constexpr std::int64_t least_slow_voice = 56;     // slow codecs put more into a packet
constexpr std::int64_t most_voice = 330;          // 30 ms of G.711 with SRTP, or two frames together
constexpr std::int64_t most_clocked = 230;        // 20 ms of G.711 with SRTP through TURN
constexpr std::int64_t most_high_fidelity = 520;  // 20 ms of 192 kbit/s
constexpr std::int64_t most_rich = 1250;
// No voice codec speaks faster than G.711 with SRTP in 10 ms frames: 9000 payload bytes a second.
constexpr std::int64_t most_payload_per_half_second = 5000;
constexpr std::int64_t least_g711_per_second = 7600;  // 64 kbit/s, a frame less
constexpr std::int64_t most_g711_per_second = 9000;   // a frame more, with SRTP through TURN

bool is_within(std::int64_t value, std::int64_t least, std::int64_t most) {
  return value >= least && value <= most;
}

// One direction, looked at once. n counts packets of single quarters (n[0] the newest), t and y packets and bytes of the newest
// ones.
struct Look {
  std::array<std::int64_t, 8> n{};
  std::array<std::int64_t, 9> t{};
  std::array<std::int64_t, 9> y{};

  Look(const CallHistory& history, Direction direction) {
    for (int age = 0; age < 8; ++age) {
      const auto i = static_cast<std::size_t>(age);
      n.at(i) = history.packets_at(direction, age);
      t.at(i + 1) = t.at(i) + n.at(i);
      y.at(i + 1) = y.at(i) + history.bytes_at(direction, age);
    }
  }
  [[nodiscard]] std::int64_t least(std::size_t count) const { return *std::min_element(n.begin(), end(count)); }
  [[nodiscard]] std::int64_t most(std::size_t count) const { return *std::max_element(n.begin(), end(count)); }
  // Whether the mean size of the packets of the newest quarters lies in these bounds.
  [[nodiscard]] bool has_size(std::size_t count, std::int64_t least_size, std::int64_t most_size) const {
    return is_within(y.at(count), least_size * t.at(count), most_size * t.at(count));
  }
  [[nodiscard]] const std::int64_t* end(std::size_t count) const { return n.begin() + count; }
};

// Frames of 10, 30, 40 or 60 ms: their number over a second is the clock's, and quarters hardly differ.
bool has_frame_clock(const Look& look) {
  if (is_within(look.t[4], 98, 102)) {
    return look.most(4) - look.least(4) <= 2;
  }
  const bool has_rate = is_within(look.t[4], 33, 34) || look.t[4] == 25 || is_within(look.t[4], 16, 17);
  return has_rate && look.most(4) - look.least(4) <= 1;
}

// What G.711 and G.722 send in 40 or 60 ms frames: larger packets than other voice, but at 64 kbit/s.
bool has_long_frames(const Look& look) {
  return (is_within(look.t[4], 24, 26) || is_within(look.t[4], 16, 17)) &&
         is_within(look.y[4] - rtp_headers * look.t[4], least_g711_per_second, most_g711_per_second);
}

// All packets of the newest second have one size, and none is late.
bool is_constant(const Look& look) {
  for (std::size_t i = 0; i < 4; ++i) {
    const std::int64_t off = (look.y.at(i + 1) - look.y.at(i)) * look.t[4] - look.y[4] * look.n.at(i);
    if (!is_within(off, -2 * look.t[4] * look.n.at(i), 2 * look.t[4] * look.n.at(i))) {
      return false;
    }
  }
  return look.most(4) - look.least(4) <= 1;
}

bool has_20_ms_clock(const Look& look) {
  return is_within(look.t[4], 49, 51) && look.most(4) - look.least(4) <= 1;
}

// 60, 62.5, 64 and 128 Hz are clocks of games: frames of codecs last 10, 20, 30, 40 or 60 ms. WebRTC's 50 voice and 16 feedback
// packets a second are just above.
bool has_game_clock(const Look& look) {
  return look.least(4) >= 3 && look.most(4) - look.least(4) <= 2 &&
         (is_within(look.t[4], 58, 65) || is_within(look.t[4], 118, 134));
}

// Exact rates that frames do not have, like 20, 30, 35 or 45 Hz. Voice and feedback together may have them in one direction.
bool has_foreign_clock(const Look& look) {
  const auto is_foreign = [](std::int64_t per_second, std::int64_t slack) {
    return is_within(per_second, 19, 23) || is_within(per_second, 27, 31 - slack) || is_within(per_second, 35 + slack, 46);
  };
  return (look.most(4) - look.least(4) <= 1 && is_foreign(look.t[4], 0)) ||
         (look.most(8) - look.least(8) <= 2 && is_foreign(look.t[8] / 2, 1));
}

// Variance over mean (Fano factor) of at most 1/4 over a second: a clock of any rate; a Poisson process has 1.
bool is_steady(const Look& look) {
  const std::int64_t squares = look.n[0] * look.n[0] + look.n[1] * look.n[1] + look.n[2] * look.n[2] + look.n[3] * look.n[3];
  return look.least(4) >= 3 && 4 * squares - look.t[4] * look.t[4] <= look.t[4];
}

// Slow voice bundles frames of a variable rate, so the packets of one quarter are larger than those of another: by a quarter of
// the mean over six, even without the largest. Keystrokes and polls are alike, but for an answer now and then.
bool has_changing_sizes(const Look& look) {
  std::array<std::int64_t, 6> means{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    if (look.n.at(i) > 0) {
      means.at(count++) = (look.y.at(i + 1) - look.y.at(i)) / look.n.at(i);
    }
  }
  if (count < 3) {
    return false;
  }
  std::sort(means.begin(), means.begin() + static_cast<std::ptrdiff_t>(count));
  return 4 * (means.at(count - 2) - means.at(0)) * look.t[6] >= look.y[6];
}

// The same where only seconds are known: their means lie closer together, by a twelfth at least.
bool has_changing_seconds(const Look& look) {
  const std::int64_t before = look.t[8] - look.t[4];
  if (look.t[4] == 0 || before == 0) {
    return false;
  }
  const std::int64_t newest_mean = look.y[4] / look.t[4];
  const std::int64_t mean_before = (look.y[8] - look.y[4]) / before;
  return 12 * std::max(newest_mean - mean_before, mean_before - newest_mean) >= std::min(newest_mean, mean_before);
}

Grade voice_sized_grade(const Look& look) {
  const bool has_room = look.has_size(2, least_voice, most_voice);
  if (is_within(look.n[0], 11, 14) && is_within(look.n[1], 11, 14) && is_within(look.t[2], 23, 27)) {
    if (has_room && look.y[2] > most_clocked * look.t[2]) {
      return is_within(look.t[4], 49, 51) && look.most(4) - look.least(4) <= 1
                 ? Grade::frame
                 : Grade::loose;  // high fidelity: only an exact clock is believed
    }
    return has_room ? Grade::clock : Grade::thin_clock;
  }
  if (has_frame_clock(look)) {
    return look.has_size(2, least_slow_voice, most_voice) || look.t[2] >= 20 ? Grade::frame : Grade::loose;
  }
  if (!has_room || look.t[2] > 80 || (look.t[2] < 20 && !look.has_size(2, least_slow_voice, most_voice))) {
    return Grade::other;
  }
  if (has_game_clock(look)) {
    return Grade::tick;
  }
  if (has_foreign_clock(look)) {
    return Grade::step;
  }
  if (is_within(look.n[0], 12, 13) && look.n[1] <= 14) {
    return Grade::onset;
  }
  if (look.t[4] < 15 && !has_changing_sizes(look)) {
    return Grade::loose;
  }
  if (is_steady(look)) {
    return Grade::voice;
  }
  return look.y[2] - rtp_headers * look.t[2] >= 300 ? Grade::rough : Grade::loose;
}

Grade busy_grade(const Look& look) {
  const bool is_voice_sized = look.has_size(2, least_rtp, most_voice);
  if (is_voice_sized && look.y[2] - rtp_headers * look.t[2] <= most_payload_per_half_second) {
    return voice_sized_grade(look);
  }
  if (is_voice_sized) {
    return has_game_clock(look) ? Grade::tick : look.t[2] > 80 ? Grade::other : Grade::loose;
  }
  if (look.has_size(2, most_voice, most_high_fidelity) && has_20_ms_clock(look)) {
    return Grade::frame;
  }
  if (has_long_frames(look) && is_constant(look)) {
    return Grade::frame;
  }
  if (look.has_size(2, most_voice, most_rich)) {
    // Large datagrams in exact rhythm are snapshots of a game; a frame of video splits into changing numbers of packets.
    return look.least(4) >= 3 && look.most(4) - look.least(4) <= 1 + look.t[4] / 64 ? Grade::tick : Grade::rich;
  }
  return Grade::other;
}

Grade sparse_grade(const Look& look) {
  if (look.t[8] >= 12 && look.y[8] < 54 * look.t[8]) {
    return Grade::other;  // requests, or empty replies
  }
  const auto present = std::count_if(look.n.begin(), look.end(6), [](std::int64_t n) { return n > 0; });
  if (is_within(look.t[6], 7, 30) && look.most(6) <= 6 && look.has_size(6, 64, 420) && present >= 5 && has_changing_sizes(look)) {
    return Grade::low;
  }
  if (look.t[4] <= 8 && look.y[4] <= most_voice * look.t[4]) {
    return Grade::trickle;
  }
  return look.t[4] <= 60 && look.has_size(4, least_voice, most_voice) ? Grade::loose : Grade::other;
}

// The same for seconds: the newest one and the one before.
struct Seconds {
  std::int64_t newest;
  std::int64_t before;
  std::int64_t difference;

  explicit Seconds(const Look& look)
      : newest(look.t[4]), before(look.t[8] - look.t[4]), difference(newest > before ? newest - before : before - newest) {}
};

Grade coarse_voice_sized_grade(const Look& look) {
  const Seconds seconds(look);
  const bool has_room = look.has_size(4, least_voice, most_voice);
  const std::int64_t n = seconds.newest;
  if (is_within(n, 47, 53)) {
    return has_room ? Grade::clock : Grade::thin_clock;
  }
  const bool has_frames = is_within(n, 16, 17) || n == 25 || is_within(n, 33, 34) || is_within(n, 98, 102);
  if (has_frames && seconds.difference <= 1) {
    return look.has_size(4, least_slow_voice, most_voice) || n >= 40 ? Grade::frame : Grade::loose;
  }
  if (!has_room || n > 160 || (n < 40 && !look.has_size(4, least_slow_voice, most_voice))) {
    return Grade::other;
  }
  if (seconds.difference <= 1 + n / 64 && (is_within(n, 58, 65) || is_within(n, 118, 134))) {
    return Grade::tick;
  }
  if (n < 15 && !has_changing_seconds(look)) {
    return Grade::loose;
  }
  if (seconds.before >= 12 && seconds.difference <= 2 + n / 8) {
    return Grade::voice;
  }
  return look.y[4] - rtp_headers * n >= 600 ? Grade::rough : Grade::loose;
}

// The same over two seconds.
bool is_constant(const Look& look, const Seconds& seconds) {
  const std::int64_t off = look.y[4] * seconds.before - (look.y[8] - look.y[4]) * seconds.newest;
  const std::int64_t most_off = 2 * seconds.newest * seconds.before;
  return seconds.difference <= 1 && is_within(off, -most_off, most_off);
}

Grade coarse_busy_grade(const Look& look) {
  const Seconds seconds(look);
  if (look.has_size(4, least_rtp, most_voice)) {
    return coarse_voice_sized_grade(look);
  }
  if (has_long_frames(look) && is_constant(look, seconds)) {
    return Grade::frame;
  }
  if (look.has_size(4, most_voice, most_rich)) {
    return seconds.before >= 12 && seconds.difference <= 1 + seconds.newest / 64 ? Grade::tick : Grade::rich;
  }
  return Grade::other;
}

Grade coarse_sparse_grade(const Look& look) {
  const Seconds seconds(look);
  if (look.t[8] >= 12 && look.y[8] < 54 * look.t[8]) {
    return Grade::other;
  }
  if (seconds.newest >= 4 && is_within(seconds.before, 4, 24) && look.has_size(8, 64, 420) && has_changing_seconds(look)) {
    return Grade::low;
  }
  if (seconds.newest <= 8 && look.y[4] <= most_voice * seconds.newest) {
    return Grade::trickle;
  }
  return look.has_size(4, least_voice, most_voice) ? Grade::loose : Grade::other;
}

}  // namespace

Grade grade(const CallHistory& history, Direction direction) {
  const Look look(history, direction);
  if (look.t[8] == 0) {
    return history.packets(direction, CallHistory::length) > 0 ? Grade::pause : Grade::dead;
  }
  return look.n[0] >= 3 && look.n[1] >= 3 ? busy_grade(look) : sparse_grade(look);
}

Grade coarse_grade(const CallHistory& history, Direction direction) {
  const Look look(history, direction);
  if (look.t[8] == 0) {
    return history.packets(direction, CallHistory::length) > 0 ? Grade::pause : Grade::dead;
  }
  return look.t[4] >= 12 ? coarse_busy_grade(look) : coarse_sparse_grade(look);
}

std::string_view to_string(Grade grade) {
  static constexpr std::array<std::string_view, grade_count> names{"clock", "thin clock", "frame", "onset",   "voice",
                                                                   "rough", "loose",      "low",   "trickle", "pause",
                                                                   "dead",  "rich",       "step",  "tick",    "other"};
  return names.at(static_cast<std::size_t>(grade));
}

}  // namespace voip::detectors
