// The MQTT port on a real loop with an engine of three lines behind it, and what most of its tests begin with.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "own_directory.h"
#include "ports/mqtt/broker.h"
#include "ports/mqtt/mqtt.h"
#include "system/loop.h"

namespace voip::test {

// The port on its loop. Orders change the report as the engine would, without asking any detector.
class Node {
 public:
  explicit Node(Settings settings, Loop::WallClock wall_clock = std::chrono::system_clock::now,
                const std::string& machine = "12345678")
      : settings_(std::move(settings)) {
    loop_ = Loop::open(std::move(wall_clock)).value();
    if (settings_.node.state_dir == NodeSettings{}.state_dir) {
      settings_.node.state_dir = own_directory_.path();  // never that of the machine
    }
    port_ = make_mqtt(settings_, "1.2.3", machine);
  }

  Status open() {
    Status status = port_->open(*loop_);
    report_.observed = Qos::off;
    for (const DeviceSettings& device : settings_.devices) {
      report_.devices.push_back({device.name, 0, std::nullopt});
    }
    perform(ReportChanged{report_});
    perform(LineChanged{});  // as the engine begins
    return status;
  }
  void close() { port_->close(); }

  void perform(const Action& action) {
    const auto before = Steady::now();
    port_->perform(action);
    longest_perform = std::max(longest_perform, Steady::now() - before);
  }

  // Turns the loop until `done`, or until the limit: then false.
  bool run_until(const std::function<bool()>& done, Duration limit = 10s) {
    const Instant end = loop_->now() + limit;
    while (!done()) {
      if (loop_->now() >= end) {
        return false;
      }
      const Instant due = loop_->now() + 5ms;
      for (const Event& event : loop_->wait(due)) {
        step(event);
      }
      longest_late = std::max(longest_late, loop_->now() - due);
    }
    return true;
  }
  void run_for(Duration time) {
    run_until([] { return false; }, time);
  }

  Report& report() { return report_; }
  Loop& loop() { return *loop_; }

  std::vector<SetMode> orders;
  std::size_t other_events = 0;
  Steady::duration longest_perform{};
  Duration longest_late{};

 private:
  void step(const Event& event) {
    if (const auto* order = std::get_if<SetMode>(&event)) {
      orders.push_back(*order);
      const Report before = report_;
      report_.mode = order->mode;
      report_.reason = order->mode == Mode::automatic ? Reason::idle : Reason::manual;
      report_.wanted = order->mode == Mode::on;
      report_.observed = report_.wanted ? Qos::on : Qos::off;
      if (!(report_ == before)) {
        perform(ReportChanged{report_});
      }
    } else if (!std::holds_alternative<DeadlineReached>(event)) {
      ++other_events;
    }
    std::visit(
        [this](const auto& happened) {
          if constexpr (requires { happened.request; }) {
            perform(OrderTaken{.request = happened.request, .result = OrderTaken::Result::done, .error = {}});
          }
        },
        event);
  }

  OwnDirectory own_directory_;
  Settings settings_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Port> port_;
  Report report_;
};

class MqttTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!Broker::is_installed()) {
      GTEST_SKIP() << "mosquitto and mosquitto-clients are not installed";
    }
  }

  static Settings settings_for(const Broker& broker) {
    Settings settings;
    settings.mqtt.uri = {broker.uri()};
    settings.mqtt.keep_alive = 5s;
    settings.mqtt.max_reconnect_delay = 2s;
    settings.home_assistant.discovery = false;
    DeviceSettings phone;
    phone.name = "Kitchen phone";
    settings.devices = {phone};
    return settings;
  }

  static bool saw(Node& node, Observer& observer, const std::string& part, Duration limit = 10s) {
    return node.run_until([&] { return observer.saw(part); }, limit);
  }
  static auto lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

  // A wait for the network would be seconds; the rest is for other programs on the same processor.
  static void expect_undisturbed(const Node& node) {
    EXPECT_LT(node.longest_perform, std::chrono::milliseconds(1000));
    EXPECT_LT(node.longest_late, 1500ms);
    RecordProperty("longest_perform_us", static_cast<int>(node.longest_perform / std::chrono::microseconds(1)));
    RecordProperty("longest_late_ms", static_cast<int>(node.longest_late.count()));
  }
};

// What the log says in that time; where it has nothing to say yet, since the machine is busy, it gets as much again, ten times at
// most.
inline std::string log_while_it_runs(Node& node, Duration time) {
  std::string log;
  for (int i = 0; i < 10 && log.empty(); ++i) {
    testing::internal::CaptureStderr();
    node.run_for(time);
    log = testing::internal::GetCapturedStderr();
  }
  return log;
}

// A broker, the node on it, and an observer that has seen the node's state.
struct Talk {
  explicit Talk(const std::function<Settings(const Broker&)>& settings_for, std::string extra = "allow_anonymous true\n",
                const std::string& until = "mode auto")
      : broker(std::move(extra)), node((broker.start(), settings_for(broker))) {
    const Status status = node.open();
    EXPECT_TRUE(status.ok()) << (status.ok() ? std::string() : status.error());
    observer = std::make_unique<Observer>(broker);
    EXPECT_TRUE(saw(until));
  }
  bool saw(const std::string& part, Duration limit = 10s) {
    return node.run_until([&] { return observer->saw(part); }, limit);
  }

  Broker broker;
  Node node;
  std::unique_ptr<Observer> observer;
};

}  // namespace voip::test
