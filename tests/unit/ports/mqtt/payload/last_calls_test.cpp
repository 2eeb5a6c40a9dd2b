#include "ports/mqtt/payload/last_calls.h"

#include <gtest/gtest.h>

#include "base/iso_8601.h"

namespace voip {
namespace {

std::string calendar(Instant instant) {
  return iso_8601(std::chrono::system_clock::time_point(std::chrono::seconds(1'755'000'000)) + instant.time_since_epoch());
}

Call a_call(const std::string& device, Instant started) {
  Call call;
  call.device = device;
  call.first_flow.server = {*IpAddress::parse("203.0.113.9"), 3478};
  call.started = started;
  call.ended = started + 2min;
  call.rates = Rates{87'240, 86'900, 50, 49, 1};
  return call;
}

MqttLastCalls fresh() {
  return MqttLastCalls(Settings{}, calendar);
}

TEST(MqttLastCalls, SaysAllOfTheLastAndLittleOfThoseBefore) {
  MqttLastCalls calls = fresh();
  EXPECT_TRUE(calls.empty());
  calls.add(a_call("Attic", Instant(60s)));
  calls.add(a_call("Kitchen phone", Instant(300s)));
  EXPECT_EQ(
      calls.message(),
      (MqttMessage{"voip-qos/router/last_call",
                   R"({"device":"Kitchen phone","remote":"203.0.113.9","duration_s":120,"up_kbit":87.2,"down_kbit":86.9,)"
                   R"("up_pps":50,"down_pps":49,"started":"2025-08-12T12:05:00Z","ended":"2025-08-12T12:07:00Z",)"
                   R"("was_none":false,"kind":"unknown","grade":"unknown","mos":null,"missing_percent":null,"delay_ms":null,)"
                   R"("cause":null,"had_qos":false,)"
                   R"("before":[{"device":"Attic","started":"2025-08-12T12:01:00Z","duration_s":120}]})",
                   1, true}));
}

TEST(MqttLastCalls, TakesUpWhatAnEarlierLifeHasLeft) {
  MqttLastCalls earlier = fresh();
  earlier.add(a_call("A", Instant(60s)));
  earlier.add(a_call("B", Instant(300s)));
  MqttLastCalls calls = fresh();
  calls.take_up(earlier.message().payload);
  EXPECT_EQ(calls.message(), earlier.message()) << "the same";
  calls.take_up(earlier.message().payload);
  EXPECT_EQ(calls.message(), earlier.message()) << "each call once";

  MqttLastCalls late = fresh();
  late.add(a_call("C", Instant(600s)));  // before the broker was there
  late.take_up(earlier.message().payload);
  const Json json = parse_json(late.message().payload);
  EXPECT_EQ(json["device"], "C");
  ASSERT_EQ(json["before"].size(), 2U);
  EXPECT_EQ(json["before"][1]["device"], "A");
}

TEST(MqttLastCalls, KnowNoCallThatWasNone) {
  MqttLastCalls calls = fresh();
  Call none = a_call("Games", Instant(60s));
  none.was_none = true;
  calls.add(none);
  EXPECT_TRUE(calls.empty());
}

TEST(MqttLastCalls, AreTen) {
  MqttLastCalls calls = fresh();
  for (int i = 0; i < 30; ++i) {
    calls.add(a_call(std::to_string(i), Instant(i * 1min)));
  }
  MqttLastCalls next = fresh();
  next.add(a_call("new", Instant(1h)));
  next.take_up(calls.message().payload);
  for (const MqttLastCalls& one : {calls, next}) {
    EXPECT_EQ(parse_json(one.message().payload)["before"].size(), MqttLastCalls::most - 1);
  }
}

TEST(MqttLastCalls, WhatIsNotOursIsNotBelieved) {
  for (const std::string& garbage :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string(R"({"device":3})"),
        std::string(R"({"device":"A","started":"x","duration_s":-1})"),
        R"({"device":")" + std::string(300, 'x') + R"(","started":"x","duration_s":1})"}) {
    MqttLastCalls calls = fresh();
    calls.take_up(garbage);
    EXPECT_TRUE(calls.empty()) << garbage;
  }
  MqttLastCalls calls = fresh();
  calls.take_up(R"({"device":"A","started":"x","duration_s":1,"before":[3,{"device":"B","started":"y","duration_s":2},{}]})");
  EXPECT_EQ(parse_json(calls.message().payload)["before"].size(), 1U);
}

}  // namespace
}  // namespace voip
