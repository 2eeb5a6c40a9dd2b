// Judges one media flow of a call, reading by reading: what is missing of it against its clocks, what the queues of the line add,
// and by the E-model how that is heard. What the phone sends is counted before the line, so what is missing of that was lost in
// the home, and what comes late was held back there; what comes from outside has all behind it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/call_quality.h"
#include "core/line_state.h"
#include "core/model.h"
#include "core/quality/codec_clock.h"
#include "core/quality/e_model.h"
#include "core/time.h"

namespace voip {

class CallMeter {
 public:
  // `ip_header`: bytes of it in each packet, as 20 for IPv4.
  explicit CallMeter(std::uint32_t ip_header) : ip_header_(ip_header) {}

  struct Around {
    bool has_qos = false;
    bool is_idle = false;                // so little passes on the line that nothing waits there
    std::uint32_t dropped_permille = 0;  // of what enters the upload's queue now
  };
  void measured(const Counters& up, const Counters& down, Duration elapsed, const LineState& line, const Around& around);

  // Over the last ten seconds; of a call without a clock it is unknown.
  [[nodiscard]] const CallQuality& lately() const { return lately_; }
  // Over all of it.
  [[nodiscard]] CallQuality whole() const;
  // ... without QoS and with it.
  [[nodiscard]] QueueDelays queue_delays() const;
  // It has been bad for five seconds, and surely is so on the whole of the last ten.
  [[nodiscard]] bool is_bad() const;
  // Packets by which it is known, the more the better.
  [[nodiscard]] std::int64_t weight() const { return down_.missed().expected; }
  // ... lately: media that has moved to another flow tells nothing any more.
  [[nodiscard]] std::int64_t weight_lately() const { return weight_lately_; }

 private:
  struct Queues {
    std::optional<Duration> up;
    std::optional<Duration> down;
    bool are_none = false;  // though nobody measured them
  };
  struct Losses {
    CodecClock::Missed up;
    CodecClock::Missed down;
    CodecClock::Held held{};       // of what the phone sends
    std::uint32_t up_dropped = 0;  // of a thousand packets, by the upload
    // Of a thousand packets, for a queue that grew faster than a listener's buffer does.
    std::uint32_t up_late = 0;
    std::uint32_t down_late = 0;
  };
  // Of one listener, in thousandths of packets that were not played.
  struct Heard {
    std::uint32_t missing = 0;
    std::uint32_t dropped = 0;  // by the line
    std::uint32_t late = 0;     // behind its queue
    Duration held{};            // on the air
    Duration queue{};
    std::uint32_t mos = 0;
  };
  [[nodiscard]] static std::uint32_t late_permille(const CodecClock::Held& held);
  [[nodiscard]] static Duration held_delay(const CodecClock::Held& held);
  [[nodiscard]] CallQuality judge(const Losses& losses, const Queues& queues) const;
  void second_passed(Duration length);
  [[nodiscard]] Losses recent(Duration length, const CodecClock::Held& held) const;
  [[nodiscard]] Queues recent_queues(Duration length) const;
  [[nodiscard]] std::optional<QualityCause> cause_of(const Heard& here, const Heard& there, const Queues& queues,
                                                     const CodecImpairment& codec) const;
  [[nodiscard]] const Queues& queues_ago(std::size_t seconds) const;
  [[nodiscard]] std::uint32_t late_behind(std::optional<Duration> Queues::*way, Duration length) const;
  void add_up(const CallQuality& last);

  std::uint32_t ip_header_;
  CodecClock up_;
  CodecClock down_;
  Duration open_{};  // of the second that is being filled
  std::array<Queues, 16> queues_{};
  std::size_t seconds_ = 0;
  // Over the seconds in which they were known.
  struct QueueSums {
    Duration up{};
    std::int64_t up_seconds = 0;
    Duration down{};
    std::int64_t down_seconds = 0;
  };
  [[nodiscard]] static Queues means(const QueueSums& sums);
  [[nodiscard]] static std::optional<Duration> both_ways(const Queues& queues);
  QueueSums without_qos_;
  QueueSums with_qos_;
  Bottleneck bottleneck_ = Bottleneck::unknown;
  bool is_idle_ = false;
  std::uint32_t dropped_permille_ = 0;
  bool broke_off_ = false;     // both directions, in the last second
  Duration unjudged_{};        // seconds before the last one that wait for what comes
  bool is_irregular_ = false;  // what the phone sends
  CallQuality lately_;
  std::int64_t weight_lately_ = 0;
  Duration bad_for_{};
  Duration in_gap_{};  // which may have been bad, since it was seen last
  // Of the seconds that could be judged, each by its last five.
  std::uint64_t mos_ = 0;
  std::uint64_t judged_ = 0;
  std::array<std::uint64_t, all_causes.size()> spoilt_by_{};  // hundredths of a MOS, by cause
};

}  // namespace voip
