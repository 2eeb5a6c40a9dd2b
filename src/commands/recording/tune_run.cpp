#include "commands/recording/tune_run.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "commands/recording/replay.h"

namespace voip {
namespace {

constexpr Duration early_by = 2s;  // people mark a call when they notice it; the ringing may carry media before
constexpr std::size_t most_told = 8;
constexpr std::uint64_t packets_per_s = 3;

using Pair = std::pair<IpAddress, IpPrefix>;

// Gathers the events of flows to alarms.
class Alarms {
 public:
  void take(const ReplayEvent& event) {
    if (event.flow == nullptr) {
      return;
    }
    const FlowKey& key = event.flow->key;
    Open& open = open_[{key.client.address, remote_network(key.server.address)}];
    if (event.kind == ReplayEvent::Kind::call_start) {
      if (open.flows.empty()) {
        open.alarm = all_.size();
        all_.push_back({key.client.address, key, event.device, event.time});
      }
      open.flows.insert(key);
    } else if (open.flows.erase(key) == 1 && open.flows.empty()) {
      all_[open.alarm].end = event.time;
    }
  }

  std::vector<Alarm> result() { return std::move(all_); }

 private:
  struct Open {
    std::set<FlowKey> flows;
    std::size_t alarm = 0;
  };
  std::map<Pair, Open> open_;
  std::vector<Alarm> all_;
};

bool belongs(const Alarm& alarm, const MarkedCall& call) {
  return alarm.start < call.end && alarm.end > call.start - early_by;
}

struct Carried {
  std::uint64_t up = 0;
  std::uint64_t down = 0;
};

std::map<FlowKey, Carried> carried(const Timeline& timeline, const MarkedCall& call) {
  std::map<FlowKey, Carried> all;
  for (const TimelineFlow& flow : timeline.flows) {
    for (const TimelineBucket& bucket : flow.buckets) {
      const Duration at = timeline.bucket_length * std::int64_t{bucket.number};
      if (at >= call.start && at < call.end) {
        all[flow.key].up += bucket.up.packets;
        all[flow.key].down += bucket.down.packets;
      }
    }
  }
  return all;
}

std::map<FlowKey, Carried> carried(const Recording& recording, const MarkedCall& call) {
  std::map<FlowKey, Carried> all;
  std::map<FlowKey, Carried> before;
  for (const RecordedStep& step : recording.steps) {
    const auto* born = std::get_if<FlowBorn>(&step.event);
    if (born != nullptr && born->is_fresh) {
      before[born->key] = {};
    }
    const auto* read = std::get_if<CountersRead>(&step.event);
    if (read == nullptr || step.time > call.end) {
      continue;
    }
    for (const FlowSample& sample : read->samples) {
      if (!sample.up || !sample.down) {
        continue;
      }
      const Carried now{sample.up->packets, sample.down->packets};
      const auto [last, is_first] = before.try_emplace(sample.key, now);
      if (step.time > call.start && now.up >= last->second.up && now.down >= last->second.down) {
        all[sample.key].up += now.up - last->second.up;
        all[sample.key].down += now.down - last->second.down;
      }
      last->second = now;
    }
  }
  return all;
}

}  // namespace

std::string seconds_text(Duration duration) {
  std::string text = std::to_string(duration.count() / 1000);
  if (const auto tenths = duration.count() % 1000 / 100; tenths != 0) {
    text += "." + std::to_string(tenths);
  }
  return text;
}

std::string to_string(const MarkedCall& call) {
  return seconds_text(call.start) + "-" + seconds_text(call.end) + " s";
}

std::vector<Alarm> alarms(const TuneCapture& capture, const Settings& settings) {
  Alarms gathered;
  const std::function<void(const ReplayEvent&)> sink = [&gathered](const ReplayEvent& event) { gathered.take(event); };
  if (const auto* timeline = std::get_if<Timeline>(&capture.traffic)) {
    replay(*timeline, ReplayPlan{settings}, sink);
  } else {
    replay(std::get<Recording>(capture.traffic), RecordingPlan{settings}, sink);
  }
  return gathered.result();
}

TuneEvidence try_settings(const std::vector<TuneCapture>& captures, const Settings& settings) {
  TuneEvidence evidence;
  for (const TuneCapture& capture : captures) {
    const std::vector<Alarm> all = alarms(capture, settings);
    for (const MarkedCall& call : capture.calls) {
      const auto first = std::find_if(all.begin(), all.end(), [&call](const Alarm& alarm) { return belongs(alarm, call); });
      if (first == all.end()) {
        evidence.outcome.missed.push_back(capture.name + " " + to_string(call));
      } else {
        ++evidence.outcome.found;
        evidence.outcome.delays.push_back(std::max(first->start - call.start, Duration::zero()));
      }
    }
    for (const Alarm& alarm : all) {
      if (std::any_of(capture.calls.begin(), capture.calls.end(), [&](const MarkedCall& call) { return belongs(alarm, call); })) {
        evidence.callers.insert(alarm.client);
        evidence.call_ports.insert({alarm.flow.client.port, alarm.flow.server.port});
        continue;
      }
      evidence.false_alarms.push_back(alarm);
      if (evidence.outcome.false_alarms.size() < most_told) {
        evidence.outcome.false_alarms.push_back(capture.name + " " + seconds_text(alarm.start) + " s: " + alarm.device + " - " +
                                                to_string(alarm.flow.server));
      }
    }
  }
  evidence.outcome.false_count = evidence.false_alarms.size();
  std::sort(evidence.outcome.delays.begin(), evidence.outcome.delays.end());
  return evidence;
}

std::map<std::uint16_t, std::size_t> ports_of_marked_calls(const std::vector<TuneCapture>& captures) {
  std::map<std::uint16_t, std::size_t> counts;
  for (const TuneCapture& capture : captures) {
    for (const MarkedCall& call : capture.calls) {
      const auto least = packets_per_s * static_cast<std::uint64_t>((call.end - call.start).count()) / 1000;
      std::set<std::uint16_t> ports;
      for (const auto& [key, traffic] : std::visit([&](const auto& kind) { return carried(kind, call); }, capture.traffic)) {
        if (traffic.up >= least && traffic.down >= least) {
          ports.insert({key.client.port, key.server.port});
        }
      }
      for (const std::uint16_t port : ports) {
        ++counts[port];
      }
    }
  }
  return counts;
}

}  // namespace voip
