// What a recording holds of the line, and that the quality of calls comes out of it as it was told.
#include "commands/recording/format_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "commands/recording/replay.h"
#include "system/quality_json.h"
#include "unit/commands/recording/recorded_world.h"
#include "unit/core/line/line_samples.h"

namespace voip {
namespace {

using test::a_network;
using test::another_network;
using test::answers;
using test::parsed;
using test::RecordedWorld;

const FlowKey speech = flow_key("192.168.1.5", 40000, "203.0.113.9", 12000);

// A call behind an upload that is full from its tenth second on.
std::string a_bad_call(const RecordingPrivacy& privacy = {}) {
  RecordedWorld world(test::settings_with_devices(), privacy);
  world.send(LineSightChanged{"no \"WAN\" yet"});
  world.send(LineSightChanged{});
  world.send(LineReplaced{});
  world.send(LineStirred{});
  world.begin(speech, 50, 200);
  for (int quarter = 0; quarter < 160; ++quarter) {
    world.run_for(250ms);
    const Duration queue = quarter < 40 ? 0ms : 450ms;
    world.send(test::sample(world.now(), {.up_kbit = 1000,
                                          .arrived_kbit = 1000,
                                          .down_kbit = 40,
                                          .networks = {answers(a_network, queue, 0ms), answers(another_network, queue, 1ms)}}));
  }
  world.end(speech);
  world.run_for(5s);
  return world.text;
}

std::vector<std::string> recorded_qualities(const std::string& text) {
  std::vector<std::string> found;
  const std::string key = "\"quality\":";
  for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos;) {
    at += key.size();
    found.push_back(text.substr(at, text.find('}', at) + 1 - at));
  }
  return found;
}

std::vector<std::string> replayed_qualities(const Recording& recording) {
  std::vector<std::string> found;
  replay(recording, {}, [&](const ReplayEvent& event) {
    if (event.kind == ReplayEvent::Kind::call_end) {
      found.push_back(text_of(grade_json(*event.quality)));
    }
  });
  return found;
}

TEST(RecordedLine, GivesTheQualityOfACallAndItsCauseBitForBit) {
  for (const RecordingPrivacy& privacy : {RecordingPrivacy{}, RecordingPrivacy{true, true, {1, 2}}}) {
    const std::string text = a_bad_call(privacy);
    const auto told = recorded_qualities(text);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told.front().find(R"("cause":"upload")"), std::string::npos) << told.front();
    EXPECT_EQ(replayed_qualities(parsed(text)), told);
  }
}

TEST(RecordedLine, ASampleIsReadAsItWasWritten) {
  LineSampled sample = test::sample(
      Instant(5s),
      {.up_kbit = 900, .arrived_kbit = 800, .down_kbit = 4000, .networks = {answers(a_network, 310ms, 4ms)}, .home_queue = 7ms});
  sample.tcp->networks.push_back({.remote = another_network, .answers = 3, .queues = {}, .outgoing = -1ms, .incoming = {}});
  LineSampled read{};
  EXPECT_EQ(read_recorded_sample(Json::parse(recorded_sample(sample, nullptr)), read), "");
  EXPECT_EQ(read.over, sample.over);
  EXPECT_EQ(read.up, sample.up);
  EXPECT_EQ(read.down, sample.down);
  EXPECT_EQ(read.link_header, sample.link_header);
  ASSERT_TRUE(read.tcp);
  EXPECT_EQ(read.tcp->networks, sample.tcp->networks);
  EXPECT_EQ(read.tcp->sent, sample.tcp->sent);
  EXPECT_EQ(read.tcp->payload_sent, sample.tcp->payload_sent);
  EXPECT_EQ(read.tcp->payload_delivered, sample.tcp->payload_delivered);
  EXPECT_EQ(read.tcp->home_queue, sample.tcp->home_queue);
  LineSampled counters{};
  sample.tcp.reset();
  EXPECT_EQ(read_recorded_sample(Json::parse(recorded_sample(sample, nullptr)), counters), "");
  EXPECT_FALSE(counters.tcp);
}

}  // namespace
}  // namespace voip
