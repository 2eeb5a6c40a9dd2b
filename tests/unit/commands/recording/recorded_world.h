// A recorder and what it records: a LAN whose flows carry packets at their own paces.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/recording/recorder.h"
#include "unit/simulation.h"

namespace voip::test {

inline constexpr Instant boot_time = Instant(123'456'789ms);

inline Settings settings_with_devices() {
  Settings settings;
  settings.detector.calls.sensitivity = Sensitivity::high;
  settings.detector.calls.never_ports = {7777};
  settings.policy.release_after = 4s;
  settings.devices.resize(2);
  settings.devices[0].name = "Kitchen phone";
  settings.devices[0].mac = "02:00:00:00:00:01";
  settings.devices[0].role = Role::phone;
  settings.devices[1].name = "Den";
  settings.devices[1].address = IpPrefix::parse("192.168.1.64/26");
  return settings;
}

// A LAN in which flows carry packets at their own paces; it answers the recorder as conntrack would.
class RecordedWorld {
 public:
  explicit RecordedWorld(const Settings& settings = settings_with_devices(), const RecordingPrivacy& privacy = {})
      : recorder_(settings, "test", boot_time, privacy, [this](std::string_view line) { text += line; }) {
    send(DeadlineReached{});
  }

  void begin(const FlowKey& key, std::uint64_t packets_per_s, std::uint64_t size) {
    flows_[key] = {packets_per_s, size, now_, ++last_id_};
    send(FlowBorn{.at = now_, .key = key, .conntrack_id = last_id_, .is_fresh = true});
  }
  void end(const FlowKey& key) {
    const std::uint32_t id = flows_.at(key).id;
    flows_.erase(key);
    send(FlowGone{key, id});
  }

  void run_for(Duration time) {
    const Instant end = now_ + time;
    while (recorder_.deadline() && *recorder_.deadline() <= end) {
      now_ = *recorder_.deadline() + 1ms;  // a machine is never quite in time
      send(DeadlineReached{});
    }
    now_ = std::max(now_, end);
  }

  void send(const Event& event) {
    std::vector<FlowKey> keys;
    bool reads = false;
    for (const Action& action : recorder_.step(now_, event)) {
      if (const auto* read = std::get_if<ReadCounters>(&action)) {
        keys.assign(read->keys.begin(), read->keys.end());
        reads = true;
      }
    }
    if (!reads) {
      return;
    }
    std::vector<FlowSample> samples;
    for (const FlowKey& key : keys) {
      if (const auto found = flows_.find(key); found != flows_.end()) {
        const Flow& flow = found->second;
        const auto packets = flow.packets_per_s * static_cast<std::uint64_t>((now_ - flow.since).count()) / 1000;
        const Counters counters{packets, packets * flow.size};
        samples.push_back({.key = key, .conntrack_id = flow.id, .up = counters, .down = counters});
      }
    }
    const Instant read_at = now_;
    now_ += 1ms;
    send(CountersRead{read_at, samples});
  }

  [[nodiscard]] Instant now() const { return now_; }

  std::string text;

 private:
  struct Flow {
    std::uint64_t packets_per_s = 0;
    std::uint64_t size = 0;
    Instant since{};
    std::uint32_t id = 0;
  };
  Recorder recorder_;
  Instant now_ = boot_time;
  std::map<FlowKey, Flow> flows_;
  std::uint32_t last_id_ = 0;
};

inline Recording parsed(const std::string& text) {
  Result<Recording> recording = parse_recording(text, "test");
  EXPECT_TRUE(recording) << recording.error();
  return std::move(recording).value();
}

}  // namespace voip::test
