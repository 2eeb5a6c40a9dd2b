// Grades of readings a second apart or longer: what happened inside of them cannot be known.
#include "detectors/call_grades.h"
#include "detectors/call_look.h"

namespace voip::detectors {
namespace {

// Slow voice bundles frames of a variable rate, so the packets of one second are larger than those of another, by a twelfth at
// least. Keystrokes and polls are alike.
bool has_changing_seconds(const Look& look) {
  const std::int64_t before = look.t[8] - look.t[4];
  if (look.t[4] == 0 || before == 0) {
    return false;
  }
  const std::int64_t newest_mean = look.y[4] / look.t[4];
  const std::int64_t mean_before = (look.y[8] - look.y[4]) / before;
  return 12 * std::max(newest_mean - mean_before, mean_before - newest_mean) >= std::min(newest_mean, mean_before);
}

// Packets of the newest second and the one before.
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
  if (look.has_2_seconds && seconds.difference <= 1 + n / 64 && (is_within(n, 58, 65) || is_within(n, 118, 134))) {
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
    const bool is_even = look.has_2_seconds && seconds.before >= 12 && seconds.difference <= 1 + seconds.newest / 64;
    return is_even ? Grade::snapshot : Grade::rich;
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

Grade coarse_grade(const CallHistory& history, Direction direction) {
  const Look look(history, direction);
  if (look.t[8] == 0) {
    return history.packets(direction, CallHistory::length) > 0 ? Grade::pause : Grade::dead;
  }
  return look.t[4] >= 12 ? coarse_busy_grade(look) : coarse_sparse_grade(look);
}

}  // namespace voip::detectors
