// Judges one media flow of a call, reading by reading: what is missing of it against its clocks, what the queues of the line add,
// and by the E-model how that is heard. What the phone sends is counted before the line, so what is missing of that was lost in
// the home; what comes from outside has all behind it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/call_quality.h"
#include "core/line_state.h"
#include "core/model.h"
#include "core/quality/codec_clock.h"
#include "core/time.h"

namespace voip {

class CallMeter {
 public:
  // `ip_header`: bytes of it in each packet, as 20 for IPv4.
  explicit CallMeter(std::uint32_t ip_header) : ip_header_(ip_header) {}

  void measured(const Counters& up, const Counters& down, Duration elapsed, const LineState& line, bool has_qos = false);

  // Over the last ten seconds; of a call without a clock it is unknown.
  [[nodiscard]] CallQuality lately() const;
  // Over all of it.
  [[nodiscard]] CallQuality whole() const;
  // ... without QoS and with it.
  [[nodiscard]] QueueDelays queue_delays() const;
  // It has been bad for five seconds.
  [[nodiscard]] bool is_bad() const { return bad_for_ >= 5s; }
  // Packets by which it is known, the more the better.
  [[nodiscard]] std::int64_t weight() const { return down_.missed().expected; }
  // ... lately: media that has moved to another flow tells nothing any more.
  [[nodiscard]] std::int64_t weight_lately() const { return down_.missed(10s).expected; }

 private:
  struct Queues {
    std::optional<Duration> up;
    std::optional<Duration> down;
  };
  struct Losses {
    CodecClock::Missed up;
    CodecClock::Missed down;
  };
  [[nodiscard]] CallQuality judge(const Losses& losses, const Queues& queues) const;
  [[nodiscard]] Losses recent(Duration length) const;
  [[nodiscard]] std::optional<QualityCause> cause_of(std::uint32_t up_missing, std::uint32_t down_missing,
                                                     const Queues& queues) const;
  [[nodiscard]] const Queues& queues_ago(std::size_t seconds) const;

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
  Duration bad_for_{};
  std::optional<QualityCause> worst_cause_;
  std::uint32_t worst_mos_ = 450;
};

}  // namespace voip
