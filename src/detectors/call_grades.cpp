#include "detectors/call_grades.h"

#include "detectors/call_look.h"

namespace voip::detectors {
namespace {

// Frames of 10, 30, 40 or 60 ms: their number over a second is the clock's, and quarters hardly differ.
bool has_frame_clock(const Look& look) {
  if (!look.has_2_half_seconds) {
    return false;
  }
  if (is_within(look.t[4], 98, 102)) {
    return look.most(4) - look.least(4) <= 2;
  }
  const bool has_rate = is_within(look.t[4], 33, 34) || look.t[4] == 25 || is_within(look.t[4], 16, 17);
  return has_rate && look.most(4) - look.least(4) <= 1;
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

// With a packet of RTCP now and then.
bool has_20_ms_clock(const Look& look) {
  return look.has_2_half_seconds && is_within(look.t[4], 49, 53) && look.most(4) - look.least(4) <= 2;
}

// 60, 62.5, 64 and 128 Hz are clocks of games: frames of codecs last 10, 20, 30, 40 or 60 ms. WebRTC's 50 voice and 16 feedback
// packets a second are just above, or among them (is_mirrored).
bool has_game_clock(const Look& look) {
  return look.has_4_quarters && look.least(4) >= 3 && look.most(4) - look.least(4) <= 2 &&
         (is_within(look.t[4], 58, 65) || is_within(look.t[4], 118, 134));
}

// Exact rates that frames do not have, like 20, 30, 35 or 45 Hz. Voice and feedback together may have them in one direction.
bool has_foreign_clock(const Look& look) {
  const auto is_foreign = [](std::int64_t per_second, std::int64_t slack) {
    return is_within(per_second, 19, 23) || is_within(per_second, 27, 31 - slack) || is_within(per_second, 35 + slack, 46);
  };
  return (look.has_4_quarters && look.most(4) - look.least(4) <= 1 && is_foreign(look.t[4], 0)) ||
         (look.has_8_quarters && look.most(8) - look.least(8) <= 2 && is_foreign(look.t[8] / 2, 1));
}

// Variance over mean (Fano factor) of at most 1/4 over a second: a clock of any rate; a Poisson process has 1.
bool is_steady(const Look& look) {
  const std::int64_t squares = look.n[0] * look.n[0] + look.n[1] * look.n[1] + look.n[2] * look.n[2] + look.n[3] * look.n[3];
  return look.has_2_half_seconds && look.least(4) >= 3 && 4 * squares - look.t[4] * look.t[4] <= look.t[4];
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

Grade voice_sized_grade(const Look& look) {
  const bool has_room = look.has_size(2, least_voice, most_voice);
  if (look.has_half_second && is_within(look.n[0], 11, 14) && is_within(look.n[1], 11, 14) && is_within(look.t[2], 23, 27)) {
    if (has_room && look.y[2] > most_clocked * look.t[2]) {
      return has_20_ms_clock(look) ? Grade::frame : Grade::loose;  // high fidelity: only an exact clock is believed
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
  if (look.t[4] < 18 && !has_changing_sizes(look)) {
    return Grade::loose;
  }
  if (is_steady(look)) {
    return Grade::voice;
  }
  return look.y[2] - rtp_headers * look.t[2] >= 300 ? Grade::rough : Grade::loose;
}

// Voice and video on one flow: packets of middle size, faster than any voice.
bool has_bundle(const Look& look) {
  return look.has_size(2, least_bundle, most_voice) &&
         is_within(look.t[2], least_bundle_per_half_second, most_bundle_per_half_second);
}

// Large datagrams in exact rhythm are snapshots of a game. A frame of video splits into changing numbers of packets; one that is
// paced may be even for a second, and not for two.
bool has_snapshots(const Look& look) {
  if (!look.has_4_quarters || look.least(4) < 3 || look.most(4) - look.least(4) > 1 + look.t[4] / 64) {
    return false;
  }
  const bool is_new = look.least(8) < 3;
  return is_new || look.most(8) - look.least(8) <= 2 + look.t[8] / 128;
}

Grade busy_grade(const Look& look) {
  const bool is_voice_sized = look.has_size(2, least_rtp, most_voice);
  if (is_voice_sized && look.y[2] - rtp_headers * look.t[2] <= most_payload_per_half_second) {
    return voice_sized_grade(look);
  }
  if (is_voice_sized) {
    if (has_bundle(look)) {
      return Grade::rich;
    }
    return has_game_clock(look) ? Grade::tick : look.t[2] > 80 ? Grade::other : Grade::loose;
  }
  if (look.has_size(2, most_voice, most_high_fidelity) && has_20_ms_clock(look)) {
    return Grade::frame;
  }
  if (has_long_frames(look) && is_constant(look)) {
    return Grade::frame;
  }
  if (look.has_size(2, most_voice, most_rich)) {
    return has_snapshots(look) ? Grade::snapshot : Grade::rich;
  }
  return Grade::other;
}

// Voice that is held up on the way, as on the air, arrives together: nothing for a second of two, then many packets at once. Over
// the two seconds they are as many as a voice has, and they are not the first ones, as what comes after a request is.
bool is_held_up(const Look& look, const CallHistory& history, Direction direction) {
  constexpr std::int64_t least = 40;  // packets
  constexpr std::int64_t most = 140;
  constexpr int least_empty = 4;  // of the eight quarters
  if (!look.has_8_quarters || !is_within(look.t[8], least, most) || !look.has_size(8, least_voice, most_voice) ||
      std::count(look.n.begin(), look.n.end(), 0) < least_empty) {
    return false;
  }
  return history.packets(direction, CallHistory::length) >= look.t[8] + least;
}

bool has_comfort_noise(const Look& look) {
  return look.has_8_quarters && is_within(look.t[8], 12, 13) && look.least(8) >= 1 && look.most(8) <= 2;
}

Grade sparse_grade(const Look& look, const CallHistory& history, Direction direction) {
  if (look.t[8] >= 12 && look.y[8] < 54 * look.t[8]) {
    // Requests, or empty replies; but comfort noise of a voice that pauses comes each 160 ms (3GPP TS 26.093).
    return has_comfort_noise(look) ? Grade::trickle : Grade::other;
  }
  const auto present = std::count_if(look.n.begin(), look.end(6), [](std::int64_t n) { return n > 0; });
  if (is_within(look.t[6], 7, 30) && look.most(6) <= 6 && look.has_size(6, 64, 420) && present >= 5 && has_changing_sizes(look)) {
    return Grade::low;
  }
  if (is_held_up(look, history, direction)) {
    return Grade::rough;
  }
  if (look.t[4] <= 8 && look.y[4] <= most_voice * look.t[4]) {
    return Grade::trickle;
  }
  return look.t[4] <= 60 && look.has_size(4, least_voice, most_voice) ? Grade::loose : Grade::other;
}

}  // namespace

Grade grade(const CallHistory& history, Direction direction) {
  const Look look(history, direction);
  if (look.t[8] == 0) {
    return history.packets(direction, CallHistory::length) > 0 ? Grade::pause : Grade::dead;
  }
  return look.n[0] >= 3 && look.n[1] >= 3 ? busy_grade(look) : sparse_grade(look, history, direction);
}

std::string_view to_string(Grade grade) {
  static constexpr std::array<std::string_view, grade_count> names{"clock", "thin clock", "frame",    "onset", "voice", "rough",
                                                                   "loose", "low",        "trickle",  "pause", "dead",  "rich",
                                                                   "step",  "tick",       "snapshot", "other"};
  return names.at(static_cast<std::size_t>(grade));
}

}  // namespace voip::detectors
