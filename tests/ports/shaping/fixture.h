// The switching port over the real loop, in a network namespace of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actuators/actuators.h"
#include "ports/loop_until.h"
#include "ports/private_network.h"
#include "ports/shaping/shaping.h"

namespace voip::test {

class QosSwitchFixture : public testing::Test {
 protected:
  void SetUp() override {
    if (!network_.is_there()) {
      GTEST_SKIP() << "needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace";
    }
  }

  void open(const std::string& actuator) {
    settings_.qos.actuator = actuator;
    port_ = make_qos_switch(
        settings_, *find_actuator(actuator), actuator == "tc" ? nullptr : find_actuator("tc"), [this] { return site_; },
        read_shaping_);
    const Status opened = port_->open(*loop_);
    ASSERT_TRUE(opened.ok()) << opened.error();
  }

  // Orders it and returns the error that the switch ended with; "" is a good end.
  std::string switch_to(Qos wanted, Duration limit = 10s) {
    port_->perform(SwitchQos{wanted});
    const auto finished = await<SwitchFinished>(limit);
    if (!finished) {
      return "no answer";
    }
    EXPECT_EQ(finished->wanted, wanted);
    was_tried_ = finished->was_tried;
    return finished->error;
  }

  // So much is learnt of the line.
  void use(const LineRates& rates) { port_->perform(UseRates{rates, ""}); }

  // Without its remark, which is kept in remark_.
  QosObserved observe(Duration limit = 10s) {
    port_->perform(ObserveQos{});
    QosObserved seen = await<QosObserved>(limit).value_or(QosObserved{std::nullopt, "no answer"});
    remark_ = std::exchange(seen.remark, "");
    return seen;
  }

  // The next event of that type; all events on the way are kept.
  template <typename T>
  std::optional<T> await(Duration limit) {
    std::optional<T> found;
    loop_until(*loop_, limit, [&](const Event& event) {
      if (!std::holds_alternative<DeadlineReached>(event)) {
        events_.push_back(event);
      }
      if (const T* wished = std::get_if<T>(&event); wished != nullptr && !found) {
        found = *wished;
      }
      return found.has_value();
    });
    return found;
  }

  template <typename T>
  [[nodiscard]] std::size_t count() const {
    std::size_t number = 0;
    for (const Event& event : events_) {
      number += std::holds_alternative<T>(event) ? 1U : 0U;
    }
    return number;
  }

  PrivateNetwork network_;
  Settings settings_;
  Site site_;
  ReadShaping read_shaping_ = read_shaping;  // a test may have another world than the kernel
  std::unique_ptr<Loop> loop_ = open_loop();
  std::unique_ptr<Port> port_;
  bool was_tried_ = false;  // the last switch
  std::vector<Event> events_;
  std::string remark_;
};

}  // namespace voip::test
