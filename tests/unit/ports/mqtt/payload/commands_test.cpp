#include "ports/mqtt/payload/commands.h"
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace voip {
namespace {

const MqttTopics& topics() {
  static const MqttTopics value{Settings{}};
  return value;
}

MqttCommand read(const std::string& name, const std::string& payload, bool is_retained = false) {
  return read_command(topics(), {"voip-qos/router/" + name, payload, is_retained, {}, {}});
}

void expect_order(const MqttCommand& command, Mode mode, bool until_changed, std::optional<Duration> time_limit = std::nullopt) {
  const auto* accepted = std::get_if<CommandAccepted>(&command);
  ASSERT_NE(accepted, nullptr);
  ASSERT_EQ(accepted->events.size(), 1U);
  const auto* order = std::get_if<SetMode>(accepted->events.data());
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->mode, mode);
  EXPECT_EQ(order->until_changed, until_changed);
  EXPECT_EQ(order->time_limit, time_limit);
}

std::string refusal(const MqttCommand& command) {
  const auto* refused = std::get_if<CommandRefused>(&command);
  return refused == nullptr ? "not refused" : refused->error;
}

TEST(MqttCommands, QosIsAnOverrideInAnySpelling) {
  for (const char* word :
       {"ON", "on", "On", " on\n", "1", "true", "TRUE", R"({"state":"ON"})", R"({"state":true})", R"({"value":1})"}) {
    expect_order(read("qos/set", word), Mode::on, false);
  }
  for (const char* word : {"OFF", "off", "0", "False", R"({"state":"off"})", R"({"value":false})"}) {
    expect_order(read("qos/set", word), Mode::off, false);
  }
  expect_order(read("qos/set", "AUTO"), Mode::automatic, false);
  expect_order(read("qos/set", R"({"state":"Auto"})"), Mode::automatic, false);
}

TEST(MqttCommands, QosTakesATimeLimit) {
  expect_order(read("qos/set", R"({"state":"ON","for":"30m"})"), Mode::on, false, 30min);
  expect_order(read("qos/set", R"( {"for":"2s","state":"OFF"} )"), Mode::off, false, 2s);
  expect_order(read("qos/set", R"({"state":"ON","for":"168h"})"), Mode::on, false, 168h);
  for (const char* wrong : {"0s", "999ms", "169h"}) {
    EXPECT_EQ(refusal(read("qos/set", nlohmann::json{{"state", "ON"}, {"for", wrong}}.dump())),
              std::string(R"("for" must be from 1s to 7d, not ")") + wrong + "\"");
  }
  for (const char* wrong : {"30", "-3m", "1y", "", "1000000h", "99999999999999999999d"}) {
    EXPECT_EQ(refusal(read("qos/set", nlohmann::json{{"state", "ON"}, {"for", wrong}}.dump())),
              std::string(R"("for" must be a duration with its unit, such as "30m", not ")") + wrong + "\"");
  }
  EXPECT_EQ(refusal(read("qos/set", R"({"state":"ON","for":30})")), R"("for" must be a duration with its unit, such as "30m")");
  EXPECT_EQ(refusal(read("qos/set", R"({"state":"AUTO","for":"30m"})")), R"(AUTO ends an override at once; it takes no "for")");
}

TEST(MqttCommands, ModeStaysUntilItIsChanged) {
  expect_order(read("mode/set", "auto"), Mode::automatic, true);
  expect_order(read("mode/set", "ON"), Mode::on, true);
  expect_order(read("mode/set", R"({"value":"off"})"), Mode::off, true);
  EXPECT_EQ(refusal(read("mode/set", "automatic")), R"(auto, on or off is understood here, not "automatic")");
  EXPECT_EQ(refusal(read("mode/set", R"({"value":"on","for":"1h"})")),
            "a mode stays until it is changed; for a time limit use qos/set");
}

TEST(MqttCommands, RequestsCarryTheirTransactionIntoTheAnswer) {
  const MqttCommand command = read("request/qos", R"({"value":"ON","for":"10m","transaction":"a-1"})");
  expect_order(command, Mode::on, false, 10min);
  const auto& accepted = std::get<CommandAccepted>(command);
  EXPECT_TRUE(accepted.wants_answer);
  EXPECT_EQ(accepted.what, "qos");
  EXPECT_EQ(answer_payload("", accepted.transaction), R"({"data":{},"status":"ok","transaction":"a-1"})");
  const MqttCommand wrong = read("request/qos", R"({"transaction":17,"value":"perhaps"})");
  const auto& refused = std::get<CommandRefused>(wrong);
  EXPECT_EQ(answer_payload(refused.error, refused.transaction),
            R"({"data":{},"status":"error","error":"ON, OFF or AUTO is understood here, not \"perhaps\"","transaction":17})");
  EXPECT_EQ(std::get<CommandRefused>(read("request/qos", R"({"x":1,"transaction":"t"})")).transaction, R"("t")");
}

