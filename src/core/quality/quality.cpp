#include "core/quality/quality.h"

#include <algorithm>
#include <utility>

#include "core/quality/clock_fit.h"

namespace voip {
namespace {

constexpr std::uint32_t good_mos = 400;
constexpr std::uint32_t fair_mos = 360;
constexpr std::uint32_t surely_bad_mos = 350;  // ten seconds are known to a tenth at best
constexpr std::uint32_t udp_and_rtp = 8 + 12;  // RFC 768, 3550
constexpr Duration recently = 10s;
constexpr Duration held_within = 20s;  // a moment a second finds little; but where ten seconds show enough
constexpr Duration shortly = 5s;
constexpr Duration least_heard = 2s;
constexpr Duration talking = 20ms;       // until there is a packet to send
constexpr Duration patience = 200ms;     // of a listener's buffer: what is later than that is not played
constexpr Duration heard_delay = 150ms;  // from here on talkers notice (G.114)
constexpr Duration standing_queue = 30ms;
constexpr std::int64_t least_missing = 2;       // packets: as many may stand between two readings
constexpr std::uint32_t noticed_permille = 10;  // missing
// By a full upload, of the large packets of TCP. Where a large one finds no room any more a small one still may: of the voice
// about half as many are dropped (scripts/bench quality), and hardly any while it is few.
constexpr std::uint32_t least_dropped = 50;

constexpr std::uint32_t best_mos = 450;

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

void CallMeter::measured(const Counters& up, const Counters& down, Duration elapsed, const LineState& line,
                         const Around& around) {
  up_.measured(up, elapsed);
  down_.measured(down, elapsed);
  open_ += elapsed;
  if (open_ < least_second) {
    return;
  }
  const Duration length = std::exchange(open_, Duration::zero());
  queues_.at(seconds_ % queues_.size()) = {line.up.queue, line.down.queue, around.is_idle};
  ++seconds_;
  bottleneck_ = line.bottleneck;
  is_idle_ = around.is_idle;
  dropped_permille_ = around.dropped_permille < least_dropped ? 0 : around.dropped_permille / 2;
  QueueSums& sums = around.has_qos ? with_qos_ : without_qos_;
  if (line.up.queue) {
    sums.up += *line.up.queue;
    ++sums.up_seconds;
  }
  if (line.down.queue) {
    sums.down += *line.down.queue;
    ++sums.down_seconds;
  }
  second_passed(length);
}

void CallMeter::second_passed(Duration length) {
  if (const auto interval = up_.interval()) {
    down_.suggest(*interval, up_.packet_bytes());
  } else if (const auto other = down_.interval()) {
    up_.suggest(*other, down_.packet_bytes());
  }
  is_irregular_ = is_irregular_ || up_.is_irregular();
  // Where both directions break off at once somebody may have hung up. The next second tells, and counts for both.
  unjudged_ += length;
  if (!std::exchange(broke_off_, up_.broke_off() && down_.broke_off()) && broke_off_) {
    return;
  }
  const Duration judged = std::exchange(unjudged_, Duration::zero());
  CodecClock::Held held = up_.held(recently);
  if (!held.is_often) {
    held = up_.held(held_within);
  }
  const Losses losses = recent(recently, held);
  weight_lately_ = losses.down.expected;
  lately_ = judge(losses, recent_queues(recently));
  const CallQuality last = judge(recent(shortly, held), recent_queues(shortly));
  // What a gap is shows when it is over; if it was a loss it has been bad since the gap began.
  if (up_.is_in_gap() || down_.is_in_gap()) {
    in_gap_ += judged;
  } else if (last.grade == Grade::bad) {
    bad_for_ += judged + std::exchange(in_gap_, Duration::zero());
  } else {
    bad_for_ = in_gap_ = Duration::zero();
  }
  add_up(last);
}

void CallMeter::add_up(const CallQuality& last) {
  if (!last.mos_hundredths) {
    return;
  }
  mos_ += *last.mos_hundredths;
  ++judged_;
  if (last.cause) {
    spoilt_by_.at(static_cast<std::size_t>(*last.cause)) += best_mos - *last.mos_hundredths;
  }
}

// What waits in a queue that has grown meanwhile is late, not missing.
CallMeter::Losses CallMeter::recent(Duration length, const CodecClock::Held& held) const {
  Losses losses{.up = up_.missed(length),
                .down = down_.missed(length),
                .held = held,
                .up_dropped = dropped_permille_,
                .up_late = late_behind(&Queues::up, length),
                .down_late = late_behind(&Queues::down, length)};
  const auto& queue = queues_ago(0).down;
  const auto& before = queues_ago(static_cast<std::size_t>(length / 1s)).down;
  if (queue && before && *queue > *before && down_.interval()) {
    losses.down.missing -= (*queue - *before) / *down_.interval();
  }
  return losses;
}

// What all but one of the seconds stay below: a single one says little, and a listener's buffer follows the longest of them.
CallMeter::Queues CallMeter::recent_queues(Duration length) const {
  const auto seconds = std::min(static_cast<std::size_t>(length / 1s), seconds_);
  const auto second_longest = [this, seconds](std::optional<Duration> Queues::*way) {
    std::optional<Duration> first;
    std::optional<Duration> second;
    for (std::size_t i = 0; i < seconds; ++i) {
      const auto& queue = queues_ago(i).*way;
      if (queue && (!first || *queue > *first)) {
        second = std::exchange(first, queue);
      } else if (queue && (!second || *queue > *second)) {
        second = queue;
      }
    }
    return second ? second : first;
  };
  return {second_longest(&Queues::up), second_longest(&Queues::down)};
}

// A listener's buffer is set by what comes soonest.
std::uint32_t CallMeter::late_behind(std::optional<Duration> Queues::*way, Duration length) const {
  const auto seconds = std::min(static_cast<std::size_t>(length / 1s), seconds_);
  const auto queue_of = [this, way](std::size_t second) {
    const Queues& queues = queues_ago(second);
    return queues.*way || !queues.are_none ? queues.*way : std::optional(Duration::zero());
  };
  std::optional<Duration> least;
  for (std::size_t i = 0; i < seconds; ++i) {
    const auto queue = queue_of(i);
    least = queue && (!least || *queue < *least) ? queue : least;
  }
  std::uint32_t late = 0;
  for (std::size_t i = 0; i < seconds; ++i) {
    const auto queue = queue_of(i);
    late += queue && *queue > *least + patience ? 1U : 0U;
  }
  return late < 2 ? 0 : late * 1000 / static_cast<std::uint32_t>(seconds);
}

// Of what is held back for so long, the first comes too late.
std::uint32_t CallMeter::late_permille(const CodecClock::Held& held) {
  return held.longest <= patience
             ? 0
             : static_cast<std::uint32_t>(held.permille * (held.longest - patience) / (held.longest - CodecClock::shortest_hold));
}

// What all but a twentieth of the packets that are played wait at most: those of a hold wait for anything up to its length.
Duration CallMeter::held_delay(const CodecClock::Held& held) {
  if (held.permille == 0) {
    return Duration::zero();
  }
  const Duration seldomer = (held.longest - CodecClock::shortest_hold) * 50 / held.permille;
  return std::max(std::min(held.longest, patience) - seldomer, Duration::zero());
}

CallQuality CallMeter::judge(const Losses& losses, const Queues& queues) const {
  CallQuality quality;
  quality.delay = both_ways(queues);
  // Between the phone and the router there is no queue. Where its packets have no clock those of the other end have none either.
  if (is_irregular_ || !down_.interval() || losses.down.expected * *down_.interval() < least_heard) {
    return quality;
  }
  const std::uint32_t headers = ip_header_ + udp_and_rtp;
  const std::uint32_t payload = down_.packet_bytes() > headers ? down_.packet_bytes() - headers : 0;
  const CodecImpairment codec = impairment_of(payload, *down_.interval());
  const std::uint32_t up_missing = permille(losses.up);
  const std::uint32_t down_missing = permille(losses.down);
  // Each end hears one direction. What the home hears is behind the queue down, what the other end hears behind that up, and
  // behind the air.
  Heard here{.missing = down_missing, .late = losses.down_late, .queue = queues.down.value_or(Duration::zero())};
  Heard there{.missing = up_missing + late_permille(losses.held),
              .dropped = losses.up_dropped,
              .late = losses.up_late,
              .held = held_delay(losses.held),
              .queue = queues.up.value_or(Duration::zero())};
  for (Heard* one : {&here, &there}) {
    // A buffer follows the packets that wait longest, by a fifteenth longer than was measured (scripts/bench quality, queues of
    // 50 to 500 ms). Of what comes late the rest is not as late.
    const Duration longest = one->queue + one->queue / 15;
    const Duration delay = talking + one->held + (one->late > 0 ? std::min(longest, patience) : longest);
    one->mos = mos_hundredths(one->missing + one->dropped + one->late, delay, codec);
  }
  quality.missing_permille = std::max(up_missing + losses.up_dropped, down_missing);
  quality.mos_hundredths = std::min(here.mos, there.mos);
  quality.grade = grade_of(*quality.mos_hundredths);
  if (quality.grade != Grade::good) {
    quality.cause = cause_of(here, there, queues, codec);
  }
  return quality;
}

// Of the listener who is worse off, that which spoils more.
std::optional<QualityCause> CallMeter::cause_of(const Heard& here, const Heard& there, const Queues& queues,
                                                const CodecImpairment& codec) const {
  const bool is_up = there.mos <= here.mos;
  const Heard& worse = is_up ? there : here;
  if ((worse.queue >= heard_delay || worse.dropped >= noticed_permille) &&
      mos_hundredths(worse.late + worse.dropped, worse.queue, codec) <= mos_hundredths(worse.missing, worse.held, codec)) {
    return is_up ? QualityCause::upload : QualityCause::download;
  }
  if (is_up) {
    return worse.missing >= noticed_permille || worse.held > Duration::zero() ? std::optional(QualityCause::home) : std::nullopt;
  }
  if (worse.missing < noticed_permille) {
    return std::nullopt;
  }
  if (worse.queue >= standing_queue || bottleneck_ == Bottleneck::download) {
    return QualityCause::download;
  }
  // Nothing waits at our line, so what is missing was lost before it.
  return queues.down || is_idle_ ? std::optional(QualityCause::far_end) : std::nullopt;
}

bool CallMeter::is_bad() const {
  return bad_for_ >= 5s && lately_.mos_hundredths.value_or(best_mos) < surely_bad_mos;
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
  CallQuality quality = judge({.up = up_.interval() ? up_.missed() : CodecClock::Missed{}, .down = down_.missed()}, queues);
  if (!quality.mos_hundredths || judged_ == 0) {
    return quality;
  }
  // What some of its time was like is not told by means of all of it.
  quality.mos_hundredths = static_cast<std::uint32_t>((mos_ + judged_ / 2) / judged_);
  quality.grade = grade_of(*quality.mos_hundredths);
  quality.cause.reset();
  const auto worst = std::max_element(spoilt_by_.begin(), spoilt_by_.end());
  if (quality.grade != Grade::good && *worst > 0) {
    quality.cause = static_cast<QualityCause>(worst - spoilt_by_.begin());
  }
  return quality;
}

}  // namespace voip
