#include "core/quality/codec_clock.h"

#include <algorithm>
#include <utility>

namespace voip {
namespace {

constexpr std::array<Duration, 5> intervals{10ms, 20ms, 30ms, 40ms, 60ms};
constexpr Duration a_second = 1s;
constexpr std::size_t window = 4;                // seconds that have to fit
constexpr std::size_t varying_window = 6;        // ... of packets that vary in length
constexpr std::int64_t tolerance_milli = 1300;   // packets: one that is just coming at each end, and some jitter
constexpr std::int64_t even_percent = 3;         // of the length: one kind of packets
constexpr std::int64_t fits_least_percent = 85;  // of a suggested clock, over the window
constexpr std::int64_t each_least_percent = 40;  // and in each second of it
constexpr std::int64_t alike_percent = 25;       // of two directions that vary in length
constexpr std::int64_t second_milli = 2300;      // packets: a single second
constexpr std::int64_t silence_percent = 20;     // so few packets
constexpr std::int64_t shorter_percent = 85;     // ... that are shorter
constexpr std::int64_t longer_percent = 115;
constexpr std::int64_t pause_percent = 45;       // so few are a pause ...
constexpr std::size_t most_pauses = 3;           // ... and so many pauses no losses any more
constexpr std::size_t longest_spurt = 4;         // seconds of talk before a pause; spurts last one on the mean (ITU-T P.59)
constexpr std::int64_t quiet_percent = 70;       // of the length: the voice pauses, and packets go on
constexpr std::int64_t held_least_milli = 1500;  // packets that are held back at once
constexpr std::size_t most_early = 4;            // seconds of twenty with packets too many, by RTCP and jitter at once
constexpr std::int64_t on_time_percent = 40;     // of the moments: the air is free in between
constexpr std::int64_t held_surely = 4;
constexpr std::int64_t held_often = 2;    // seldomer it was somebody who walked past
constexpr std::int64_t gap_percent = 10;  // with fewer it is a gap: it, and what it has of the seconds beside it, is not judged
constexpr std::size_t longest_loss = 3;   // seconds of a gap; what is longer is a hold, or somebody who listens

// Thousandths of packets.
std::int64_t expected_in(Duration length, Duration interval) {
  return length.count() * 1000 / interval.count();
}

bool fits(std::int64_t packets, Duration length, Duration interval, std::int64_t tolerance = tolerance_milli) {
  const std::int64_t difference = packets * 1000 - expected_in(length, interval);
  return (difference < 0 ? -difference : difference) <= tolerance;
}

}  // namespace

const CodecClock::Second& CodecClock::ago(std::size_t seconds) const {
  return seconds_.at((count_ - 1 - seconds) % most_seconds);
}

CodecClock::Second CodecClock::sum(std::size_t count, std::size_t skipped) const {
  Second all;
  for (std::size_t i = skipped; i < skipped + count; ++i) {
    all.length += ago(i).length;
    all.packets += ago(i).packets;
    all.bytes += ago(i).bytes;
  }
  return all;
}

// All packets are as long as each other, as far as means of seconds tell.
bool CodecClock::is_even(std::size_t count) const {
  const Second all = sum(count);
  if (all.packets == 0) {
    return false;
  }
  const std::int64_t mean = all.bytes / all.packets;
  for (std::size_t i = 0; i < count; ++i) {
    const Second& one = ago(i);
    const std::int64_t difference = one.packets == 0 ? mean : one.bytes / one.packets - mean;
    if ((difference < 0 ? -difference : difference) * 100 > mean * even_percent) {
      return false;
    }
  }
  return true;
}

void CodecClock::measured(const Counters& came, Duration elapsed) {
  open_.length += elapsed;
  open_.packets += static_cast<std::int64_t>(came.packets);
  open_.bytes += static_cast<std::int64_t>(came.bytes);
  if (open_.length >= a_second) {
    add(open_);
    open_ = {};
  }
}

void CodecClock::add(const Second& second) {
  seconds_.at(count_ % most_seconds) = second;
  ++count_;
  if (interval_) {
    look_for_silence(second);
    const bool is_gap = second.packets * 1000 * 100 < expected_in(second.length, *interval_) * gap_percent;
    if (is_gap && count_ > 1) {
      count(seconds_.at((count_ - 2) % most_seconds), false);
    }
    count(seconds_.at((count_ - 1) % most_seconds), !is_gap && gap_ == 0);
    if (!is_gap && gap_ > 0 && gap_ <= longest_loss) {
      judge_gap(gap_ + 2, gap_ == 1 && spurt_before_gap() > longest_spurt);
    }
    gap_ = is_gap ? gap_ + 1 : 0;
    is_irregular_ = is_irregular_ || early_seconds() >= most_early;
  }
  learn();
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

void CodecClock::count(Second& second, bool is_counted) {
  if (second.is_counted != is_counted) {
    second.is_counted = is_counted;
    expected_ += (is_counted ? 1 : -1) * expected_in(second.length, *interval_);
    came_ += (is_counted ? 1 : -1) * second.packets;
  }
}

// Of what is sent nearby nothing comes before its time: a second has more packets than its clock makes only where one just before
// it has as many fewer. What does otherwise, again and again, has no such clock, whatever fitted one for some seconds.
std::size_t CodecClock::early_seconds() const {
  std::size_t early = 0;
  std::int64_t owed = 0;  // by the two seconds before, in thousandths of packets
  std::int64_t owed_before = 0;
  for (std::size_t i = std::min(count_, most_seconds); i-- > 0;) {
    const Second& one = ago(i);
    if (!one.is_counted) {
      owed = owed_before = 0;
      continue;
    }
    const std::int64_t more = one.packets * 1000 - expected_in(one.length, *interval_);
    early += more > owed_before + owed + tolerance_milli ? 1U : 0U;
    const std::int64_t older = std::max<std::int64_t>(owed_before - std::max<std::int64_t>(more, 0), 0);
    const std::int64_t paid = std::max<std::int64_t>(more, 0) - (owed_before - older);  // of what the last second owed
    owed_before = std::max<std::int64_t>(owed - paid, 0);
    owed = std::max<std::int64_t>(-more, 0);
  }
  return early;
}

// Fewer packets that are longer are another packet time.
bool CodecClock::has_few(const Second& second, std::int64_t percent) const {
  return second.bytes * 100 <= second.packets * packet_bytes_ * longer_percent &&
         second.packets * 1000 * 100 < expected_in(second.length, *interval_) * percent;
}

// Where a voice pauses some short packets go on, or none. Then what does not come is not missing, whenever it is; but for a voice
// whose packets go on as often as ever where it is quiet.
void CodecClock::look_for_silence(const Second& second) {
  note_quiet(second);
  const bool are_shorter = second.packets > 0 && second.bytes * 100 < second.packets * packet_bytes_ * shorter_percent;
  silences_ = silences_ || (has_few(second, silence_percent) && are_shorter) || pauses() >= most_pauses;
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

// On the whole, and in each second: a voice that pauses may fit on the whole by chance.
bool CodecClock::fits_throughout(Duration interval, std::size_t count) const {
  if (count_ < count) {
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!fits(ago(i).packets, ago(i).length, interval, second_milli)) {
      return false;
    }
  }
  const Second all = sum(count);
  return fits(all.packets, all.length, interval);
}

void CodecClock::learn() {
  if (count_ < window) {
    return;
  }
  const Second now = sum(window);
  for (const Duration interval : intervals) {
    if (interval != interval_ && fits_throughout(interval, is_even(window) ? window : varying_window)) {
      start(interval);
      return;
    }
  }
  if (interval_ && fits(now.packets, now.length, *interval_)) {
    packet_bytes_ = static_cast<std::uint32_t>(now.bytes / std::max<std::int64_t>(now.packets, 1));
  }
}

void CodecClock::start(Duration interval) {
  const Second now = sum(window);
  packet_bytes_ = static_cast<std::uint32_t>(now.bytes / std::max<std::int64_t>(now.packets, 1));
  // Its last seconds were measured by a clock that was not its own any more; older ones keep what they gave.
  for (std::size_t i = 0; i < std::min(count_, most_seconds); ++i) {
    Second& one = seconds_.at((count_ - 1 - i) % most_seconds);
    if (i < window && interval_) {
      count(one, false);
    }
    one.is_counted = false;
  }
  const bool is_first = !interval_;
  interval_ = interval;
  for (std::size_t i = 0; i < window; ++i) {
    count(seconds_.at((count_ - 1 - i) % most_seconds), true);
  }
  for (std::size_t i = 0; is_first && i < std::min(count_, most_seconds); ++i) {
    note_quiet(ago(i));
  }
}

void CodecClock::suggest(Duration interval, std::uint32_t packet_bytes) {
  if (interval_ || count_ < window || packet_bytes == 0) {
    return;
  }
  const bool even = is_even(window);
  const std::size_t needed = even ? window : varying_window;
  if (count_ < needed) {
    return;
  }
  const Second now = sum(needed);
  const std::int64_t difference = now.packets == 0 ? packet_bytes : now.bytes / now.packets - std::int64_t{packet_bytes};
  if ((difference < 0 ? -difference : difference) * 100 > packet_bytes * (even ? even_percent : alike_percent)) {
    return;
  }
  // It may have been held back here and there.
  if (even && fits(now.packets, now.length, interval)) {
    start(interval);
    return;
  }
  if (now.packets * 1000 * 100 < expected_in(now.length, interval) * fits_least_percent ||
      now.packets * 1000 > expected_in(now.length, interval) + tolerance_milli) {
    return;
  }
  for (std::size_t i = 0; i < needed; ++i) {
    const std::int64_t expected = expected_in(ago(i).length, interval);
    if (ago(i).packets * 1000 * 100 < expected * each_least_percent || ago(i).packets * 1000 > expected + second_milli) {
      return;
    }
  }
  start(interval);
}

CodecClock::Missed CodecClock::missed(Duration length) const {
  Missed missed;
  if (!interval()) {
    return missed;
  }
  std::int64_t expected = 0;
  std::int64_t came = 0;
  Duration seen{};
  for (std::size_t i = 0; i < std::min(count_, most_seconds) && seen < length; ++i) {
    seen += ago(i).length;
    if (ago(i).is_doubtful) {
      return {};
    }
    if (ago(i).is_counted) {
      expected += expected_in(ago(i).length, *interval_);
      came += ago(i).packets;
    }
  }
  return {expected / 1000, (expected - came * 1000 + (expected >= came * 1000 ? 500 : -500)) / 1000};
}

// What is behind at one moment and has come at a later one was held back; what never comes is missing. The moments at which the
// seconds end are as good as any, so as many in a hundred of them find something held back as do packets.
CodecClock::Held CodecClock::held(Duration length) const {
  Held held;
  if (!interval()) {
    return held;
  }
  std::int64_t behind = 0;  // at the end of a second, beside now
  std::int64_t least = 0;   // ... of those that came after it
  std::int64_t moments = 0;
  std::int64_t found = 0;
  std::int64_t on_time = 0;
  Duration seen{};
  for (std::size_t i = 0; i < std::min(count_, most_seconds) && seen < length && ago(i).is_counted; ++i) {
    const std::int64_t waiting = behind - least;
    on_time += waiting <= tolerance_milli ? 1 : 0;
    const Duration since(waiting * interval_->count() / 1000);
    if (waiting >= held_least_milli && since >= shortest_hold) {
      ++found;
      held.longest = std::max(held.longest, since);
    }
    ++moments;
    seen += ago(i).length;
    behind -= expected_in(ago(i).length, *interval_) - ago(i).packets * 1000;
    least = std::min(least, behind);
  }
  // What comes faster than the clock seems held back at each moment before.
  if (found < held_often || on_time * 100 < moments * on_time_percent) {
    return {};
  }
  // As many moments, evenly spread, leave so much of the longest unseen.
  held.longest += (held.longest - shortest_hold) / found;
  // Of few moments one more is found by chance easily, so half of one is not believed.
  held.permille = (2 * found - 1) * 500 / moments;
  held.is_often = found >= held_surely;
  return held;
}

}  // namespace voip