TEST(MqttCommands, StatusIsAskedForWithOrWithoutAPayload) {
  for (const char* payload : {"", "{}", R"({"transaction":5})"}) {
    const MqttCommand command = read("request/status", payload);
    const auto* accepted = std::get_if<CommandAccepted>(&command);
    ASSERT_NE(accepted, nullptr) << payload;
    EXPECT_TRUE(accepted->wants_all);
    EXPECT_TRUE(accepted->wants_answer);
    EXPECT_TRUE(accepted->events.empty());
  }
}

TEST(MqttCommands, RecheckLooksAtShapingAndFlows) {
  const MqttCommand command = read("recheck/set", "PRESS");
  const auto& accepted = std::get<CommandAccepted>(command);
  ASSERT_EQ(accepted.events.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<RecheckRequested>(accepted.events[0]));
}

TEST(MqttCommands, UnknownOnesAreRefusedByName) {
  EXPECT_EQ(refusal(read("request/reboot", "{}")),
            R"(unknown request "reboot"; known are status, qos, mode, release_after, override_for, sensitivity and recheck)");
  EXPECT_EQ(refusal(read("volume/set", "5")),
            R"(unknown command "volume"; known are qos, mode, release_after, override_for, sensitivity and recheck)");
  EXPECT_EQ(std::get<CommandRefused>(read("request/a/b", "{}")).what, "unknown");
  EXPECT_EQ(refusal(read("qos/set", R"({"state":"ON","fro":"30m"})")),
            R"(unknown key "fro"; known are "state" (or "value"), "for" and "transaction")");
}

TEST(MqttCommands, RetainedAndEmptyOnesAreIgnored) {
  EXPECT_EQ(std::get<CommandIgnored>(read("qos/set", "ON", true)).why,
            "a retained command is never obeyed; clear it with: mosquitto_pub -r -n -t voip-qos/router/qos/set");
  EXPECT_EQ(std::get<CommandIgnored>(read("$(reboot)'/set", "ON", true)).why,
            R"(a retained command is never obeyed; clear it with: mosquitto_pub -r -n -t 'voip-qos/router/$(reboot)'\''/set')")
      << "people copy it into a shell";
  EXPECT_EQ(std::get<CommandIgnored>(read("qos/set", "")).why, "");
  EXPECT_EQ(std::get<CommandIgnored>(read("request/qos", "")).why, "");
  EXPECT_TRUE(std::holds_alternative<CommandIgnored>(read("state", "{}")));
  EXPECT_TRUE(std::holds_alternative<CommandIgnored>(read_command(topics(), {"other/router/qos/set", "ON", false, {}, {}})));
}

TEST(MqttCommands, TooLongOrNotTextIsRefused) {
  EXPECT_EQ(refusal(read("qos/set", std::string(1025, 'x'))), "longer than 1024 bytes");
  EXPECT_EQ(refusal(read("qos/set", "\xff\xfe")), "not UTF-8 text");
  EXPECT_EQ(refusal(read("qos/set", std::string("O\0N", 3))), "not UTF-8 text");
}

