#include "core/setting_orders.h"

#include <gtest/gtest.h>

#include "ports/mqtt/payload/commands.h"

namespace voip {
namespace {

MqttCommand read(const std::string& name, const std::string& payload) {
  static const MqttTopics topics{Settings{}};
  return read_command(topics, {"voip-qos/router/" + name, payload, false, {}, {}});
}

SetSetting ordered(const std::string& name, const std::string& payload) {
  const MqttCommand command = read(name, payload);
  const auto* accepted = std::get_if<CommandAccepted>(&command);
  if (accepted == nullptr || accepted->events.size() != 1) {
    ADD_FAILURE() << name << " " << payload << " is not one order";
    return {};
  }
  return std::get<SetSetting>(accepted->events[0]);
}

std::string refusal(const std::string& name, const std::string& payload) {
  const MqttCommand command = read(name, payload);
  const auto* refused = std::get_if<CommandRefused>(&command);
  return refused == nullptr ? "not refused" : refused->error;
}

TEST(SettingOrders, ReleaseDelayIsSecondsOrADuration) {
  for (const char* payload : {"30", "30.0", " 30\n", "30s", "30S", "30000ms", R"({"value":30})", R"({"value":30.0})",
                              R"({"value":"30s"})", R"({"value":"30","transaction":7})"}) {
    const SetSetting order = ordered("release_after/set", payload);
    EXPECT_EQ(order.release_after, 30s) << payload;
    EXPECT_FALSE(order.override_for || order.sensitivity);
  }
  EXPECT_EQ(ordered("release_after/set", "0").release_after, 0s);
  EXPECT_EQ(ordered("release_after/set", "2.5").release_after, 2500ms);
  EXPECT_EQ(ordered("request/release_after", R"({"value":"10m"})").release_after, 10min);
}

TEST(SettingOrders, WhatIsNoReleaseDelayIsRefusedWithTheRange) {
  for (const std::string wrong : {"601", "-1", "11m", "soon", "1e2", "0x10", "30.", ".5", "1.0005", "nan", "99999999999999999999",
                                  "30 s", "+30", "1.0000000000"}) {
    EXPECT_EQ(refusal("release_after/set", wrong), "0 to 600 seconds are understood here (0s to 10m), not \"" + wrong + "\"");
  }
  EXPECT_EQ(refusal("release_after/set", R"({"value":30,"for":"1h"})"), R"("for" goes with qos/set only)");
  EXPECT_EQ(refusal("release_after/set", R"({"value":[30]})"), R"("value" must be a word)");
}

TEST(SettingOrders, OverrideTimeIsAMinuteToADay) {
  EXPECT_EQ(ordered("override_for/set", "1800").override_for, 30min);
  EXPECT_EQ(ordered("override_for/set", "1d").override_for, 24h);
  EXPECT_EQ(ordered("override_for/set", "60").override_for, 1min);
  for (const std::string wrong : {"59", "86401", "2d", "on"}) {
    EXPECT_EQ(refusal("override_for/set", wrong), "60 to 86400 seconds are understood here (1m to 1d), not \"" + wrong + "\"");
  }
}

TEST(SettingOrders, SensitivityIsAWord) {
  EXPECT_EQ(ordered("sensitivity/set", "HIGH").sensitivity, Sensitivity::high);
  EXPECT_EQ(ordered("sensitivity/set", R"({"value":"low"})").sensitivity, Sensitivity::low);
  EXPECT_EQ(refusal("sensitivity/set", "huge"), R"(low, normal or high is understood here, not "huge")");
}

TEST(SettingOrders, WhatIsToldCanBeOrdered) {
  const LiveSettings settings{.release_after = 2500ms, .override_for = 90min, .sensitivity = Sensitivity::low};
  const auto texts = setting_texts(settings);
  EXPECT_EQ(texts[0].second, "2.5");
  EXPECT_EQ(texts[1].second, "5400");
  EXPECT_EQ(texts[2].second, "low");
  EXPECT_EQ(ordered("release_after/set", texts[0].second).release_after, settings.release_after);
  EXPECT_EQ(ordered("override_for/set", texts[1].second).override_for, settings.override_for);
  EXPECT_EQ(ordered("sensitivity/set", texts[2].second).sensitivity, settings.sensitivity);
}

}  // namespace
}  // namespace voip
