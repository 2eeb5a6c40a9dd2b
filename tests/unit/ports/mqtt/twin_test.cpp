// Another router of our name is told from ourselves.
#include "ports/mqtt/twin.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

constexpr const char* ours = R"({"node":"router","machine":"a"})";
constexpr const char* others = R"({"node":"router","machine":"b"})";

Instant at(Duration time) {
  return Instant(1h + time);
}

TEST(MqttTwin, IsHeardWhileBothAreConnected) {
  MqttTwin twin("a");
  twin.connected();
  twin.said();
  EXPECT_TRUE(twin.heard(others, false, at(60s))) << "it is to hear of us, too";
  EXPECT_TRUE(twin.is_there(at(60s)));
  twin.said();
  EXPECT_FALSE(twin.heard(others, false, at(61s))) << "two that answer each other never end";
  EXPECT_TRUE(twin.is_there(at(10min)));
  EXPECT_FALSE(twin.is_there(at(12min))) << "it has got another name";
}

TEST(MqttTwin, IsSeenWhereBothThrowEachOtherOut) {
  MqttTwin twin("a");
  twin.connected();
  twin.heard(others, true, at(0s));
  twin.said();
  EXPECT_FALSE(twin.is_there(at(0s))) << "a machine that this one has replaced";
  twin.connected();
  twin.heard(others, true, at(30s));
  EXPECT_TRUE(twin.is_there(at(30s))) << "but it has said so after us";
}

TEST(MqttTwin, IsNeverOurselves) {
  MqttTwin twin("a");
  twin.connected();
  for (const bool is_retained : {true, false}) {
    EXPECT_FALSE(twin.heard(ours, is_retained, at(0s)));
  }
  twin.said();
  twin.connected();
  for (const char* text : {ours, "", "{}", "[]", "x", R"({"machine":1})", R"({"version":"an older one"})"}) {
    EXPECT_FALSE(twin.heard(text, true, at(1s)));
    EXPECT_FALSE(twin.heard(text, false, at(1s)));
    EXPECT_FALSE(twin.is_there(at(1s))) << text;
  }
}

TEST(MqttTwin, AMachineIsTheSameInEachRun) {
  EXPECT_EQ(this_machine(), this_machine());
  EXPECT_EQ(this_machine().size(), 8U);
}

}  // namespace
}  // namespace voip