TEST(MqttCommands, HostileJsonIsRefused) {
  for (const std::string& payload :
       {std::string(1024, '['), std::string(1023, '{') + "}", "{\"state\":" + std::string(1000, '['),
        std::string("{\"state\":1e999}"), std::string("{\"state\":123456789012345678901234567890}"),
        std::string("{\"state\":\"\\ud800\"}"), std::string("{\"state\":\"ON\\u0000\"}"), std::string("{\"state\":null}"),
        std::string("{\"state\":{}}"), std::string("{\"transaction\":[[]],\"state\":\"ON\"}"), std::string("{"),
        std::string("{}"), std::string("{\"state\":1.5}"),
        "{\"transaction\":" + std::string(400, '[') + std::string(400, ']') + ",\"state\":\"ON\"}"}) {
    const MqttCommand command = read("qos/set", payload);
    ASSERT_TRUE(std::holds_alternative<CommandRefused>(command)) << payload;
    const auto& refused = std::get<CommandRefused>(command);
    EXPECT_TRUE(nlohmann::json::accept(answer_payload(refused.error, refused.transaction))) << payload;
  }
}

TEST(MqttCommands, AnyBytesHaveAnAnswerThatIsJson) {
  std::mt19937 random(20260820);  // NOLINT(cert-msc51-cpp): the same bytes in every run
  const std::string pieces = "{}[]\":,\\ \tonfstaevlur01e9-.\xc3\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string payload;
    for (auto left = random() % 60; left > 0; --left) {
      payload += random() % 4 == 0 ? static_cast<char>(random() & 0xffU) : pieces[random() % pieces.size()];
    }
    const std::string name = round % 2 == 0 ? "qos/set" : "request/" + payload.substr(0, random() % 8);
    const MqttCommand command = read(name, payload);
    if (const auto* refused = std::get_if<CommandRefused>(&command)) {
      ASSERT_TRUE(nlohmann::json::accept(answer_payload(refused->error, refused->transaction)));
      ASSERT_TRUE(is_utf8_text(refused->error));
      ASSERT_LT(refused->error.size(), 200U);
      ASSERT_TRUE(is_utf8_text(topics().response(refused->what)));
      ASSERT_EQ(refused->what.find_first_of("/+#"), std::string::npos);
    }
  }
}

TEST(MqttCommands, AnswersGoOnlyWhereTheyDoNoHarm) {
  Settings settings;
  const auto may = [&](const std::string& wanted) { return may_answer_on(topics(), settings, wanted); };
  EXPECT_TRUE(may("voip-qos/router/response/mine"));
  EXPECT_TRUE(may("voip-qos/router/response/phone/1"));
  for (const char* topic : {"phone/answers", "phone/answers/1"}) {
    EXPECT_FALSE(may(topic)) << "nobody has allowed it";
  }
  // Each of these would say something to somebody, whatever is allowed.
  const std::vector<std::string> never{"",
                                       "a/+/b",
                                       "#",
                                       "$SYS/x",
                                       "voip-qos/router/response",
                                       "voip-qos/router/qos/set",
                                       "voip-qos/router",
                                       "voip-qos/router/state",
                                       "voip-qos/other/qos/set",
                                       "voip-qos/other/response/x",
                                       "voip-qos",
                                       "homeassistant/status",
                                       "homeassistant",
                                       "\xff",
                                       "phone/answers/\n",
                                       "phone/answers/\u202e",
                                       "phone/answers/+",
                                       "phone/answers/" + std::string(257, 'a')};
  for (const std::string& topic : never) {
    EXPECT_FALSE(may(topic)) << topic;
  }
  settings.mqtt.response_topics = {"phone/answers", "voip-qos", "homeassistant", "$SYS"};
  EXPECT_TRUE(may("phone/answers"));
  EXPECT_TRUE(may("phone/answers/1"));
  for (const char* topic : {"phone/answers2", "phone", "phone/answersx/1", "Phone/answers/1"}) {
    EXPECT_FALSE(may(topic)) << topic;
  }
  for (const std::string& topic : never) {
    EXPECT_FALSE(may(topic)) << topic;
  }
}

TEST(MqttCommands, AnswersCanCarryData) {
  EXPECT_EQ(answer_payload("", "", R"({"qos":"ON"})"), R"({"data":{"qos":"ON"},"status":"ok"})");
}

}  // namespace
}  // namespace voip
