#include <gtest/gtest.h>

#include "core/detector.h"
#include "detectors/detectors.h"

namespace voip {
namespace {

FlowFacts udp_flow(const char* client, std::uint16_t port, const char* server = "203.0.113.9") {
  return {.key = {.client = {*IpAddress::parse(client), port}, .server = {*IpAddress::parse(server), 9000}}};
}

// Feeds a detector one flow reading by reading and keeps what it said.
class ThresholdTest : public testing::Test {
 protected:
  void make(const Settings& settings) { detector_ = find_detector("threshold")->make(settings); }

  void start(FlowSlot slot, const FlowFacts& facts) { detector_->flow_started(slot, facts, now_); }

  void read(FlowSlot slot, Duration elapsed, std::uint64_t up, std::uint64_t down, std::uint64_t size = 200) {
    detector_->flow_measured(slot, {elapsed, {up, up * size}, {down, down * size}});
  }

  std::vector<Verdict> judge_after(Duration elapsed) {
    now_ += elapsed;
    std::vector<Verdict> changes;
    detector_->judge(now_, changes);
    return changes;
  }

  std::unique_ptr<Detector> detector_;
  Instant now_{};
};

TEST_F(ThresholdTest, ThirtyPacketsPerSecondForThreeStepsIsACall) {
  make({});
  start(0, udp_flow("192.168.1.30", 5000));
  for (int step = 1; step <= 3; ++step) {
    read(0, 1s, 50, 50);
    const std::vector<Verdict> changes = judge_after(1s);
    ASSERT_EQ(changes.size(), step == 3 ? 1U : 0U) << step;
  }
  EXPECT_EQ(detector_->interest(0), Interest::in_call);
  EXPECT_EQ(detector_->opinion(0).reason, "50 packets/s up, 50 down; the threshold is 30 for 3 steps");
}

TEST_F(ThresholdTest, OneQuietStepStartsTheCountAnew) {
  make({});
  start(0, udp_flow("192.168.1.30", 5000));
  for (const std::uint64_t packets : {50U, 50U, 3U, 50U, 50U}) {
    read(0, 1s, packets, packets);
    EXPECT_TRUE(judge_after(1s).empty());
  }
}

TEST_F(ThresholdTest, TheCallEndsAfterThreeQuietSteps) {
  make({});
  start(0, udp_flow("192.168.1.30", 5000));
  for (int step = 0; step < 3; ++step) {
    read(0, 1s, 50, 50);
    judge_after(1s);
  }
  for (int step = 1; step <= 3; ++step) {
    read(0, 1s, 0, 0);
    const std::vector<Verdict> changes = judge_after(1s);
    ASSERT_EQ(changes.size(), step == 3 ? 1U : 0U) << step;
    if (step == 3) {
      EXPECT_FALSE(changes[0].in_call);
      EXPECT_EQ(changes[0].heard_until, now_ - 3s) << "the quiet steps are no part of the call";
    }
  }
}

TEST_F(ThresholdTest, TheCallEndsWithoutAnyReading) {
  make({});
  start(0, udp_flow("192.168.1.30", 5000));
  for (int step = 0; step < 3; ++step) {
    read(0, 1s, 50, 50);
    judge_after(1s);
  }
  int seconds = 0;
  while (detector_->interest(0) == Interest::in_call && seconds < 60) {
    judge_after(1s);
    ++seconds;
  }
  EXPECT_EQ(seconds, 8);  // 5 s in which the last rate is believed, then 3 steps
}

TEST_F(ThresholdTest, RatesAreDividedByTheMeasuredTime) {
  make({});
  start(0, udp_flow("192.168.1.30", 5000));
  for (int step = 0; step < 5; ++step) {
    read(0, 2s, 50, 50);  // 25 packets per second
    EXPECT_TRUE(judge_after(2s).empty());
  }
}

TEST_F(ThresholdTest, FastReadingsAreGatheredToSteps) {
  make({});
  start(0, udp_flow("192.168.1.30", 5000));
  std::size_t quarter = 0;
  for (; quarter < 40; ++quarter) {
    read(0, 250ms, quarter % 2 == 0 ? 20 : 5, 0);
    if (!judge_after(250ms).empty()) {
      break;
    }
  }
  EXPECT_EQ(quarter, 11U);  // three steps of four quarters
}

TEST_F(ThresholdTest, FlowsOfOneDeviceCountTogetherAndTheBusiestStandsForThem) {
  make({});
  start(0, udp_flow("192.168.1.30", 5000));
  start(1, udp_flow("192.168.1.30", 5002));
  start(2, udp_flow("192.168.1.31", 5000));
  std::vector<Verdict> changes;
  for (int step = 0; step < 3; ++step) {
    read(0, 1s, 15, 0);
    read(1, 1s, 20, 0);
    read(2, 1s, 20, 0);
    changes = judge_after(1s);
  }
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].slot, 1U);
}

TEST_F(ThresholdTest, AnotherFlowTakesThePlaceOfOneThatEnded) {
  make({});
  start(0, udp_flow("192.168.1.30", 5000));
  start(1, udp_flow("192.168.1.30", 5002));
  for (int step = 0; step < 3; ++step) {
    read(0, 1s, 60, 60);
    read(1, 1s, 40, 40);
    judge_after(1s);
  }
  detector_->flow_ended(0, now_);
  read(1, 1s, 40, 40);
  const std::vector<Verdict> changes = judge_after(1s);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].slot, 1U);
  EXPECT_TRUE(changes[0].in_call);
}

TEST_F(ThresholdTest, TheDirectionAndTheUnitCanBeChosen) {
  Settings settings;
  settings.detector.threshold.direction = ThresholdDirection::both;
  settings.detector.threshold.kbit_per_s = 60;
  settings.detector.threshold.on_after_steps = 1;
  make(settings);
  start(0, udp_flow("192.168.1.30", 5000));
  read(0, 1s, 50, 10);
  EXPECT_TRUE(judge_after(1s).empty());
  read(0, 1s, 50, 50);  // 80 kbit/s each way
  EXPECT_EQ(judge_after(1s).size(), 1U);
}

TEST_F(ThresholdTest, OnlyUnicastUdpOfWelcomeDevicesIsWanted) {
  make({});
  FlowFacts facts = udp_flow("192.168.1.30", 5000);
  EXPECT_TRUE(detector_->wants(facts));
  facts.role = Role::never;
  EXPECT_FALSE(detector_->wants(facts));
  facts.role = Role::any;
  facts.key.protocol = protocol_tcp;
  EXPECT_FALSE(detector_->wants(facts));
  EXPECT_FALSE(detector_->wants(udp_flow("192.168.1.30", 5353, "224.0.0.251")));
  Settings settings;
  settings.detector.threshold.udp_only = false;
  make(settings);
  EXPECT_TRUE(detector_->wants(facts));
}

}  // namespace
}  // namespace voip
