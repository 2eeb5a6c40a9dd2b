// The clock's part for what may be no loss: voices that pause, gaps that may be pauses, and what never had that clock.
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "core/quality/clock_fit.h"
#include "core/quality/codec_clock.h"

namespace voip {
namespace {

constexpr std::int64_t silence_percent = 20;  // so few packets
constexpr std::int64_t shorter_percent = 85;  // ... that are shorter
constexpr std::int64_t longer_percent = 115;
constexpr std::int64_t pause_percent = 45;  // so few are a pause ...
constexpr std::size_t most_pauses = 3;      // ... and so many pauses no losses any more
constexpr std::size_t longest_spurt = 4;    // seconds of talk before a pause; spurts last one on the mean (ITU-T P.59)
constexpr std::int64_t quiet_percent = 70;  // of the length: the voice pauses, and packets go on
constexpr std::int64_t gap_percent = 10;    // with fewer it is a gap: it, and what it has of the seconds beside it, is not judged
constexpr std::size_t most_early = 4;       // seconds with packets too many, by RTCP and jitter at once
constexpr std::size_t owing_seconds = 3;    // in which what is held back for half of the time comes bit by bit
constexpr std::size_t longest_loss = 3;     // seconds of a gap; what is longer is a hold, or somebody who listens

}  // namespace

// A gap and what it has of the seconds beside it is not judged before it is over.
void CodecClock::look_for_gap(const Second& second, bool is_short) {
  const bool is_gap = is_short || second.packets * 1000 * 100 < expected_in(second.length, *interval_) * gap_percent;
  is_short_gap_ = (is_short_gap_ && gap_ > 0) || is_short;
  if (is_gap && count_ > 1) {
    count(seconds_.at((count_ - 2) % most_seconds), false);
  }
  count(seconds_.at((count_ - 1) % most_seconds), !is_gap && gap_ == 0);
  if (!is_gap && gap_ > 0 && gap_ <= longest_loss) {
    judge_gap(gap_ + 2, gap_ == 1 && !is_short_gap_ && spurt_before_gap() > longest_spurt);
  }
  gap_ = is_gap ? gap_ + 1 : 0;
}

// Where a voice pauses some short packets go on, or none. Then what does not come is not missing, whenever it is; but for a voice
// whose packets go on as often as ever where it is quiet. One second alone may have lost others just when the voice was quiet.
void CodecClock::look_for_silence(const Second& second, bool is_short) {
  note_quiet(second);
  short_seconds_ = std::min<std::size_t>(short_seconds_ + (is_short ? 1U : 0U), surely_short);
  silences_ = silences_ || short_seconds_ == surely_short || pauses() >= most_pauses;
}

bool CodecClock::has_few_and_short(const Second& second) const {
  return second.packets > 0 && has_few(second, silence_percent) &&
         second.bytes * 100 < second.packets * packet_bytes_ * shorter_percent;
}

void CodecClock::note_quiet(const Second& second) {
  const bool is_quiet = second.bytes * 100 < second.packets * packet_bytes_ * quiet_percent &&
                        fits(second.packets, second.length, *interval_, second_milli);
  if (!is_quiet || quiet_seconds_ == surely_quiet || ++quiet_seconds_ < surely_quiet) {
    return;
  }
  for (Second& one : seconds_) {
    if (std::exchange(one.is_doubtful, false)) {
      count(one, true);
    }
  }
}

// A pause counts once the voice goes on: nothing comes after the end of a call either. After talk that is longer than people talk
// without a breath it is a gap, something that was lost, unless nothing came for more than about a second.
std::size_t CodecClock::pauses() const {
  const std::size_t known = std::min(count_, most_seconds);
  std::size_t pauses = 0;
  std::size_t spurt = 0;
  std::size_t few = 0;
  bool has_gap = false;
  for (std::size_t i = known; i-- > 0;) {
    if (has_few(ago(i), pause_percent)) {
      has_gap = (few > 0 && has_gap) || has_few(ago(i), gap_percent);
      ++few;
      continue;
    }
    if (few > 0) {
      pauses += spurt <= longest_spurt || (has_gap && few > 1) ? 1U : 0U;
      few = spurt = 0;
    }
    ++spurt;
  }
  return pauses;
}

// Seconds of talk without a pause before the one that was a gap; none where the gap began before it or goes on after it.
std::size_t CodecClock::spurt_before_gap() const {
  std::size_t spurt = 0;
  while (2 + spurt < std::min(count_, most_seconds) && !has_few(ago(2 + spurt), pause_percent)) {
    ++spurt;
  }
  return has_few(ago(0), pause_percent) ? 0 : spurt;
}

// It is over. Of a voice that goes on where it is quiet it was lost; of others nobody can tell, but for a short one after long
// talk.
void CodecClock::judge_gap(std::size_t length, bool was_lost) {
  for (std::size_t i = 0; i < std::min({length, count_, most_seconds}); ++i) {
    Second& one = seconds_.at((count_ - 1 - i) % most_seconds);
    one.is_doubtful = !was_lost && quiet_seconds_ < surely_quiet;
    count(one, !one.is_doubtful);
  }
}

bool CodecClock::broke_off() const {
  return interval() && ago(0).packets * 1000 + second_milli < expected_in(ago(0).length, *interval_);
}

// Fewer packets that are longer are another packet time.
bool CodecClock::has_few(const Second& second, std::int64_t percent) const {
  return second.bytes * 100 <= second.packets * packet_bytes_ * longer_percent &&
         second.packets * 1000 * 100 < expected_in(second.length, *interval_) * percent;
}

// Of what is sent nearby nothing comes before its time: a second has more packets than its clock makes only where those just
// before it have as many fewer. What does otherwise, again and again, has no such clock, whatever fitted one for some seconds.
bool CodecClock::is_irregular() const {
  if (!interval_) {
    return false;
  }
  std::size_t early = 0;
  std::array<std::int64_t, owing_seconds> owed{};  // thousandths of packets, by each second before; the oldest first
  for (std::size_t i = std::min(count_, most_seconds); i-- > 0;) {
    const Second& one = ago(i);
    if (!one.is_counted) {
      owed = {};
      continue;
    }
    const std::int64_t more = one.packets * 1000 - expected_in(one.length, *interval_);
    early += more > std::reduce(owed.begin(), owed.end()) + tolerance_milli ? 1U : 0U;
    std::int64_t pays = std::max<std::int64_t>(more, 0);
    for (std::int64_t& debt : owed) {
      const std::int64_t paid = std::min(debt, pays);
      debt -= paid;
      pays -= paid;
    }
    std::shift_left(owed.begin(), owed.end(), 1);
    owed.back() = std::max<std::int64_t>(-more, 0);
  }
  return early >= most_early;
}

}  // namespace voip
