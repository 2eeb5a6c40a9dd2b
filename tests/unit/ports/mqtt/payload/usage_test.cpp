#include "ports/mqtt/payload/usage.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

Settings two_phones() {
  Settings settings;
  settings.devices.emplace_back().name = "Kitchen phone";
  settings.devices.emplace_back().name = "Attic phone";
  return settings;
}

// A second of a call of the first phone after the other; what was said in it.
class Usage {
 public:
  std::vector<MqttMessage> second(std::int64_t up_kbit, std::int64_t down_kbit) {
    now_ += 1s;
    const std::vector<Rates> of_devices{{up_kbit * 1000, down_kbit * 1000, 50, 50, 1}, {}};
    RatesMeasured measured;
    measured.total = of_devices.front();
    measured.devices = of_devices;
    return usage.take(measured, now_);
  }
  // The messages of so many seconds whose rates swing around one.
  std::size_t seconds(int count, std::int64_t kbit, std::int64_t swing) {
    std::size_t messages = 0;
    for (int i = 0; i < count; ++i) {
      messages += second(kbit + (i % 3 - 1) * swing, kbit - (i % 3 - 1) * swing).size();
    }
    return messages;
  }

  MqttUsage usage{MqttTopics(two_phones())};

 private:
  Instant now_{1h};
};

TEST(MqttUsage, SaysTheBeginningAndTheEndAtOnceAndOfIdleDevicesNothing) {
  Usage usage;
  EXPECT_TRUE(usage.second(0, 0).empty());
  const std::vector<MqttMessage> begin = usage.second(87, 40);
  ASSERT_EQ(begin.size(), 2U);
  EXPECT_EQ(begin[0], (MqttMessage{"voip-qos/router/usage", R"({"up_kbit":87,"down_kbit":40})", 1, true}));
  EXPECT_EQ(begin[1].topic, "voip-qos/router/device/kitchen_phone/usage");
  const std::vector<MqttMessage> end = usage.second(0, 0);
  ASSERT_EQ(end.size(), 2U);
  EXPECT_EQ(end[0].payload, R"({"up_kbit":0,"down_kbit":0})");
}

TEST(MqttUsage, ACallThatGoesOnAsItBeganIsNoNews) {
  Usage usage;
  usage.second(87, 87);
  EXPECT_EQ(usage.seconds(600, 87, 3), 0U);
}

TEST(MqttUsage, APartOfTheFirstSecondIsPutRightSoon) {
  Usage usage;
  usage.second(20, 20);
  EXPECT_EQ(usage.seconds(10, 87, 0), 2U);
  EXPECT_EQ(usage.usage.all()[0].payload, R"({"up_kbit":87,"down_kbit":87})");
}

TEST(MqttUsage, WhatVariesIsSaidAsAMeanOnceInTenSeconds) {
  Usage usage;
  usage.second(400, 400);
  EXPECT_EQ(usage.seconds(9, 600, 100), 0U);
  EXPECT_EQ(usage.seconds(1, 600, 100), 2U);
  EXPECT_LE(usage.seconds(600, 600, 250), 120U);
}

TEST(MqttUsage, SaysAllOfThemToWhoeverComesLater) {
  Usage usage;
  usage.second(87, 40);
  const std::vector<MqttMessage> all = usage.usage.all();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].payload, R"({"up_kbit":87,"down_kbit":40})");
  EXPECT_EQ(all[2], (MqttMessage{"voip-qos/router/device/attic_phone/usage", R"({"up_kbit":0,"down_kbit":0})", 1, true}));
}

}  // namespace
}  // namespace voip
