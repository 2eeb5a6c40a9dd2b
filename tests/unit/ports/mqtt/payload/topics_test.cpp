#include "ports/mqtt/payload/topics.h"
#include "base/iso_8601.h"
#include "base/utf8.h"
#include "ports/mqtt/payload/rates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace voip {
namespace {

std::string calendar(Instant instant) {
  return iso_8601(std::chrono::system_clock::time_point(std::chrono::seconds(1'755'000'000)) + instant.time_since_epoch());
}

Settings two_phones() {
  Settings settings;
  settings.node.name = "Attic";
  DeviceSettings kitchen;
  kitchen.name = "Kitchen phone";
  kitchen.role = Role::phone;
  DeviceSettings other;
  other.name = "kitchen-PHONE";
  settings.devices = {kitchen, other};
  return settings;
}

Call a_call() {
  Call call;
  call.id = 7;
  call.device = "Kitchen phone";
  call.client = *IpAddress::parse("192.168.1.30");
  call.first_flow = FlowKey{{call.client, 40000}, {*IpAddress::parse("203.0.113.9"), 3478}, protocol_udp};
  call.started = Instant(60s);
  call.rates = Rates{87'240, 86'900, 50, 49, 1};
  call.reason = "50 packets/s of 218 bytes";
  return call;
}

TEST(MqttTopics, StandBelowBaseTopicAndNodeId) {
  Settings settings = two_phones();
  settings.mqtt.base_topic = "home/voip";
  settings.node.id = "attic";
  const MqttTopics topics(settings);
  EXPECT_EQ(topics.base(), "home/voip/attic");
  EXPECT_EQ(topics.status(), "home/voip/attic/status");
  EXPECT_EQ(topics.of_device("kitchen_phone", "rates"), "home/voip/attic/device/kitchen_phone/rates");
  EXPECT_EQ(topics.response("qos"), "home/voip/attic/response/qos");
}

TEST(MqttTopics, SlugsOfDevicesAreUnique) {
  EXPECT_EQ(MqttTopics(two_phones()).device_slugs(),
            (std::vector<std::string>{"kitchen_phone_b7e54ba7", "kitchen_phone_5dafa956"}));
}

TEST(MqttTopics, SlugsHangOnTheDeviceAndNotOnItsPlace) {
  Settings settings;
  std::map<std::string, std::string> known;
  std::vector<std::string> names{"電話", "電話機", "☎", "Büro", "Kitchen phone", "kitchen-PHONE", "Device"};
  std::sort(names.begin(), names.end());
  do {
    settings.devices.clear();
    for (const std::string& name : names) {
      settings.devices.emplace_back().name = name;
    }
    const std::vector<std::string> slugs = MqttTopics(settings).device_slugs();
    for (std::size_t i = 0; i < names.size(); ++i) {
      ASSERT_EQ(known.emplace(names[i], slugs[i]).first->second, slugs[i]) << names[i];
    }
    ASSERT_EQ(std::set<std::string>(slugs.begin(), slugs.end()).size(), names.size());
  } while (std::next_permutation(names.begin(), names.end()));
  EXPECT_EQ(known["Büro"], "b_ro") << "letters that tell it apart are enough";
  EXPECT_EQ(known["Device"], "device");
  EXPECT_TRUE(known["☎"].starts_with("device_")) << known["☎"];
  settings.devices.clear();
  settings.devices.emplace_back().name = "電話";
  EXPECT_EQ(MqttTopics(settings).device_slugs().front(), known["電話"]) << "others come and go";
}

TEST(MqttTopics, SlugsHoldNothingThatTopicsGiveAMeaning) {
  EXPECT_EQ(slug("  Büro/Fax #1+ "), "b_ro_fax_1");
  EXPECT_EQ(slug("+/#"), "device");
  EXPECT_EQ(slug(""), "device");
  EXPECT_EQ(slug("A__b--c"), "a_b_c");
}

TEST(MqttTopics, TextIsUtf8WithoutNul) {
  EXPECT_TRUE(is_utf8_text(""));
  EXPECT_TRUE(is_utf8_text("Küche \xe2\x98\x8e \xf0\x9f\x93\x9e"));
  using namespace std::string_view_literals;
  for (const std::string_view wrong : {"a\0b"sv, "\x80"sv, "\xc0\xaf"sv, "\xe0\x80\x80"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv,
                                       "\xf8\x88\x80\x80\x80"sv, "\xe2\x98"sv, "\xff"sv}) {
    EXPECT_FALSE(is_utf8_text(wrong)) << testing::PrintToString(wrong);
  }
}

TEST(MqttPayloads, StateOfAnIdleNodeBeforeAnythingWasSeen) {
  const MqttPayloads payloads(Settings{}, calendar);
  const auto messages = payloads.report(Report{});
  ASSERT_EQ(messages.size(), 6U);
  EXPECT_EQ(messages[0], (MqttMessage{"voip-qos/router/state",
                                      R"({"qos":null,"wanted":"OFF","mode":"auto","lasting_mode":"auto","reason":"idle",)"
                                      R"("override_until":null,"call_active":false,"calls":0,"in_call":[],)"
                                      R"("call_started":null,"detector":"ok",)"
                                      R"("detector_reason":null,"error":null,"remark":null,"call_kind":null,"presumed":false})",
                                      1, true}));
  EXPECT_EQ(messages[1], (MqttMessage{"voip-qos/router/qos", "UNKNOWN", 1, true}));
  EXPECT_EQ(messages[2], (MqttMessage{"voip-qos/router/mode", "auto", 1, true}));
  EXPECT_EQ(messages[3], (MqttMessage{"voip-qos/router/release_after", "10", 1, true}));
  EXPECT_EQ(messages[4], (MqttMessage{"voip-qos/router/override_for", "7200", 1, true}));
  EXPECT_EQ(messages[5], (MqttMessage{"voip-qos/router/sensitivity", "normal", 1, true}));
}

TEST(MqttPayloads, SettingsThatNobodyCanOrderHaveNoTopic) {
  Settings settings;
  settings.mqtt.commands = false;
  EXPECT_EQ(MqttPayloads(settings, calendar).report(Report{}).size(), 3U);
}

TEST(MqttPayloads, StateDuringAnOverrideAndACall) {
  const MqttPayloads payloads(two_phones(), calendar);
  Report report;
  report.observed = Qos::draining;
  report.wanted = true;
  report.mode = Mode::on;
  report.reason = Reason::manual;
  report.override_until = Instant(1h);
  report.calls = 2;
  report.call_started = Instant(5s);
  report.call_kind = CallKind::video;
  report.sight = Sight::limited;
  report.sight_reason = "some flows are offloaded";
  report.error = "tc: exit 2";
  report.devices = {{"Kitchen phone", 2, Instant(5s), CallKind::voice, true}, {"kitchen-PHONE", 0, std::nullopt}};
  report.in_call = {"Kitchen phone", "192.168.1.77"};
  const auto messages = payloads.report(report);
  ASSERT_EQ(messages.size(), 8U);
  EXPECT_EQ(messages[0].payload, R"({"qos":"ON","wanted":"ON","mode":"on","lasting_mode":"auto","reason":"manual",)"
                                 R"("override_until":"2025-08-12T13:00:00Z","call_active":true,"calls":2,)"
                                 R"("in_call":["Kitchen phone","192.168.1.77"],"call_started":"2025-08-12T12:00:05Z",)"
                                 R"("detector":"limited",)"
                                 R"("detector_reason":"some flows are offloaded","error":"tc: exit 2","remark":null,)"
                                 R"("call_kind":"video","presumed":false})");
  EXPECT_EQ(messages[1].payload, "ON");
  EXPECT_EQ(messages[2].payload, "on");
  EXPECT_EQ(messages[6], (MqttMessage{"voip-qos/router/device/kitchen_phone_b7e54ba7/state",
                                      R"({"name":"Kitchen phone","call_active":true,"calls":2,)"
                                      R"("call_started":"2025-08-12T12:00:05Z","call_kind":"voice","presumed":true})",
                                      1, true}));
  EXPECT_EQ(messages[7], (MqttMessage{"voip-qos/router/device/kitchen_phone_5dafa956/state",
                                      R"({"name":"kitchen-PHONE","call_active":false,"calls":0,"call_started":null,)"
                                      R"("call_kind":null,"presumed":false})",
                                      1, true}));
}

TEST(MqttRates, AreNotRetainedAndSayHowLongTheCallIs) {
  MqttRates rates{MqttTopics(two_phones())};
  Report report;
  report.call_started = Instant(10s);
  report.devices = {{"Kitchen phone", 1, Instant(12s)}, {"kitchen-PHONE", 0, std::nullopt}};
  RatesMeasured measured;
  measured.total = Rates{87'249, 86'950, 50, 49, 1};
  const std::vector<Rates> of_devices{measured.total, Rates{}, measured.total};  // one more than there are
  measured.devices = of_devices;
  const auto messages = rates.write(measured, &report, Instant(75'900ms), false);
  ASSERT_EQ(messages.size(), 2U) << "the other phone is idle";
  EXPECT_EQ(*messages[0],
            (MqttMessage{"voip-qos/router/rates",
                         R"({"up_kbit":87.2,"down_kbit":87.0,"up_pps":50,"down_pps":49,"flows":1,"call_s":65})", 0, false}));
  EXPECT_EQ(*messages[1],
            (MqttMessage{"voip-qos/router/device/kitchen_phone_b7e54ba7/rates",
                         R"({"up_kbit":87.2,"down_kbit":87.0,"up_pps":50,"down_pps":49,"flows":1,"call_s":63})", 0, false}));
}

TEST(MqttRates, AreZeroForEveryDeviceBeforeTheFirstCall) {
  MqttRates rates{MqttTopics(two_phones())};
  const auto messages = rates.write(RatesMeasured{}, nullptr, Instant(1h), true);
  ASSERT_EQ(messages.size(), 3U);
  for (const MqttMessage* message : messages) {
    EXPECT_EQ(message->payload, R"({"up_kbit":0.0,"down_kbit":0.0,"up_pps":0,"down_pps":0,"flows":0,"call_s":0})");
  }
}

const CallQuality a_bad_call{
    .grade = Grade::bad, .mos_hundredths = 294, .missing_permille = 152, .delay = 12ms, .cause = QualityCause::far_end};

TEST(MqttPayloads, TheQualityOfACallIsRetained) {
  const MqttPayloads payloads(two_phones(), calendar);
  EXPECT_EQ(payloads.quality({"Kitchen phone", a_bad_call}),
            (MqttMessage{"voip-qos/router/quality",
                         R"({"grade":"bad","mos":2.9,"missing_percent":15.2,"delay_ms":12,"cause":"far_end",)"
                         R"("device":"Kitchen phone"})",
                         1, true}));
}

TEST(MqttRates, OfADeviceEndWithOneZero) {
  MqttRates rates{MqttTopics(two_phones())};
  const auto said = [&rates](const std::vector<Rates>& of_devices) {
    RatesMeasured measured;
    measured.devices = of_devices;
    return rates.write(measured, nullptr, Instant(1h), false).size() - 1;
  };
  const Rates talk{87'000, 87'000, 50, 50, 1};
  EXPECT_EQ(said({Rates{}, Rates{}}), 0U);
  EXPECT_EQ(said({talk, Rates{}}), 1U);
  EXPECT_EQ(said({talk, talk}), 2U);
  EXPECT_EQ(said({Rates{}, talk}), 2U) << "its zero";
  EXPECT_EQ(said({Rates{}, talk}), 1U);
  EXPECT_EQ(said({Rates{}, Rates{}}), 1U);
  EXPECT_EQ(said({Rates{}, Rates{}}), 0U);
}

TEST(MqttPayloads, EventsAreNeverRetained) {
  const MqttPayloads payloads(two_phones(), calendar);
  Call call = a_call();
  call.is_presumed = true;
  EXPECT_EQ(payloads.call_started(call),
            (MqttMessage{"voip-qos/router/event",
                         R"({"event_type":"call_started","device":"Kitchen phone","remote":"203.0.113.9","up_kbit":87.2,)"
                         R"("down_kbit":86.9,"started":"2025-08-12T12:01:00Z","reason":"50 packets/s of 218 bytes",)"
                         R"("kind":"unknown","presumed":true})",
                         1, false}));
  call.ended = Instant(3min);
  call.kind = CallKind::voice;
  EXPECT_EQ(payloads.call_ended(call),
            (MqttMessage{"voip-qos/router/event",
                         R"({"event_type":"call_ended","device":"Kitchen phone","remote":"203.0.113.9","duration_s":120,)"
                         R"("up_kbit":87.2,"down_kbit":86.9,"up_pps":50,"down_pps":49,"started":"2025-08-12T12:01:00Z",)"
                         R"("ended":"2025-08-12T12:03:00Z","was_none":false,"kind":"voice","grade":"unknown","mos":null,)"
                         R"("missing_percent":null,"delay_ms":null,"cause":null,"had_qos":false})",
                         1, false}));
  call.had_qos = true;
  call.quality = a_bad_call;
  EXPECT_EQ(payloads.call_bad(call),
            (MqttMessage{"voip-qos/router/event",
                         R"({"event_type":"call_bad","device":"Kitchen phone","remote":"203.0.113.9",)"
                         R"("started":"2025-08-12T12:01:00Z","grade":"bad","mos":2.9,"missing_percent":15.2,)"
                         R"("delay_ms":12,"cause":"far_end","had_qos":true})",
                         1, false}));
  EXPECT_EQ(payloads.qos_switched({true, Reason::call}),
            (MqttMessage{"voip-qos/router/event", R"({"event_type":"qos_on","reason":"call"})", 1, false}));
  EXPECT_EQ(payloads.qos_switched({false, Reason::too_long}).payload, R"({"event_type":"qos_off","reason":"too_long"})");
  EXPECT_EQ(payloads.qos_failed({"qos-start: timed out"}),
            (MqttMessage{"voip-qos/router/event", R"({"event_type":"qos_failed","error":"qos-start: timed out"})", 1, false}));
}

TEST(MqttPayloads, TheLineIsRetainedAndNullWhereItIsNotKnown) {
  const MqttPayloads payloads(two_phones(), calendar);
  LineState line;
  EXPECT_EQ(
      payloads.line(line),
      (MqttMessage{
          "voip-qos/router/line",
          R"({"up_kbit":null,"down_kbit":null,"up_queue_ms":null,"down_queue_ms":null,"bottleneck":"unknown",)"
          R"("learnt":null,"up_learnt":null,"down_learnt":null,"up_calm_kbit":null,"down_calm_kbit":null,"up_shaped_kbit":null,"down_shaped_kbit":null,)"
          R"("step":null,"blocker":null})",
          1, true}));
  line.up = {.kbit = 9'800, .low_kbit = 9'000, .learnt = Instant(60s), .queue = 310ms};
  line.down = {.kbit = 48'200, .low_kbit = 48'200, .learnt = Instant(30s), .queue = 0ms};
  line.bottleneck = Bottleneck::upload;
  line.down.calm_kbit = 31'000;
  line.up.shaped_kbit = 9'300;
  line.step = "the upload is shaped to 9300 kbit/s";
  EXPECT_EQ(payloads.line(line).payload,
            R"({"up_kbit":9800,"down_kbit":48200,"up_queue_ms":310,"down_queue_ms":0,"bottleneck":"upload",)"
            R"("learnt":"2025-08-12T12:01:00Z","up_learnt":"2025-08-12T12:01:00Z","down_learnt":"2025-08-12T12:00:30Z",)"
            R"("up_calm_kbit":null,"down_calm_kbit":31000,)"
            R"("up_shaped_kbit":9300,"down_shaped_kbit":null,"step":"the upload is shaped to 9300 kbit/s","blocker":null})");
  line = {};
  line.blocker = "open a packet socket: needs CAP_NET_RAW";
  EXPECT_NE(payloads.line(line).payload.find(R"("blocker":"open a packet socket: needs CAP_NET_RAW")"), std::string::npos);
}

TEST(MqttPayloads, EachPlaceOfABottleneckHasItsWord) {
  const MqttPayloads payloads(Settings{}, calendar);
  for (const auto& [place, word] : std::map<Bottleneck, std::string>{{Bottleneck::none, "none"},
                                                                     {Bottleneck::upload, "upload"},
                                                                     {Bottleneck::download, "download"},
                                                                     {Bottleneck::home, "home"},
                                                                     {Bottleneck::far_end, "far_end"},
                                                                     {Bottleneck::unknown, "unknown"}}) {
    LineState line;
    line.bottleneck = place;
    EXPECT_EQ(nlohmann::json::parse(payloads.line(line).payload)["bottleneck"], word);
  }
}

TEST(MqttPayloads, OnlyWhatHappensIsAnEvent) {
  const MqttPayloads payloads(two_phones(), calendar);
  Call call = a_call();
  EXPECT_EQ(payloads.event(CallStarted{call}), payloads.call_started(call));
  call.ended = Instant(3min);
  EXPECT_EQ(payloads.event(CallEnded{call}), payloads.call_ended(call));
  EXPECT_EQ(payloads.event(QosSwitched{true, Reason::call}), payloads.qos_switched({true, Reason::call}));
  EXPECT_EQ(payloads.event(QosFailed{"no"}), payloads.qos_failed({"no"}));
  EXPECT_EQ(payloads.event(LineChanged{}), std::nullopt);
  EXPECT_EQ(payloads.event(ReportChanged{}), std::nullopt);
}

TEST(MqttPayloads, StatusAndInfoAreRetained) {
  const MqttPayloads payloads(two_phones(), calendar);
  EXPECT_EQ(payloads.online(), (MqttMessage{"voip-qos/router/status", "online", 1, true}));
  EXPECT_EQ(payloads.offline(), (MqttMessage{"voip-qos/router/status", "offline", 1, true}));
  EXPECT_EQ(
      payloads.info("1.2.3", "12345678", Instant(0s)),
      (MqttMessage{
          "voip-qos/router/info",
          R"({"version":"1.2.3","schema":1,"node":"router","name":"Attic","actuator":"none","detector":"calls",)"
          R"("commands":true,"devices":[{"name":"Kitchen phone","slug":"kitchen_phone_b7e54ba7","role":"phone"},)"
          R"({"name":"kitchen-PHONE","slug":"kitchen_phone_5dafa956","role":"any"}],"machine":"12345678","started":"2025-08-12T12:00:00Z"})",
          1, true}));
}

TEST(MqttPayloads, WhatIsNotUtf8InAnErrorIsReplaced) {
  const MqttPayloads payloads(Settings{}, calendar);
  const std::string payload = payloads.qos_failed({"tc said \xff\xfe \"no\"\n"}).payload;
  EXPECT_TRUE(is_utf8_text(payload));
  EXPECT_TRUE(nlohmann::json::accept(payload));
}

}  // namespace
}  // namespace voip
