#include "commands/recording/tune.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/config.h"

namespace voip {
namespace {

TimelineFlow clocked(const std::string& client, std::uint16_t port, Duration from, Duration to, std::uint64_t per_second,
                     std::uint64_t size) {
  TimelineFlow flow;
  flow.key = {{*IpAddress::parse(client), 45'000}, {*IpAddress::parse("203.0.113.9"), port}};
  for (auto number = from / 250ms; number < to / 250ms; ++number) {
    const std::uint64_t packets =
        (static_cast<std::uint64_t>(number) + 1) * per_second / 4 - static_cast<std::uint64_t>(number) * per_second / 4;
    flow.buckets.push_back({static_cast<std::uint32_t>(number), {packets, packets * size}, {packets, packets * size}});
  }
  return flow;
}

std::vector<TuneCapture> captures_of(std::vector<TimelineFlow> flows, std::vector<MarkedCall> calls) {
  Timeline timeline;
  timeline.id = "made-up";
  timeline.length = 200s;
  timeline.flows = std::move(flows);
  std::vector<TuneCapture> captures;
  captures.push_back({"evening.jsonl", std::move(timeline), std::move(calls)});
  return captures;
}

// What check-config would say of the proposal.
Settings pasted(const std::string& text) {
  const auto loaded = parse_settings(text, "proposal", NamedFiles::ignored);
  if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
    ADD_FAILURE() << to_string(problems->front()) << "\n" << text;
    return {};
  }
  return std::get<Settings>(loaded);
}

TEST(Tune, GoodSettingsStayAsTheyAre) {
  const auto captures = captures_of({clocked("192.168.1.5", 12'000, 20s, 60s, 50, 200)}, {{20s, 60s}});
  const TuneResult result = tune(captures, {});
  EXPECT_EQ(result.calls, 1U);
  const TuneOutcome& now = result.rows.front().outcome;
  EXPECT_EQ(now.found, 1U);
  EXPECT_EQ(now.false_count, 0U);
  ASSERT_EQ(now.delays.size(), 1U);
  EXPECT_LE(now.delays[0], 2s);
  const std::string text = to_text(result, captures);
  EXPECT_NE(text.find("1 of 1"), std::string::npos) << text;
  pasted(text);
}

TEST(Tune, AFalseAlarmsPortOrDeviceIsExcluded) {
  const auto captures = captures_of({clocked("192.168.1.5", 12'000, 20s, 60s, 50, 200),     // the call
                                     clocked("192.168.1.6", 26'000, 80s, 120s, 50, 200),    // a fixed port: barred
                                     clocked("192.168.1.7", 51'234, 130s, 170s, 50, 200)},  // a random one: its device is
                                    {{20s, 60s}});
  const TuneResult result = tune(captures, {});
  EXPECT_EQ(result.rows.front().outcome.false_count, 2U);
  const TuneRow& best = result.rows[result.best];
  EXPECT_EQ(best.outcome.found, 1U);
  EXPECT_EQ(best.outcome.false_count, 0U);
  EXPECT_NE(result.best, 0U);
  const Settings proposed = pasted(to_text(result, captures));
  EXPECT_EQ(proposed.detector.calls.never_ports, (std::vector<std::uint16_t>{26'000}));
  ASSERT_EQ(proposed.devices.size(), 1U);
  EXPECT_EQ(proposed.devices[0].role, Role::never);
  EXPECT_EQ(proposed.devices[0].address, IpPrefix::parse("192.168.1.7"));
}

TEST(Tune, ABarredPortThatCarriesAMarkedCallIsAllowed) {
  // OpenVPN's port never fires by itself; somebody who marks a call there says that it should.
  const auto captures = captures_of({clocked("192.168.1.5", 1194, 20s, 60s, 50, 200)}, {{20s, 60s}});
  const TuneResult result = tune(captures, {});
  EXPECT_EQ(result.rows.front().outcome.found, 0U);
  EXPECT_EQ(result.rows.front().outcome.missed, (std::vector<std::string>{"evening.jsonl 20-60 s"}));
  EXPECT_EQ(result.rows[result.best].outcome.found, 1U);
  const Settings proposed = pasted(to_text(result, captures));
  EXPECT_EQ(proposed.detector.calls.voip_ports, (std::vector<std::uint16_t>{1194}));
}

TEST(Tune, NamesFromFilesCannotBreakTheProposal) {
  auto captures = captures_of({clocked("192.168.1.5", 1194, 20s, 60s, 50, 200)}, {{20s, 60s}, {100s, 110s}});
  captures.front().name = "a\nuse = \"x\"\n[[";
  pasted(to_text(tune(captures, {}), captures));
}

}  // namespace
}  // namespace voip
