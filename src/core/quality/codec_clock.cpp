#include "core/quality/codec_clock.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/quality/clock_fit.h"

namespace voip {
namespace {

constexpr std::array<Duration, 5> intervals{10ms, 20ms, 30ms, 40ms, 60ms};
constexpr std::size_t window = 4;                // seconds that have to fit
constexpr std::size_t varying_window = 6;        // ... of packets that vary in length
constexpr std::int64_t even_percent = 3;         // of the length: one kind of packets
constexpr std::int64_t fits_least_percent = 85;  // of a suggested clock, over the window
constexpr std::int64_t each_least_percent = 40;  // and in each second of it
constexpr std::int64_t alike_percent = 25;       // of two directions that vary in length
constexpr std::int64_t held_least_milli = 1500;  // packets that are held back at once
constexpr std::int64_t on_time_percent = 40;     // of the moments: the air is free in between
constexpr std::int64_t held_surely = 4;
constexpr std::int64_t held_in_step = 3;
constexpr std::int64_t held_often = 2;  // seldomer it was somebody who walked past

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
  if (open_.length >= least_second) {
    add(open_);
    open_ = {};
  }
}

void CodecClock::add(const Second& second) {
  seconds_.at(count_ % most_seconds) = second;
  ++count_;
  if (interval_) {
    const bool is_short = has_few_and_short(second);
    look_for_silence(second, is_short);
    look_for_gap(second, is_short);
  }
  learn();
}

void CodecClock::count(Second& second, bool is_counted) {
  if (second.is_counted != is_counted) {
    second.is_counted = is_counted;
    expected_ += (is_counted ? 1 : -1) * expected_in(second.length, *interval_);
    came_ += (is_counted ? 1 : -1) * second.packets;
  }
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
    one.is_counted = one.is_doubtful = false;
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
  std::optional<std::int64_t> last_found;
  std::int64_t step = 0;  // that divides all distances between those that were found
  Duration seen{};
  for (std::size_t i = 0; i < std::min(count_, most_seconds) && seen < length && ago(i).is_counted; ++i) {
    const std::int64_t waiting = behind - least;
    on_time += waiting <= tolerance_milli ? 1 : 0;
    const Duration since(waiting * interval_->count() / 1000);
    if (waiting >= held_least_milli && since >= shortest_hold) {
      ++found;
      step = last_found ? std::gcd(step, moments - *last_found) : step;
      last_found = moments;
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
  // Holds that keep step with our looks are found as often as if there were more of them.
  if (found >= held_in_step && step > 1) {
    held.permille = std::min(held.permille, found * (held.longest - shortest_hold).count() * 1000 / seen.count());
  }
  return held;
}

}  // namespace voip
