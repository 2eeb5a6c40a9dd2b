// From what the engine reports to the JSON on the socket, and from there to the lines that people read.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/iso_8601.h"
#include "commands/common/status_reading.h"
#include "commands/status/text.h"
#include "ports/control/status.h"

namespace voip {
namespace {

using Json = nlohmann::json;
constexpr Instant now(1000s);

std::string calendar(Instant instant) {
  return iso_8601(std::chrono::system_clock::time_point(std::chrono::seconds(1'750'000'000) + instant.time_since_epoch()));
}

std::string json_of(const FullStatus& status, const OrderTaken* order = nullptr) {
  return status_json(status, {"1.2.3", "tc", "calls", now - 7s}, now, calendar, most_flows_listed, order);
}

FlowKey flow(std::uint16_t port) {
  return {{*IpAddress::parse("192.168.1.30"), port}, {*IpAddress::parse("203.0.113.9"), 3478}, protocol_udp};
}

FullStatus during_a_call() {
  FullStatus status;
  status.report.observed = Qos::on;
  status.report.wanted = true;
  status.report.reason = Reason::call;
  status.report.calls = 1;
  status.report.call_started = now - 83s;
  status.report.devices = {{"Kitchen phone", 1, now - 83s}};
  const Rates rates{87'240, 86'900, 50, 50, 1};
  status.rates = rates;
  status.calls = {{.id = 1,
                   .device = "Kitchen phone",
                   .client = flow(40000).client.address,
                   .first_flow = flow(40000),
                   .started = now - 83s,
                   .ended = std::nullopt,
                   .rates = rates,
                   .reason = "steady 50/s both ways"}};
  status.flows = {{flow(40001), "192.168.1.30", {}, 3, 12, false, true, "quiet"},
                  {flow(40000), "Kitchen phone", rates, 15, 12, true, true, "steady 50/s both ways"}};
  status.calls_seen = 4;
  return status;
}

TEST(StatusReading, ReadsWhatTheDaemonWroteAndRefusesWhatIsNone) {
  FullStatus written = during_a_call();
  written.events_lost = 2;
  written.report.override_until = now + 60s;
  const auto status = read_status(json_of(written));
  ASSERT_TRUE(status) << status.error();
  EXPECT_EQ(status->version, "1.2.3");
  EXPECT_EQ(status->is_on, true);
  EXPECT_TRUE(status->is_wanted);
  EXPECT_EQ(status->mode, "auto");
  EXPECT_TRUE(status->override_until.has_value());
  EXPECT_EQ(status->sight, "ok");
  EXPECT_EQ(status->calls_seen, 4);
  EXPECT_EQ(status->events_lost, 2);
  ASSERT_EQ(status->call_list.size(), 1U);
  EXPECT_EQ(status->call_list[0].rates.up_packets_per_s, 50);
  ASSERT_EQ(status->flow_list.size(), 2U);
  EXPECT_EQ(status->flow_list[0].score, 15);
  written.report.observed.reset();
  EXPECT_EQ(read_status(json_of(written))->is_on, std::nullopt);
  for (const char* garbage : {"", "{", "[]", "{}", "{\"error\":\"no\"}", "\xff", "{\"version\":1}"}) {
    EXPECT_FALSE(read_status(garbage)) << garbage;
  }
}

TEST(StatusReading, ReadsWhatIsKnownOfTheLineAndDoesWithoutIt) {
  FullStatus written = during_a_call();
  written.line.up = {.kbit = 9'800, .low_kbit = 9'000, .learnt = now - 60s, .queue = 310ms};
  written.line.bottleneck = Bottleneck::upload;
  written.line.blocker = "no WAN";
  const auto status = read_status(json_of(written));
  ASSERT_TRUE(status) << status.error();
  ASSERT_TRUE(status->line);
  EXPECT_EQ(status->line->up_kbit, 9'800);
  EXPECT_EQ(status->line->down_kbit, std::nullopt);
  EXPECT_EQ(status->line->up_queue_ms, 310);
  EXPECT_EQ(status->line->down_queue_ms, std::nullopt);
  EXPECT_EQ(status->line->bottleneck, "upload");
  EXPECT_EQ(status->line->learnt, calendar(now - 60s));
  EXPECT_EQ(status->line->up_learnt, calendar(now - 60s));
  EXPECT_EQ(status->line->down_learnt, "");
  EXPECT_EQ(status->line->blocker, "no WAN");
  Json older = Json::parse(json_of(written));
  older.erase("line");  // of a daemon that was not restarted after an upgrade
  EXPECT_FALSE(read_status(older.dump())->line);
  EXPECT_EQ(status_text(older.dump(), Colour::plain)->find("Line "), std::string::npos);
}

TEST(StatusReading, ReadsWhatIsKnownOfACallAndDoesWithoutIt) {
  FullStatus written = during_a_call();
  written.calls[0].kind = CallKind::video;
  written.calls[0].is_presumed = true;
  Json json = Json::parse(json_of(written));
  EXPECT_EQ(read_status(json.dump())->call_list.at(0).kind, "video");
  EXPECT_TRUE(read_status(json.dump())->call_list.at(0).is_presumed);
  json["call_list"][0].erase("kind");  // as an older daemon has it
  json["call_list"][0].erase("presumed");
  EXPECT_EQ(read_status(json.dump())->call_list.at(0).kind, "unknown");
}

TEST(StatusJson, OfAnotherVersionIsRefusedWithWhatIsWrong) {
  const Json whole = Json::parse(json_of(during_a_call()));
  const auto error_with = [&whole](const auto& change) {
    Json other = whole;
    change(other);
    const auto status = read_status(other.dump());
    return status ? std::string() : status.error();
  };
  EXPECT_EQ(error_with([](Json&) {}), "");
  EXPECT_EQ(error_with([](Json& json) { json.erase("instance"); }),
            "understand the daemon's answer: \"instance\" is missing; is it of another version?");
  for (const auto& [problem, change] : std::vector<std::pair<const char*, void (*)(Json&)>>{
           {"\"mode\" is no text", [](Json& json) { json["mode"] = 5; }},
           {"\"calls\" is no number", [](Json& json) { json["calls"] = "many"; }},
           {"\"call_list\" is no list", [](Json& json) { json["call_list"] = nullptr; }},
           {"\"in_call\" is neither true nor false", [](Json& json) { json["flow_list"][0]["in_call"] = 1; }},
           {"\"calls_seen\" is missing", [](Json& json) { json["totals"] = 7; }},
           {"\"bottleneck\" is no text", [](Json& json) { json["line"]["bottleneck"] = nullptr; }},
           {"\"up_kbit\" is no number", [](Json& json) { json["line"]["up_kbit"] = "fast"; }},
           {"\"up_kbit\" is missing", [](Json& json) { json["line"] = nullptr; }},
           {"\"id\" is missing", [](Json& json) { json["call_list"] = {1, 2}; }},
           {"\"error\" is no text", [](Json& json) { json = {{"error", 5}}; }},
           {"it is no JSON object", [](Json& json) { json = Json::array(); }}}) {
    EXPECT_NE(error_with(change).find(problem), std::string::npos) << error_with(change) << " - " << problem;
  }
}

TEST(StatusJson, HasTheNamesOfTheStateTopicAndTheDetails) {
  FullStatus told = during_a_call();
  told.report.is_presumed = true;
  const Json json = Json::parse(json_of(told));
  EXPECT_EQ(json["version"], "1.2.3");
  EXPECT_EQ(json["uptime_s"], 7);
  EXPECT_EQ(json["instance"], 993'000);
  EXPECT_EQ(json["settings"]["actuator"], "tc");
  EXPECT_EQ(json["settings"]["detector"], "calls");
  EXPECT_EQ(json["settings"]["sensitivity"], "normal");
  EXPECT_EQ(json["settings"]["release_after_s"], 10);
  EXPECT_EQ(json["qos"], "ON");
  EXPECT_EQ(json["wanted"], "ON");
  EXPECT_EQ(json["mode"], "auto");
  EXPECT_EQ(json["reason"], "call");
  EXPECT_TRUE(json["override_until"].is_null());
  EXPECT_TRUE(json["error"].is_null());
  EXPECT_EQ(json["calls"], 1);
  EXPECT_EQ(json["call_kind"], "unknown");
  EXPECT_EQ(json["presumed"], true);
  EXPECT_EQ(json["call_list"][0]["id"], 1);
  EXPECT_EQ(json["call_list"][0]["kind"], "unknown");
  EXPECT_EQ(json["call_list"][0]["presumed"], false);
  EXPECT_EQ(json["devices"][0]["call_kind"], "unknown");
  EXPECT_EQ(json["devices"][0]["presumed"], false);
  EXPECT_EQ(json["devices"][0]["name"], "Kitchen phone");
  EXPECT_EQ(json["call_list"][0]["remote"], "203.0.113.9");
  EXPECT_EQ(json["call_list"][0]["duration_s"], 83);
  EXPECT_EQ(json["call_list"][0]["up_kbit"], 87.2);
  EXPECT_EQ(json["flow_list"][0]["flow"], "udp 192.168.1.30:40000 - 203.0.113.9:3478") << "calls come first";
  EXPECT_TRUE(json["line"]["up_kbit"].is_null());
  EXPECT_EQ(json["line"]["bottleneck"], "unknown");
  EXPECT_EQ(json["totals"]["calls_seen"], 4);
  EXPECT_EQ(json_of(during_a_call()).find('\n'), std::string::npos);
}

TEST(StatusJson, ListsABoundedNumberOfFlows) {
  FullStatus status;
  for (std::size_t i = 0; i < most_flows_listed + 500; ++i) {
    status.flows.push_back({flow(static_cast<std::uint16_t>(i)), "d", {}, static_cast<std::int32_t>(i), 12, false, true, ""});
  }
  const Json json = Json::parse(json_of(status));
  EXPECT_EQ(json["flow_list"].size(), most_flows_listed);
  EXPECT_EQ(json["flows_left_out"], 500);
  EXPECT_EQ(json["flow_list"][0]["score"], most_flows_listed + 499);
  const Json few = Json::parse(status_json(status, {}, now, calendar, 2));
  EXPECT_EQ(few["flow_list"].size(), 2);
  EXPECT_EQ(few["flows_left_out"], most_flows_listed + 498);
  EXPECT_EQ(few["flow_list"][0]["score"], most_flows_listed + 499);
  EXPECT_EQ(Json::parse(status_json(status, {}, now, calendar, 1'000'000))["flow_list"].size(), most_flows_listed);
}

TEST(StatusJson, BytesThatAreNoTextAreReplaced) {
  FullStatus status;
  status.report.error = "tc: \xff\xfe";
  EXPECT_EQ(Json::parse(json_of(status))["error"], "tc: \xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(Json::parse(error_json("a \"b\""))["error"], "a \"b\"");
}

TEST(StatusText, ShowsACallAndWhy) {
  const std::string text = status_text(json_of(during_a_call()), Colour::plain).value();
  EXPECT_EQ(
      text,
      "QoS       on (a call is up)\n"
      "Mode      auto\n"
      "Line      not known yet\n"
      "Calls     1\n"
      "  Kitchen phone  203.0.113.9  1:23  up 87.2 kbit/s 50/s  down 86.9 kbit/s 50/s  steady 50/s both ways\n"
      "Watched   2 flows\n"
      "  call  15/12  Kitchen phone  udp 192.168.1.30:40000 - 203.0.113.9:3478  up 87.2 kbit/s 50/s  down 86.9 kbit/s 50/s  "
      "steady 50/s both ways\n"
      "        3/12   192.168.1.30   udp 192.168.1.30:40001 - 203.0.113.9:3478  up 0.0 kbit/s 0/s    down 0.0 kbit/s 0/s    "
      "quiet\n"
      "So far    4 calls, 0 switches, 0 flows\n");
}

TEST(StatusText, NothingThatStrangersWroteActsOnTheTerminal) {
  FullStatus status = during_a_call();
  status.calls[0].device = "Evil\033[2J\a";
  status.calls[0].reason = "\u009b31m";
  status.flows[0].device = "\r\nQoS       on\u202e";
  status.flows[0].reason = "\033]0;title\033\\";
  status.report.error = "tc: \033[31mno\n";
  status.report.sight = Sight::limited;
  status.report.sight_reason = "\x1b[H";
  status.line.blocker = "find the device \033[2J\n";
  const std::string text = status_text(json_of(status), Colour::plain).value();
  for (const char* bad : {"\033", "\a", "\r", "\u009b", "\u202e"}) {
    EXPECT_EQ(text.find(bad), std::string::npos) << text;
  }
  EXPECT_NE(text.find("Evil\uFFFD[2J\uFFFD"), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11) << text;
  EXPECT_EQ(status_text(error_json("\033[2Jno"), Colour::plain).error(), "the daemon refused: \uFFFD[2Jno");
  EXPECT_EQ(status_text("{\"\033[2J", Colour::plain).error().find('\033'), std::string::npos);
}

TEST(StatusText, NamesTakeTheColumnsThatTheyTake) {
  FullStatus status = during_a_call();
  status.flows[0].device = "電話";
  status.flows[1].device = "Küche";
  const std::string text = status_text(json_of(status), Colour::plain).value();
  EXPECT_NE(text.find("  call  15/12  Küche  udp "), std::string::npos) << text;
  EXPECT_NE(text.find("        3/12   電話   udp "), std::string::npos) << text;
}

TEST(StatusText, ShowsProblemsAndWhatIsNotAsItShouldBe) {
  FullStatus status;
  status.report.wanted = true;
  status.report.reason = Reason::manual;
  status.report.mode = Mode::on;
  status.report.override_until = now + 1800s;
  status.report.error = "run qos-start: it is not there; install qos-scripts";
  status.report.sight = Sight::blind;
  status.report.sight_reason = "no privilege: needs CAP_NET_ADMIN";
  const std::string text = status_text(json_of(status), Colour::plain).value();
  EXPECT_NE(text.find("QoS       unknown, wanted on (ordered)\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Mode      on, until 15:53:20 UTC\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Problem   run qos-start: it is not there; install qos-scripts\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Problem   the detector is blind: no privilege: needs CAP_NET_ADMIN\n"), std::string::npos) << text;
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_NE(status_text(json_of(status), Colour::coloured).value().find("\033[31m"), std::string::npos);
}

TEST(StatusText, SaysWhatTheLineCarries) {
  FullStatus status = during_a_call();
  status.line.up = {.kbit = 9'800, .low_kbit = 9'000, .learnt = now - 3h, .queue = 310ms};
  status.line.down = {.kbit = 48'200, .low_kbit = 48'200, .learnt = now - 4h, .queue = 0ms};
  status.line.bottleneck = Bottleneck::upload;
  const std::string text = status_text(json_of(status), Colour::plain).value();
  EXPECT_NE(text.find("\nLine      9.8 / 48 Mbit/s (up / down), learnt 3 h ago; the upload is full; up queue 310 ms, "
                      "down queue 0 ms\nCalls "),
            std::string::npos)
      << text;
}

TEST(StatusText, HasWordsForEveryReason) {
  for (const Reason reason : all_reasons) {
    FullStatus status;
    status.report.reason = reason;
    const std::string text = status_text(json_of(status), Colour::plain).value();
    EXPECT_EQ(text.find("(" + std::string(to_string(reason)) + ")"), std::string::npos) << text;
  }
}

TEST(StatusText, AnOrderIsAnsweredWithWhatItLedTo) {
  FullStatus status;
  status.report.observed = Qos::off;
  status.report.wanted = true;
  status.report.mode = Mode::on;
  status.report.reason = Reason::manual;
  status.report.override_until = now + 24h;
  const std::string head =
      "QoS       off, wanted on (ordered)\n"
      "Mode      on, until 2025-06-16 15:23:20 UTC\n";
  EXPECT_EQ(order_text(json_of(status), Colour::plain)->text, head);
  const auto told = [&](OrderTaken::Result result, const std::string& error = {}) {
    const OrderTaken taken{.request = {}, .result = result, .error = error};
    return order_text(json_of(status, &taken), Colour::plain).value();
  };
  EXPECT_EQ(told(OrderTaken::Result::done).text, head);
  EXPECT_EQ(told(OrderTaken::Result::going_on).text, head + "Switch    it goes on; see: voip-qosd status\n");
  EXPECT_FALSE(told(OrderTaken::Result::going_on).has_failed);
  EXPECT_EQ(told(OrderTaken::Result::failed, "no HFSC").text, head + "Problem   no HFSC; it is tried again\n");
  EXPECT_TRUE(told(OrderTaken::Result::failed, "no HFSC").has_failed);
  status.report.error = "no HFSC";
  EXPECT_EQ(told(OrderTaken::Result::failed, "no HFSC").text, head + "Problem   no HFSC\n") << "told once";
}

TEST(StatusText, RefusalsAndRubbishAreErrors) {
  EXPECT_EQ(status_text(error_json("too many clients"), Colour::plain).error(), "the daemon refused: too many clients");
  for (const char* rubbish : {"", "{", "[]", "{}", "null", "{\"qos\":7}"}) {
    EXPECT_FALSE(status_text(rubbish, Colour::plain).ok()) << rubbish;
  }
}

}  // namespace
}  // namespace voip
