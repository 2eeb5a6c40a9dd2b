// How an order is answered: to whom, when, and with what came of it.
#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

constexpr RequestId by_hand{RequestId::Asker::control, 7};
constexpr RequestId by_mqtt{RequestId::Asker::mqtt, 8};

struct Answer {
  Duration after{};
  OrderTaken taken;
};

// Those that have come since `begin`.
std::vector<Answer> answers(const Simulation& world, Instant begin) {
  std::vector<Answer> found;
  for (const auto& [when, action] : world.log) {
    if (const auto* taken = std::get_if<OrderTaken>(&action)) {
      found.push_back({when - begin, *taken});
    }
  }
  return found;
}

TEST(Orders, AnAnswerThatMayWaitComesOnceTheSwitchIsSeen) {
  Simulation world;
  world.run_for(1s);
  world.switch_time = 700ms;
  const Instant begin = world.now();
  world.send(SetMode{.mode = Mode::on, .request = by_hand, .answer_within = 3s});
  EXPECT_TRUE(answers(world, begin).empty());
  world.run_for(10s);
  const auto told = answers(world, begin);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].taken.request, by_hand);
  EXPECT_EQ(told[0].taken.result, OrderTaken::Result::done);
  EXPECT_EQ(told[0].after, 700ms);
  EXPECT_EQ(world.report.observed, Qos::on);
}

TEST(Orders, ASwitchThatTakesLongerIsToldToGoOn) {
  Simulation world;
  world.run_for(1s);
  world.switch_time = 8s;
  const Instant begin = world.now();
  world.send(SetMode{.mode = Mode::on, .request = by_hand, .answer_within = 3s});
  world.run_for(20s);
  const auto told = answers(world, begin);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].taken.result, OrderTaken::Result::going_on);
  EXPECT_EQ(told[0].after, 3s);
}

TEST(Orders, AFailureIsToldAtOnceWithItsReason) {
  Simulation world;
  world.run_for(1s);
  world.fault = [](Qos) { return std::string("no HFSC in this kernel"); };
  const Instant begin = world.now();
  world.send(SetMode{.mode = Mode::on, .request = by_hand, .answer_within = 3s});
  world.run_for(5s);
  const auto told = answers(world, begin);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].taken.result, OrderTaken::Result::failed);
  EXPECT_EQ(told[0].taken.error, "no HFSC in this kernel");
  EXPECT_EQ(told[0].after, world.switch_time);
  EXPECT_EQ(world.report.error, "") << "it is tried again before it is a problem";
}

TEST(Orders, AFailureOfWhatIsWantedNoMoreIsNoAnswer) {
  Simulation world;
  world.run_for(1s);
  world.send(SetMode{.mode = Mode::on, .until_changed = true});
  world.run_for(1s);
  ASSERT_EQ(world.actual, Qos::on);
  world.switch_time = 500ms;
  world.fault = [](Qos wanted) { return wanted == Qos::off ? std::string("rules are left over") : std::string(); };
  world.send(SetMode{.mode = Mode::off, .until_changed = true});
  world.run_for(100ms);
  const Instant begin = world.now();
  world.actual = std::nullopt;  // nobody knows
  world.send(SetMode{.mode = Mode::on, .request = by_hand, .answer_within = 3s});
  world.run_for(10s);
  const auto told = answers(world, begin);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].taken.result, OrderTaken::Result::done) << told[0].taken.error;
}

TEST(Orders, WhatIsThereAlreadyIsAnsweredAtOnce) {
  Simulation world;
  world.run_for(1s);
  const Instant begin = world.now();
  world.send(SetMode{.mode = Mode::off, .request = by_hand, .answer_within = 3s});
  world.send(SetMode{.mode = Mode::automatic, .request = by_hand, .answer_within = 3s});
  const auto told = answers(world, begin);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].taken.result, OrderTaken::Result::done);
  EXPECT_EQ(told[1].after, 0s);
}

TEST(Orders, WhereNothingIsSwitchedNobodyWaits) {
  Simulation world({}, {.switches = false, .drains = false});
  world.run_for(1s);
  world.send(SetMode{.mode = Mode::on, .request = by_hand, .answer_within = 3s});
  ASSERT_EQ(world.all<OrderTaken>().size(), 1U);
  EXPECT_EQ(world.all<OrderTaken>()[0].result, OrderTaken::Result::done);
}

TEST(Orders, AnAnswerThatMayNotWaitComesAfterTheReportOfTheSameStep) {
  Simulation world;
  world.run_for(1s);
  world.log.clear();
  world.send(SetMode{.mode = Mode::on, .request = by_mqtt});
  std::vector<std::string> order;
  for (const auto& [when, action] : world.log) {
    if (std::holds_alternative<ReportChanged>(action)) {
      order.emplace_back("report");
    } else if (std::holds_alternative<OrderTaken>(action)) {
      order.emplace_back("answer");
    }
  }
  EXPECT_EQ(order, (std::vector<std::string>{"report", "answer"}));
  EXPECT_EQ(world.all<OrderTaken>()[0].result, OrderTaken::Result::going_on);
}

TEST(Orders, SettingsAndRechecksAreAnsweredToo) {
  Simulation world;
  world.run_for(1s);
  world.send(SetSetting{.release_after = 20s, .request = by_mqtt});
  world.send(RecheckRequested{.request = by_mqtt});
  EXPECT_EQ(world.all<OrderTaken>().size(), 2U);
  EXPECT_EQ(world.report.settings.release_after, 20s);
}

TEST(Orders, WhoDoesNotAskGetsNoAnswer) {
  Simulation world;
  world.run_for(1s);
  world.send(SetMode{.mode = Mode::on});
  world.run_for(10s);
  EXPECT_TRUE(world.all<OrderTaken>().empty());
}

TEST(Orders, AFloodOfThemIsAnsweredWithoutEnd) {
  Simulation world;
  world.run_for(1s);
  world.switch_time = 30s;
  for (std::uint64_t number = 1; number <= 1000; ++number) {
    world.send(SetMode{.mode = Mode::on, .request = {RequestId::Asker::control, number}, .answer_within = 3s});
  }
  world.run_for(5s);
  const auto told = world.all<OrderTaken>();
  ASSERT_EQ(told.size(), 1000U);
  for (std::uint64_t number = 1; number <= 1000; ++number) {
    EXPECT_EQ(told[static_cast<std::size_t>(number - 1)].request.number, number);
  }
}

}  // namespace
}  // namespace voip
