// The tracker's part for how good calls are.
#include <algorithm>
#include <utility>

#include "core/engine/call_tracker.h"

namespace voip {
namespace {

constexpr std::uint32_t most_mos = 500;  // more than any

}  // namespace

void CallTracker::note_qos(bool is_on, std::optional<Instant> came) {
  has_qos_ = is_on;
  for (ActiveCall& active : calls_) {
    if (is_on && !active.call.had_qos) {
      active.call.had_qos = true;
      active.call.qos_came = came;
    }
  }
}

std::vector<Call> CallTracker::cut_calls(Instant now) const {
  std::vector<Call> calls;
  for (ActiveCall active : calls_) {
    while (!active.meters.empty()) {
      keep_quality(active, 0);
    }
    finish(active, now);
    calls.push_back(std::move(active.call));
  }
  return calls;
}

// The one that has seen most by its clock lately.
const CallMeter* CallTracker::best_meter(const ActiveCall& active) {
  const auto best = std::max_element(active.meters.begin(), active.meters.end(), [](const CallMeter& a, const CallMeter& b) {
    return a.weight_lately() < b.weight_lately();
  });
  return best == active.meters.end() ? nullptr : &*best;
}

CallQuality CallTracker::quality_now(const ActiveCall& active) {
  const CallMeter* meter = best_meter(active);
  return meter == nullptr ? CallQuality{} : meter->lately();
}

void CallTracker::keep_quality(ActiveCall& active, std::size_t place) {
  const auto meter = active.meters.begin() + static_cast<std::ptrdiff_t>(place);
  if (active.left_weight == 0 || meter->weight() > active.left_weight) {
    active.left = meter->whole();
    active.left_delays = meter->queue_delays();
    active.left_weight = meter->weight();
  }
  active.meters.erase(meter);
}

void CallTracker::judge_quality(std::vector<Action>& actions) {
  for (ActiveCall& active : calls_) {
    const CallMeter* meter = best_meter(active);
    if (meter == nullptr) {
      continue;
    }
    if (!active.was_bad && meter->is_bad()) {
      active.was_bad = true;
      actions.emplace_back(CallTurnedBad{active.call});
      std::get<CallTurnedBad>(actions.back()).call.quality = meter->lately();
    } else if (active.was_bad && meter->lately().grade == Grade::good) {
      active.was_bad = false;
    }
  }
}

CallTracker::DeviceQuality CallTracker::quality() const {
  if (calls_.empty()) {
    return {last_quality_.device.empty() ? nullptr : &last_quality_.device, last_quality_.quality};
  }
  DeviceQuality worst;
  for (const ActiveCall& active : calls_) {
    const CallQuality now = quality_now(active);
    if (worst.device == nullptr || now.mos_hundredths.value_or(most_mos) < worst.quality.mos_hundredths.value_or(most_mos)) {
      worst = {&active.call.device, now};
    }
  }
  return worst;
}

}  // namespace voip
