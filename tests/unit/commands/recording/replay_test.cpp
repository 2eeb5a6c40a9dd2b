#include "commands/recording/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace voip {
namespace {

// G.711 between two hosts: 50 packets a second of 200 bytes, both ways, from one moment to another.
TimelineFlow voice(std::uint16_t port, Duration from, Duration to, std::uint64_t size = 200) {
  TimelineFlow flow;
  flow.key = {{*IpAddress::parse("192.168.1.5"), port}, {*IpAddress::parse("203.0.113.9"), 40000}};
  for (auto number = from / 250ms; number < to / 250ms; ++number) {
    const std::uint64_t packets = number % 2 == 0 ? 12 : 13;
    flow.buckets.push_back(
        {static_cast<std::uint32_t>(number), {packets, packets * size}, {25 - packets, (25 - packets) * size}});
  }
  return flow;
}

Timeline timeline_of(std::vector<TimelineFlow> flows, Duration length) {
  Timeline timeline;
  timeline.id = "made-up";
  timeline.length = length;
  timeline.flows = std::move(flows);
  return timeline;
}

std::vector<std::string> lines(const Timeline& timeline, const ReplayPlan& plan = {}) {
  std::vector<std::string> result;
  replay(timeline, plan, [&](const ReplayEvent& event) { result.push_back(to_json(event, timeline.id)); });
  return result;
}

std::vector<ReplayEvent> events(const Timeline& timeline, const ReplayPlan& plan = {}) {
  std::vector<ReplayEvent> result;
  replay(timeline, plan, [&](const ReplayEvent& event) { result.push_back(event); });
  return result;
}

TEST(Replay, ACallSwitchesQosOnAndOffAfterIt) {
  const auto told = events(timeline_of({voice(5000, 10s, 40s)}, 90s));
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[0].kind, ReplayEvent::Kind::call_start);
  EXPECT_EQ(told[0].device, "192.168.1.5");
  EXPECT_GT(told[0].time, 10s);
  EXPECT_LE(told[0].time, 11s);
  EXPECT_EQ(told[1].kind, ReplayEvent::Kind::qos_on);
  EXPECT_EQ(told[1].time, told[0].time);
  EXPECT_EQ(told[2].kind, ReplayEvent::Kind::call_end);
  EXPECT_GT(told[2].time, 40s);
  EXPECT_LE(told[2].time, 45s);
  EXPECT_EQ(told[3].kind, ReplayEvent::Kind::qos_off);
  // The release delay counts from the last packet that was heard, not from when the detector was sure of the end.
  EXPECT_GE(told[3].time, 40s + PolicySettings{}.release_after);
  EXPECT_LE(told[3].time, 42s + PolicySettings{}.release_after);
}

TEST(Replay, LinesAreJsonWithTheFlowAsTheTimelineHasIt) {
  TimelineFlow flow = voice(5000, 0s, 10s);
  flow.is_opened_outside = true;
  const auto told = lines(timeline_of({flow}, 10s));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(
      told[0].find(R"({"capture":"made-up","time_s":0.5,"event":"call_start","flow":["203.0.113.9",40000,"192.168.1.5",5000],)"
                   R"("device":"192.168.1.5","reason":")"),
      0U)
      << told[0];
  EXPECT_EQ(told[1], R"({"capture":"made-up","time_s":0.5,"event":"qos_on","flow":null,"device":null,"reason":"call"})");
}

TEST(Replay, NothingLooksAhead) {
  const auto whole_flows = {voice(5000, 3s, 20s), voice(5002, 25s, 60s, 180), voice(5004, 26s, 28s)};
  const auto whole = lines(timeline_of(whole_flows, 90s));
  for (const Duration cut : {Duration(4250), Duration(27000), Duration(54000), Duration(64250)}) {
    std::vector<TimelineFlow> flows = whole_flows;
    for (TimelineFlow& flow : flows) {
      std::erase_if(flow.buckets,
                    [cut](const TimelineBucket& bucket) { return (std::int64_t{bucket.number} + 1) * 250ms > cut; });
    }
    std::erase_if(flows, [](const TimelineFlow& flow) { return flow.buckets.empty(); });
    const auto part = lines(timeline_of(flows, cut));
    ASSERT_LE(part.size(), whole.size());
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin())) << cut.count();
  }
}

TEST(Replay, ATupleThatIsUsedAgainIsAnotherFlow) {
  const auto told = events(timeline_of({voice(5000, 0s, 20s), voice(5000, 220s, 240s)}, 300s));
  EXPECT_EQ(std::count_if(told.begin(), told.end(),
                          [](const ReplayEvent& event) { return event.kind == ReplayEvent::Kind::call_start; }),
            2);
}

TEST(Replay, AConfiguredDeviceHasItsNameAndRole) {
  ReplayPlan plan;
  DeviceSettings phone;
  phone.name = "Kitchen phone";
  phone.address = IpPrefix::parse("192.168.1.5");
  phone.role = Role::phone;
  plan.settings.devices.push_back(phone);
  const auto told = events(timeline_of({voice(5000, 0s, 10s)}, 10s), plan);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].device, "Kitchen phone");
  EXPECT_EQ(told[0].time, 250ms);
  plan.settings.devices[0].role = Role::never;
  EXPECT_TRUE(events(timeline_of({voice(5000, 0s, 10s)}, 10s), plan).empty());
}

TEST(Replay, ReadingsCanBeForcedToOneInterval) {
  ReplayPlan plan;
  plan.settings = with_interval({}, 1s);
  const auto told = events(timeline_of({voice(5000, 0s, 30s)}, 30s), plan);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].time % 1s, Duration::zero());
}

TEST(Replay, OpinionsAreToldEverySecondIfAskedFor) {
  ReplayPlan plan;
  plan.tells_opinions = true;
  const auto told = events(timeline_of({voice(5000, 0s, 10s)}, 10s), plan);
  const auto opinions =
      std::count_if(told.begin(), told.end(), [](const ReplayEvent& event) { return event.kind == ReplayEvent::Kind::opinion; });
  EXPECT_GE(opinions, 9);
  EXPECT_LE(opinions, 11);
}

TEST(Replay, TheKindOfACallIsToldIfAskedFor) {
  ReplayPlan plan;
  const auto kinds = [&plan] {
    std::vector<ReplayEvent> told = events(timeline_of({voice(5000, 0s, 10s)}, 10s), plan);
    std::erase_if(told, [](const ReplayEvent& event) { return event.kind != ReplayEvent::Kind::kind; });
    return told;
  };
  EXPECT_TRUE(kinds().empty());
  plan.tells_opinions = true;
  const auto told = kinds();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].reason, "voice");
  EXPECT_GE(told[0].time, 2500ms);
  EXPECT_LE(told[0].time, 4s);
}

TEST(Replay, TheAncestorsRuleRunsToo) {
  ReplayPlan plan;
  plan.settings.detector.use = "threshold";
  const auto told = events(timeline_of({voice(5000, 0s, 30s)}, 60s), plan);
  ASSERT_GE(told.size(), 2U);
  EXPECT_GE(told[0].time, 3s);
}

}  // namespace
}  // namespace voip
