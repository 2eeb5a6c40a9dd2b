// The clock by which one direction of a media flow sends: codecs make a packet each 10, 20, 30, 40 or 60 ms (RFC 3551). Once it
// is known, each packet that did not come is known to be missing. Voices that pause (silence suppression), video and whatever
// else has no steady clock are not judged. It keeps some twenty seconds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/model.h"
#include "core/time.h"

namespace voip {

class CodecClock {
 public:
  // One reading: what came in `elapsed`.
  void measured(const Counters& came, Duration elapsed);
  // The other direction's clock, whose packets are as long: the two ends of a call mostly talk alike. Believed only where what
  // comes fits it but for some that are missing.
  void suggest(Duration interval, std::uint32_t packet_bytes);

  // Between two packets; empty: there is no clock, or not yet.
  [[nodiscard]] std::optional<Duration> interval() const { return is_judged() ? interval_ : std::nullopt; }
  // Over the last twenty seconds more came than its clock makes, again and again. Where no queue of a line lies before it, it
  // never had that clock.
  [[nodiscard]] bool is_irregular() const;
  // Hardly anything came in the last second: whether that is a loss or a pause shows when it is over.
  [[nodiscard]] bool is_in_gap() const { return gap_ > 0; }
  // The last second has fewer packets than its clock makes: some were lost, or the talk ended within it.
  [[nodiscard]] bool broke_off() const;
  [[nodiscard]] std::uint32_t packet_bytes() const { return packet_bytes_; }  // the mean, IP header included; 0: not known yet

  struct Missed {
    std::int64_t expected = 0;  // packets
    std::int64_t missing = 0;   // of them; less than none: some came late
  };
  // Of the last `length` (twenty seconds at most), since the clock is known. Nothing where a part of it may be lost or a pause.
  [[nodiscard]] Missed missed(Duration length) const;
  // Since the clock is known.
  [[nodiscard]] Missed missed() const { return {expected_ / 1000, (expected_ - came_ * 1000) / 1000}; }

  // What was held back and came all at once, as on the air of a busy Wi-Fi.
  struct Held {
    std::int64_t permille = 0;  // of the time some has been for so long as `shortest_hold`
    Duration longest{};
    bool is_often = false;  // found so often that there is hardly chance in it
  };
  static constexpr Duration shortest_hold = 100ms;
  [[nodiscard]] Held held(Duration length) const;

 private:
  struct Second {
    Duration length{};
    std::int64_t packets = 0;
    std::int64_t bytes = 0;
    bool is_counted = false;   // with a clock
    bool is_doubtful = false;  // of a gap, or beside it: lost, or a pause
  };
  static constexpr std::size_t most_seconds = 20;
  static constexpr std::size_t surely_quiet = 2;
  static constexpr std::size_t surely_short = 2;
  [[nodiscard]] const Second& ago(std::size_t seconds) const;
  [[nodiscard]] Second sum(std::size_t count, std::size_t skipped = 0) const;
  [[nodiscard]] bool is_even(std::size_t count) const;
  void add(const Second& second);
  void learn();
  void start(Duration interval);
  void look_for_silence(const Second& second, bool is_short);
  void look_for_gap(const Second& second, bool is_short);
  void note_quiet(const Second& second);
  [[nodiscard]] std::size_t pauses() const;
  [[nodiscard]] bool is_judged() const { return !silences_ || quiet_seconds_ == surely_quiet; }
  [[nodiscard]] bool has_few(const Second& second, std::int64_t percent) const;
  [[nodiscard]] bool has_few_and_short(const Second& second) const;
  [[nodiscard]] bool fits_throughout(Duration interval, std::size_t count) const;
  void judge_gap(std::size_t length, bool was_lost);
  [[nodiscard]] std::size_t spurt_before_gap() const;
  void count(Second& second, bool is_counted);

  std::array<Second, most_seconds> seconds_{};
  std::size_t count_ = 0;  // ever
  Second open_;            // the one that is being filled
  std::optional<Duration> interval_;
  std::uint32_t packet_bytes_ = 0;
  bool silences_ = false;
  std::size_t short_seconds_ = 0;  // with few packets that are shorter; no more than are needed
  std::size_t quiet_seconds_ = 0;  // in which a voice was quiet and its packets went on; no more than are needed
  std::size_t gap_ = 0;            // seconds of the one that goes on
  bool is_short_gap_ = false;      // some packets came in it, short ones
  std::int64_t expected_ = 0;      // thousandths of packets
  std::int64_t came_ = 0;
};

}  // namespace voip
