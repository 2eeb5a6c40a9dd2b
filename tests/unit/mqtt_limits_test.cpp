// What keeps MQTT bounded: the outbox, the inbox, the intake.
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "ports/mqtt_inbox.h"
#include "ports/mqtt_intake.h"
#include "ports/mqtt_options.h"
#include "ports/mqtt_outbox.h"

namespace voip {
namespace {

MqttIncoming command(const std::string& payload, const std::string& name = "qos/set") {
  return {"voip-qos/router/" + name, payload, false, {}, {}};
}

TEST(MqttOutbox, KeepsOnlyTheNewestOfARetainedTopicAndItsPlaceInTime) {
  Outbox box;
  box.put({{"state", "1", 1, true}, {}});
  box.put({{"event", "a", 1, false}, {}});
  box.put({{"event", "b", 1, false}, {}});
  box.put({{"state", "2", 1, true}, {}});
  std::string order;
  for (; !box.empty(); box.pop()) {
    order += box.front().message.payload;
  }
  EXPECT_EQ(order, "ab2");
}

TEST(MqttOutbox, DropsTheOldestWhenItIsFull) {
  Outbox box;
  for (std::size_t i = 0; i < Outbox::most + 10; ++i) {
    box.put({{"event", std::to_string(i), 1, false}, {}});
  }
  EXPECT_EQ(box.front().message.payload, "10");
}

TEST(MqttInbox, DropsMessagesWhenItIsFullButNeverWhatHappened) {
  MqttInbox inbox(UniqueFd(eventfd(0, EFD_NONBLOCK)));
  inbox.put(MqttConnected{});
  for (int i = 0; i < 600; ++i) {
    inbox.put(command(std::to_string(i)));
  }
  inbox.put(MqttLost{"x"});
  const auto taken = inbox.take();
  ASSERT_EQ(taken.size(), 515U);
  EXPECT_TRUE(std::holds_alternative<MqttConnected>(taken.front()));
  EXPECT_EQ(std::get<MqttIncoming>(taken[1]).payload, "88");
  EXPECT_TRUE(std::holds_alternative<MqttLost>(taken[513]));
  EXPECT_EQ(std::get<MqttOverrun>(taken[514]).messages, 88U);
  EXPECT_TRUE(inbox.take().empty());
  for (int i = 0; i < 20; ++i) {
    inbox.put(command(std::string(32'000, 'x')));
  }
  EXPECT_LE(inbox.take().size(), 9U);  // bounded in bytes too
}

TEST(TokenBucket, LetsABurstThroughAndThenTheRate) {
  TokenBucket bucket(10ms, 3);
  int taken = 0;
  for (Instant now(1h); now < Instant(1h + 1s); now += 1ms) {
    taken += bucket.take(now) ? 1 : 0;
  }
  EXPECT_EQ(taken, 3 + 99);
}

TEST(MqttIntake, TellsAFloodOnceAndItsEndWithTheNumber) {
  MqttIntake intake{Settings{}};
  std::size_t orders = 0;
  std::size_t answers = 0;
  std::string warnings;
  for (int i = 0; i < 300; ++i) {
    const TakenIn taken = intake.take(command("ON"), Instant(1h), "");
    orders += taken.events.size();
    answers += taken.answer ? 1U : 0U;
    warnings += taken.warning;
  }
  EXPECT_EQ(orders, 200U);
  EXPECT_EQ(answers, 1U);
  EXPECT_EQ(warnings, "too many commands at once: some are not obeyed");
  EXPECT_EQ(intake.take(command("ON"), Instant(1h + 1min), "").warning, "the flood of commands is over; 100 were not obeyed");
}

TEST(MqttIntake, AnswersAllGarbageButComplainsRarely) {
  MqttIntake intake{Settings{}};
  int warnings = 0;
  for (int i = 0; i < 100; ++i) {
    const TakenIn taken = intake.take(command("perhaps"), Instant(1h), "");
    EXPECT_TRUE(taken.answer);
    EXPECT_TRUE(taken.events.empty());
    warnings += taken.warning.empty() ? 0 : 1;
  }
  EXPECT_EQ(warnings, 5);
  const std::string next = intake.take(command("perhaps"), Instant(1h + 10s), "").warning;
  EXPECT_NE(next.find("(and 95 more before it)"), std::string::npos) << next;
}

TEST(MqttIntake, AnswersARequestWithTheState) {
  MqttIntake intake{Settings{}};
  const TakenIn taken = intake.take(command(R"({"transaction":1})", "request/status"), Instant(1h), R"({"qos":"ON"})");
  EXPECT_TRUE(taken.wants_all);
  EXPECT_FALSE(taken.is_order);
  ASSERT_TRUE(taken.answer);
  EXPECT_EQ(taken.answer->message,
            (MqttMessage{"voip-qos/router/response/status", R"({"data":{"qos":"ON"},"status":"ok","transaction":1})", 1, false}));
}

TEST(MqttOptions, APasswordInTheClearIsNoticed) {
  MqttSettings mqtt;
  mqtt.password_file = "x";
  for (const char* uri : {"mqtt://broker", "tcp://192.168.1.2:1883", "ws://[2001:db8::1]:80/mqtt", "broker:1883"}) {
    mqtt.uri = {uri};
    EXPECT_TRUE(sends_password_in_clear(mqtt)) << uri;
  }
  for (const char* uri : {"mqtts://broker", "wss://broker/x", "mqtt://localhost:1883", "mqtt://127.0.0.1", "tcp://[::1]:1883"}) {
    mqtt.uri = {uri};
    EXPECT_FALSE(sends_password_in_clear(mqtt)) << uri;
  }
  mqtt.password_file.clear();
  mqtt.uri = {"mqtt://broker"};
  EXPECT_FALSE(sends_password_in_clear(mqtt));
}

}  // namespace
}  // namespace voip
