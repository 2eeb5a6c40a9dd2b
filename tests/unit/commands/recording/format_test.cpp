#include "commands/recording/format.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "commands/recording/replay.h"
#include "unit/commands/recording/recorded_world.h"

namespace voip {
namespace {

using test::boot_time;
using test::parsed;
using test::RecordedWorld;
using test::settings_with_devices;

const FlowKey speech = flow_key("192.168.1.5", 40000, "203.0.113.9", 12000);
const FlowKey other_speech = flow_key("192.168.1.70", 41000, "198.51.100.7", 13000);
const FlowKey bulk = flow_key("192.168.1.9", 42000, "203.0.113.77", 443);

std::string an_evening(const RecordingPrivacy& privacy = {}) {
  RecordedWorld world(settings_with_devices(), privacy);
  world.send(SightChanged{Sight::limited, "some \"old\" flows\nhave no counters"});
  world.begin(bulk, 600, 1400);
  world.run_for(3s);
  world.begin(speech, 50, 200);
  world.run_for(5s);
  world.send(DeviceFound{0, speech.client.address});
  world.run_for(5s);
  world.begin(other_speech, 50, 120);
  world.send(FlowsLost{});
  world.run_for(10s);
  world.end(speech);
  world.run_for(1s);
  world.send(DeviceLost{speech.client.address});
  world.begin(speech, 33, 252);  // the same ports again: another call
  world.run_for(20s);
  world.end(other_speech);
  world.end(speech);
  world.end(bulk);
  world.run_for(20s);
  return world.text;
}

using Decisions = std::vector<std::tuple<Duration, bool, FlowKey, std::string, std::string>>;

Decisions recorded(const Recording& recording) {
  Decisions all;
  for (const RecordedDecision& decision : recording.decisions) {
    all.emplace_back(decision.time, decision.is_start, decision.flow, decision.device, decision.reason);
  }
  return all;
}

Decisions replayed(const Recording& recording, const RecordingPlan& plan = {}) {
  Decisions all;
  replay(recording, plan, [&](const ReplayEvent& event) {
    if (event.kind == ReplayEvent::Kind::call_start || event.kind == ReplayEvent::Kind::call_end) {
      all.emplace_back(event.time, event.kind == ReplayEvent::Kind::call_start, event.flow->key, event.device, event.reason);
    }
  });
  return all;
}

TEST(Recording, ReplaysToTheRecordersDecisionsBitForBit) {
  const Recording recording = parsed(an_evening());
  const Decisions expected = recorded(recording);
  ASSERT_EQ(expected.size(), 6U);  // three calls, each with its end
  EXPECT_EQ(std::get<3>(expected[0]), "192.168.1.5");
  EXPECT_EQ(std::get<3>(expected[1]), "Den");
  EXPECT_EQ(replayed(recording), expected);
}

TEST(Recording, AMaskedOneReplaysToTheSameTimesAndReasons) {
  const Recording plain = parsed(an_evening());
  const Recording masked = parsed(an_evening({.masks_remote = true, .masks_lan = true, .salt = {1, 2}}));
  EXPECT_TRUE(masked.hides_lan);
  const Decisions decisions = replayed(masked);
  EXPECT_EQ(decisions, recorded(masked));
  const Decisions originals = recorded(plain);
  ASSERT_EQ(decisions.size(), originals.size());
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    EXPECT_EQ(std::get<0>(decisions[i]), std::get<0>(originals[i]));
    EXPECT_EQ(std::get<4>(decisions[i]), std::get<4>(originals[i]));
  }
}

TEST(Recording, AMaskHidesEveryAddressAndName) {
  const std::string remote = an_evening({.masks_remote = true, .masks_lan = false, .salt = {1, 2}});
  for (const char* hidden : {"203.0.113.9\"", "198.51.100.7\"", "203.0.113.77\"", "02:00"}) {
    EXPECT_EQ(remote.find(hidden), std::string::npos) << hidden;
  }
  EXPECT_NE(remote.find("192.168.1.5\""), std::string::npos);
  EXPECT_NE(remote.find("Kitchen phone"), std::string::npos);
  const std::string all = an_evening({.masks_remote = true, .masks_lan = true, .salt = {1, 2}});
  for (const char* hidden : {"203.0.113.9\"", "192.168.1.5\"", "192.168.1.70\"", "Kitchen", "Den"}) {
    EXPECT_EQ(all.find(hidden), std::string::npos) << hidden;
  }
}

TEST(Recording, KeepsTheSettingsThatDecisionsDependOn) {
  Settings settings = settings_with_devices();
  settings.monitor.fast_interval = 125ms;
  settings.detector.threshold.kbit_per_s = 64;
  settings.qos.tc.overhead = 40;
  settings.qos.tc.link_layer = LinkLayer::atm;
  const Recording recording = parsed(RecordedWorld(settings).text);
  settings.devices[0].mac.clear();  // whose address is whose is recorded as it was found
  EXPECT_EQ(recording.settings, settings);
  EXPECT_EQ(recording.began, boot_time);
  EXPECT_EQ(recording.id, "test");
}

TEST(Recording, OtherSettingsGiveOtherDecisions) {
  const Recording recording = parsed(an_evening());
  RecordingPlan plan;
  plan.settings = recording.settings;
  plan.settings->devices[1].role = Role::never;
  const Decisions decisions = replayed(recording, plan);
  ASSERT_EQ(decisions.size(), 4U);
  for (const auto& decision : decisions) {
    EXPECT_NE(std::get<3>(decision), "Den");
  }
}

TEST(Recording, SwitchesAreReplayedByThePolicy) {
  const Recording recording = parsed(an_evening());
  std::vector<ReplayEvent::Kind> switches;
  replay(recording, {}, [&](const ReplayEvent& event) {
    if (event.flow == nullptr) {
      switches.push_back(event.kind);
    }
  });
  EXPECT_EQ(switches, (std::vector{ReplayEvent::Kind::qos_on, ReplayEvent::Kind::qos_off}));
}

TEST(Recording, IsCompleteAtAnyLineAndForgivesACutLastOne) {
  const std::string text = an_evening();
  const std::size_t middle = text.find('\n', text.size() / 2);
  EXPECT_TRUE(parse_recording(text.substr(0, middle + 1), "test"));
  EXPECT_TRUE(parse_recording(text.substr(0, middle - 3), "test"));
  EXPECT_FALSE(parse_recording(text.substr(0, middle - 3) + "\n", "test"));
}

TEST(Recording, CallsAreMarkedByLines) {
  const Recording recording = parsed(an_evening() + "# a note\n# call 3 23.25\n#call 24 44\n");
  EXPECT_EQ(recording.calls, (std::vector<MarkedCall>{{3s, 23'250ms}, {24s, 44s}}));
}

TEST(Recording, BrokenInputIsRefusedWithItsLine) {
  const std::string head = RecordedWorld().text;
  const auto error_of = [&head](const std::string& line) {
    const auto recording = parse_recording(head + line + "\n", "x");
    return recording ? std::string("accepted") : recording.error();
  };
  const std::string flow = R"({"flow":0,"key":[17,"192.168.1.5",1,"203.0.113.9",2]})";
  EXPECT_EQ(error_of(flow), "accepted");
  for (const std::string line :
       {"hello",
        "[]",
        "{}",
        R"({"t":-1})",
        R"({"t":1e3})",
        R"({"t":5,"jump":1})",
        R"({"t":5,"born":0,"id":1})",
        R"({"t":5,"read":[[0,1,1,1,1]]})",
        R"({"t":5,"sight":"far"})",
        R"({"t":5,"found":"192.168.1.5","device":9})",
        R"({"t":5,"left":"home"})",
        R"({"t":5,"sampled":5})",
        R"({"t":5,"sampled":{"passed":[250,1,2,3,4]}})",
        R"({"t":5,"sampled":{"passed":[0,1,2,3,4,14]}})",
        R"({"t":5,"sampled":{"passed":[250,1,2,3,4,14],"tcp":{"sent":[1,2,3]}}})",
        R"({"t":5,"sampled":{"passed":[250,1,2,3,4,14],"tcp":{"sent":[1,2,3,4,null],"networks":[["x",1,2,3,4]]}}})",
        R"({"flow":1,"key":[17,"192.168.1.5",1,"203.0.113.9",2]})",
        R"({"flow":0,"key":[17,"192.168.1.5",1,"203.0.113",2]})",
        R"({"decision":"call_start","at":1,"of":0})",
        "# call 5",
        "# call 9 5",
        "# call 1 2 3"}) {
    EXPECT_EQ(error_of(line).substr(0, 22), "read recording x, line") << line;
  }
  EXPECT_NE(error_of(flow + "\n" + R"({"t":5,"read":[[0,1,null,1,1]]})"), "accepted");
  EXPECT_NE(error_of("{\"t\":5}\n{\"t\":4}").find("goes back"), std::string::npos);
  EXPECT_FALSE(parse_recording("", "x"));
  EXPECT_FALSE(parse_recording(R"({"fmt":"voip-record9"})", "x"));
  EXPECT_TRUE(is_recording(head));
  EXPECT_TRUE(is_recording(R"({"fmt":"voip-record9"})"));
  EXPECT_FALSE(is_recording(R"({"fmt":"ctflow1"})"));
}

TEST(AddressMask, KeepsPrefixesAndNothingElse) {
  const AddressMask mask({42, 43});
  std::set<IpAddress> masked;
  for (int host = 0; host < 256; ++host) {
    const IpAddress address = *IpAddress::parse("203.0.113." + std::to_string(host));
    const IpAddress hidden = mask(address);
    EXPECT_EQ(hidden.masked(24), address.masked(24));
    EXPECT_EQ(hidden.masked(26), mask(address.masked(26)).masked(26));
    masked.insert(hidden);
  }
  EXPECT_EQ(masked.size(), 256U);
  const IpAddress wide = *IpAddress::parse("2001:db8:1:2:3:4:5:6");
  EXPECT_EQ(mask(wide).masked(48), wide.masked(48));
  EXPECT_NE(mask(wide), wide);
  EXPECT_EQ(mask(wide).masked(64), mask(*IpAddress::parse("2001:db8:1:2::1")).masked(64));
  EXPECT_NE(AddressMask({42, 44})(wide), mask(wide));
}

}  // namespace
}  // namespace voip
