// A port and the loop that it lives in, without an engine: does what the test orders and keeps what it says.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "system/loop.h"
#include "system/port.h"

namespace voip::test {

class WatchedPort {
 public:
  explicit WatchedPort(std::unique_ptr<Port> port) : loop_(std::move(Loop::open().value())), port_(std::move(port)) {
    opened = port_->open(*loop_);
  }
  ~WatchedPort() { port_->close(); }
  WatchedPort(const WatchedPort&) = delete;
  WatchedPort& operator=(const WatchedPort&) = delete;

  void perform(const Action& action) { port_->perform(action); }

  // Until it is so, or the time is over; says which.
  bool wait_until(const std::function<bool()>& is_so, Duration limit = 2s) {
    const Instant end = loop_->now() + limit;
    while (!is_so()) {
      if (loop_->now() >= end) {
        return false;
      }
      turn(end);
    }
    return true;
  }
  void wait(Duration time) {
    wait_until([] { return false; }, time);
  }

  // What has been said since the beginning.
  std::vector<FlowBorn> born;
  std::vector<FlowGone> gone;
  std::vector<std::vector<FlowSample>> readings;
  std::vector<SightChanged> sights;
  int times_lost = 0;
  int wake_ups = 0;
  Status opened;

 private:
  void turn(Instant end) {
    bool is_woken = false;
    for (const Event& event : loop_->wait(end)) {
      is_woken |= !std::holds_alternative<DeadlineReached>(event);
      std::visit(
          Overloaded{[&](const FlowBorn& flow) { born.push_back(flow); }, [&](const FlowGone& flow) { gone.push_back(flow); },
                     [&](const CountersRead& read) { readings.emplace_back(read.samples.begin(), read.samples.end()); },
                     [&](const SightChanged& sight) { sights.push_back(sight); }, [&](const FlowsLost&) { ++times_lost; },
                     [](const auto&) {}},
          event);
    }
    wake_ups += is_woken ? 1 : 0;
  }

  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Port> port_;
};

}  // namespace voip::test
