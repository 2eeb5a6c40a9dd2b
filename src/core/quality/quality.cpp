#include "core/quality/quality.h"

#include <algorithm>
#include <utility>

#include "core/quality/e_model.h"

namespace voip {
namespace {

constexpr std::uint32_t good_mos = 400;
constexpr std::uint32_t fair_mos = 360;
constexpr std::uint32_t udp_and_rtp = 8 + 12;  // RFC 768, 3550
constexpr Duration recently = 10s;
constexpr Duration shortly = 5s;
constexpr Duration least_heard = 2s;
constexpr Duration heard_delay = 150ms;  // from here on talkers notice (G.114)
constexpr Duration standing_queue = 30ms;
constexpr std::int64_t least_missing = 2;       // packets: as many may stand between two readings
constexpr std::uint32_t noticed_permille = 10;  // missing

std::uint32_t permille(const CodecClock::Missed& missed) {
  if (missed.expected <= 0 || missed.missing < least_missing) {
    return 0;
  }
  return static_cast<std::uint32_t>(std::min<std::int64_t>(missed.missing * 1000 / missed.expected, 1000));
}

Grade grade_of(std::uint32_t mos) {
  return mos >= good_mos ? Grade::good : mos >= fair_mos ? Grade::fair : Grade::bad;
}

}  // namespace

const CallMeter::Queues& CallMeter::queues_ago(std::size_t seconds) const {
  return queues_.at((seconds_ + queues_.size() - 1 - std::min(seconds, queues_.size() - 1)) % queues_.size());
}

void CallMeter::measured(const Counters& up, const Counters& down, Duration elapsed, const LineState& line, bool has_qos) {
  up_.measured(up, elapsed);
  down_.measured(down, elapsed);
  if (const auto interval = up_.interval()) {
    down_.suggest(*interval, up_.packet_bytes());
  } else if (const auto other = down_.interval()) {
    up_.suggest(*other, down_.packet_bytes());
  }
  open_ += elapsed;
  if (open_ < 1s) {
    return;
  }
  const Duration length = std::exchange(open_, Duration::zero());
  queues_.at(seconds_ % queues_.size()) = {line.up.queue, line.down.queue};
  ++seconds_;
  bottleneck_ = line.bottleneck;
  QueueSums& sums = has_qos ? with_qos_ : without_qos_;
  if (line.up.queue) {
    sums.up += *line.up.queue;
    ++sums.up_seconds;
  }
  if (line.down.queue) {
    sums.down += *line.down.queue;
    ++sums.down_seconds;
  }
  const CallQuality last = judge(recent(shortly), queues_ago(0));
  bad_for_ = last.grade == Grade::bad ? bad_for_ + length : Duration::zero();
  if (last.mos_hundredths && *last.mos_hundredths < worst_mos_) {
    worst_mos_ = *last.mos_hundredths;
    worst_cause_ = last.cause;
  }
}

// What waits in a queue that has grown meanwhile is late, not missing.
CallMeter::Losses CallMeter::recent(Duration length) const {
  Losses losses{up_.missed(length), down_.missed(length)};
  const auto& queue = queues_ago(0).down;
  const auto& before = queues_ago(static_cast<std::size_t>(length / 1s)).down;
  if (queue && before && *queue > *before && down_.interval()) {
    losses.down.missing -= (*queue - *before) / *down_.interval();
  }
  return losses;
}

CallQuality CallMeter::judge(const Losses& losses, const Queues& queues) const {
  CallQuality quality;
  quality.delay = both_ways(queues);
  if (!down_.interval() || losses.down.expected * *down_.interval() < least_heard) {
    return quality;
  }
  const std::uint32_t headers = ip_header_ + udp_and_rtp;
  const std::uint32_t payload = down_.packet_bytes() > headers ? down_.packet_bytes() - headers : 0;
  const CodecImpairment codec = impairment_of(payload, *down_.interval());
  const std::uint32_t up_missing = permille(losses.up);
  const std::uint32_t down_missing = permille(losses.down);
  // Each end hears one direction. What the home hears is behind the queue down, what the other end hears behind that up.
  const std::uint32_t heard_here = mos_hundredths(down_missing, queues.down.value_or(Duration::zero()), codec);
  const std::uint32_t heard_there = mos_hundredths(up_missing, queues.up.value_or(Duration::zero()), codec);
  quality.missing_permille = std::max(up_missing, down_missing);
  quality.mos_hundredths = std::min(heard_here, heard_there);
  quality.grade = grade_of(*quality.mos_hundredths);
  if (quality.grade != Grade::good) {
    quality.cause = cause_of(up_missing, down_missing, queues);
  }
  return quality;
}

std::optional<QualityCause> CallMeter::cause_of(std::uint32_t up_missing, std::uint32_t down_missing,
                                                const Queues& queues) const {
  const Duration up = queues.up.value_or(Duration::zero());
  const Duration down = queues.down.value_or(Duration::zero());
  if (std::max(up, down) >= heard_delay) {
    return up >= down ? QualityCause::upload : QualityCause::download;
  }
  if (up_missing >= noticed_permille && up_missing >= down_missing) {
    return QualityCause::home;
  }
  if (down_missing < noticed_permille) {
    return std::nullopt;
  }
  if (down >= standing_queue || bottleneck_ == Bottleneck::download) {
    return QualityCause::download;
  }
  // Nothing waits at our line, so what is missing was lost before it.
  return queues.down ? std::optional(QualityCause::far_end) : std::nullopt;
}

CallQuality CallMeter::lately() const {
  return judge(recent(recently), queues_ago(0));
}

CallMeter::Queues CallMeter::means(const QueueSums& sums) {
  Queues queues;
  if (sums.up_seconds > 0) {
    queues.up = sums.up / sums.up_seconds;
  }
  if (sums.down_seconds > 0) {
    queues.down = sums.down / sums.down_seconds;
  }
  return queues;
}

QueueDelays CallMeter::queue_delays() const {
  return {both_ways(means(without_qos_)), both_ways(means(with_qos_))};
}

std::optional<Duration> CallMeter::both_ways(const Queues& queues) {
  return queues.up || queues.down ? std::optional(queues.up.value_or(Duration::zero()) + queues.down.value_or(Duration::zero()))
                                  : std::nullopt;
}

CallQuality CallMeter::whole() const {
  const Queues queues = means({without_qos_.up + with_qos_.up, without_qos_.up_seconds + with_qos_.up_seconds,
                               without_qos_.down + with_qos_.down, without_qos_.down_seconds + with_qos_.down_seconds});
  CallQuality quality = judge({up_.missed(), down_.missed()}, queues);
  if (quality.grade != Grade::good && quality.grade != Grade::unknown && worst_cause_) {
    quality.cause = worst_cause_;
  }
  return quality;
}

}  // namespace voip
