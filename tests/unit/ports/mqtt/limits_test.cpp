// What keeps MQTT bounded: the outbox, the inbox, the intake.
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "ports/mqtt/inbox.h"
#include "ports/mqtt/intake.h"
#include "ports/mqtt/mqtt.h"
#include "ports/mqtt/options.h"
#include "ports/mqtt/outbox.h"

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

TEST(MqttOutbox, LeavesOutAnswersBeforeTheState) {
  Outbox box;
  EXPECT_TRUE(box.put({{"state", "1", 1, true}, {}}));
  bool has_room = true;
  for (std::size_t i = 0; i < Outbox::most; ++i) {
    has_room = box.put({{"response", std::to_string(i), 1, false}, {}});
  }
  EXPECT_FALSE(has_room);
  EXPECT_EQ(box.front().message.topic, "state");
  box.pop();
  EXPECT_EQ(box.front().message.payload, "1");
}

TEST(MqttOutbox, IsBoundedInBytesWithAllThatAMessageCarries) {
  Outbox box;
  std::size_t kept = 0;
  for (int i = 0; i < 100; ++i) {
    box.put({{"response", "{}", 1, false}, std::string(60'000, 'c')});
  }
  for (; !box.empty(); box.pop()) {
    ++kept;
  }
  EXPECT_EQ(kept, Outbox::most_bytes / 60'010);
  EXPECT_FALSE(box.put({{"response", std::string(2'000'000, 'x'), 1, false}, {}}));
  EXPECT_TRUE(box.empty());
}

TEST(MqttInbox, CountsAllThatAMessageCarries) {
  MqttInbox inbox(UniqueFd(eventfd(0, EFD_NONBLOCK)));
  for (int i = 0; i < 100; ++i) {
    inbox.put(MqttIncoming{"voip-qos/router/qos/set", "ON", false, std::string(30'000, 't'), std::string(30'000, 'c')});
  }
  EXPECT_LE(inbox.take().size(), 6U);
}

TEST(MqttInbox, TakesNothingWhenItIsClosed) {
  MqttInbox inbox(UniqueFd(eventfd(0, EFD_NONBLOCK)));
  inbox.put(MqttConnected{});
  inbox.close();
  inbox.put(MqttLost{"x"});
  EXPECT_TRUE(inbox.take().empty());
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

TEST(MqttIntake, ALongTopicStandsInItsComplaintOnce) {
  MqttIntake intake{Settings{}};
  MqttIncoming retained = command("ON", std::string(60'000, 'x') + "/set");
  retained.is_retained = true;
  const std::string warning = intake.take(retained, Instant(1h), "").warning;
  EXPECT_GT(warning.size(), 60'000U);
  EXPECT_LT(warning.size(), 61'000U);
  EXPECT_EQ(intake.take(retained, Instant(1h), "").warning, "") << "told once";
}

TEST(MqttIntake, AnswersWhereItMayAndSaysOnceWhyNotElsewhere) {
  Settings settings;
  settings.mqtt.response_topics = {"phone"};
  MqttIntake intake{settings};
  MqttIncoming asked = command("ON", "request/qos");
  asked.correlation_data = "1";
  asked.response_topic = "phone/7";
  TakenIn taken = intake.take(asked, Instant(1h), "");
  ASSERT_TRUE(taken.answer);
  EXPECT_EQ(taken.answer->message.topic, "phone/7");
  EXPECT_EQ(taken.warning, "");
  asked.response_topic = "heating/boiler/set";
  for (const bool is_first : {true, false}) {
    taken = intake.take(asked, Instant(1h), "");
    ASSERT_TRUE(taken.answer);
    EXPECT_EQ(taken.answer->message.topic, "voip-qos/router/response/qos");
    EXPECT_EQ(taken.answer->correlation_data, "1");
    EXPECT_EQ(taken.events.size(), 1U) << "the order counts";
    EXPECT_EQ(taken.warning.find("heating/boiler/set") != std::string::npos, is_first) << taken.warning;
  }
}

TEST(MqttIntake, AnswersARequestWithTheState) {
  MqttIntake intake{Settings{}};
  const TakenIn taken = intake.take(command(R"({"transaction":1})", "request/status"), Instant(1h), R"({"qos":"ON"})");
  EXPECT_TRUE(taken.wants_all);
  EXPECT_TRUE(taken.events.empty());
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
