// Which flows carry the mark of a call, and when: media and its RTCP, from before the line is shaped until the call is over.
#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey media = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);
const FlowKey rtcp = flow_key("192.168.1.30", 7079, "203.0.113.9", 3479);
const FlowKey stranger = flow_key("192.168.1.30", 7079, "203.0.113.9", 3478);

TEST(CallMarks, MediaIsMarkedBeforeAnythingIsShaped) {
  Simulation world;
  world.traffic(media, 50, 50);
  world.run_for(1s);
  const auto marked = world.first<MarkFlow>();
  const auto switched = world.first<SwitchQos>();
  ASSERT_TRUE(marked && switched);
  EXPECT_LE(*marked, *switched);
  EXPECT_TRUE(world.marks.at(media));
  world.traffic(media, 0, 0);
  world.run_for(5s);
  EXPECT_FALSE(world.marks.at(media));
}

TEST(CallMarks, WhatAKilledRunLeftIsCleared) {
  Simulation world;
  world.reported_mark = 0x01000000;
  world.traffic(media, 1, 1);
  world.run_for(30s);
  ASSERT_TRUE(world.marks.contains(media));
  EXPECT_FALSE(world.marks.at(media));
}

TEST(CallMarks, RtcpIsMarkedAlongWithItsMedia) {
  Simulation world;
  world.traffic(rtcp, 1, 1);
  world.traffic(stranger, 1, 1);
  world.run_for(1s);
  EXPECT_TRUE(world.marks.empty()) << "not before there is a call";
  world.traffic(media, 50, 50);
  world.run_for(1s);
  EXPECT_TRUE(world.marks.at(rtcp));
  EXPECT_FALSE(world.marks.contains(stranger));
  world.traffic(media, 0, 0);
  world.run_for(5s);
  EXPECT_FALSE(world.marks.at(rtcp));
}

TEST(CallMarks, RtcpThatBeginsDuringTheCallIsMarkedAtItsBirth) {
  Simulation world;
  world.traffic(media, 50, 50);
  world.run_for(5s);
  world.marks.clear();
  world.traffic(rtcp, 1, 1);
  EXPECT_TRUE(world.marks.at(rtcp));
  world.traffic(stranger, 1, 1);
  EXPECT_FALSE(world.marks.contains(stranger));
}

TEST(CallMarks, RtcpIsMarkedEvenWhereThereIsNoRoomToWatchIt) {
  Settings settings;
  settings.monitor.max_watched_flows = 1;
  Simulation world(settings);
  world.traffic(media, 50, 50);
  world.run_for(5s);
  world.marks.clear();
  world.traffic(rtcp, 1, 1);
  EXPECT_TRUE(world.marks.at(rtcp));
  world.traffic(media, 0, 0);
  world.run_for(5s);
  EXPECT_FALSE(world.marks.at(rtcp));
}

TEST(CallMarks, AMarkThatSomebodyWipedComesBackForMediaAndRtcp) {
  Simulation world;  // whose readings always show the mark as wiped
  world.traffic(media, 50, 50);
  world.traffic(rtcp, 1, 1);
  world.run_for(5s);
  world.marks.clear();
  world.run_for(5s);
  EXPECT_TRUE(world.marks.at(media));
  EXPECT_TRUE(world.marks.at(rtcp));
}

TEST(CallMarks, TheMarkOfRtcpIsNoLeftover) {
  Simulation world;
  world.traffic(media, 50, 50);
  world.traffic(rtcp, 1, 1);
  world.run_for(5s);
  world.marks.clear();
  world.reported_mark = 0x01000000;
  world.run_for(60s);
  EXPECT_TRUE(world.marks.empty());
}

TEST(CallMarks, OfTwoMediaFlowsSideBySideEachKeepsItsMarkWhileItOrTheOtherNeedsIt) {
  Simulation world;
  world.traffic(media, 50, 50);
  world.traffic(rtcp, 30, 30);  // video, say
  world.run_for(5s);
  world.traffic(rtcp, 0, 0);
  world.run_for(5s);
  EXPECT_TRUE(world.marks.at(rtcp)) << "it is where the RTCP of the other would be";
  EXPECT_TRUE(world.marks.at(media));
  world.traffic(rtcp, 30, 30);
  world.run_for(5s);
  world.traffic(media, 0, 0);
  world.run_for(5s);
  EXPECT_TRUE(world.marks.at(rtcp)) << "media of its own";
  EXPECT_FALSE(world.marks.at(media));
}

TEST(CallMarks, RtcpLosesTheMarkWhenTheKernelForgetsTheMedia) {
  Simulation world;
  world.traffic(media, 50, 50);
  world.traffic(rtcp, 1, 1);
  world.run_for(5s);
  world.expire(media);
  world.run_for(2s);
  EXPECT_FALSE(world.marks.at(rtcp));
}

TEST(CallMarks, NothingIsMarkedWhereThatIsNotWanted) {
  Settings settings;
  settings.qos.mark_calls = false;
  Simulation world(settings);
  world.traffic(media, 50, 50);
  world.traffic(rtcp, 1, 1);
  world.run_for(5s);
  world.traffic(media, 0, 0);
  world.run_for(5s);
  EXPECT_TRUE(world.marks.empty());
}

TEST(CallMarks, StoppingClearsMediaAndRtcp) {
  Simulation world;
  world.traffic(media, 50, 50);
  world.traffic(rtcp, 1, 1);
  world.run_for(5s);
  world.send(StopRequested{});
  EXPECT_FALSE(world.marks.at(media));
  EXPECT_FALSE(world.marks.at(rtcp));
  world.marks.clear();
  world.run_for(5s);
  EXPECT_FALSE(world.marks.contains(rtcp)) << "and nothing marks it again";
}

TEST(CallMarks, PortsAtTheEndOfTheirRangeHaveNoCompanion) {
  EXPECT_EQ(rtcp_of(media), rtcp);
  EXPECT_EQ(rtp_of(rtcp), media);
  EXPECT_FALSE(rtcp_of(flow_key("192.168.1.30", 65535, "203.0.113.9", 3478)));
  EXPECT_FALSE(rtcp_of(flow_key("192.168.1.30", 7078, "203.0.113.9", 65535)));
  EXPECT_FALSE(rtp_of(flow_key("192.168.1.30", 0, "203.0.113.9", 3478)));
}

}  // namespace
}  // namespace voip
