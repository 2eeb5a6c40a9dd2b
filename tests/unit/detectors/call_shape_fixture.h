// The detector `calls` and made-up flows that it reads.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "core/detector.h"
#include "detectors/detectors.h"

namespace voip {

inline FlowFacts udp_flow(std::uint16_t client_port, std::uint16_t server_port, const char* server = "203.0.113.9") {
  return {
      .key = {.client = {*IpAddress::parse("192.168.1.30"), client_port}, .server = {*IpAddress::parse(server), server_port}}};
}

// Packets of one size every `period`, as a sender with a clock makes them.
struct Stream {
  Duration period{};
  std::uint64_t size = 0;
  Duration phase{};

  [[nodiscard]] Counters between(Instant from, Instant to) const {
    const auto sent = [this](Instant when) {
      return static_cast<std::uint64_t>((when.time_since_epoch() + period - phase - Duration(1)) / period);
    };
    const std::uint64_t packets = sent(to) - sent(from);
    return {packets, packets * size};
  }
};

inline const Stream silence{1h, 0, 1ms};
inline const Stream g711{20ms, 200, 7ms};

class CallShapeTest : public testing::Test {
 protected:
  void make(const Settings& settings = {}) { detector_ = find_detector("calls")->make(settings); }

  void start(FlowSlot slot, const FlowFacts& facts) { detector_->flow_started(slot, facts, now_); }

  // Reads one flow for a while; returns the first change of verdict, if any, and stops there.
  std::optional<Verdict> run(FlowSlot slot, const Stream& up, const Stream& down, Duration length, Duration reading = 250ms) {
    for (const Instant end = now_ + length; now_ < end;) {
      const Instant from = now_;
      now_ += reading;
      detector_->flow_measured(slot, {reading, up.between(from, now_), down.between(from, now_)});
      std::vector<Verdict> changes;
      detector_->judge(now_, changes);
      if (!changes.empty()) {
        return changes.front();
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] Duration elapsed() const { return now_.time_since_epoch(); }

  std::unique_ptr<Detector> detector_;
  Instant now_{};
};

}  // namespace voip
