// The picture of `watch`: it fits every window, and what matters is in it.
#include "commands/status/watch_frame.h"

#include <gtest/gtest.h>

#include "base/printable.h"
#include "terminal/screen.h"

namespace voip {
namespace {

SeenFlow flow(std::size_t number, std::int64_t score, bool in_call = false) {
  return {"udp 192.168.1.30:" + std::to_string(40000 + number) + " - 203.0.113.9:" + std::to_string(number),
          "192.168.1.30",
          in_call,
          score,
          5,
          true,
          {80'000, 79'900, 50, 49, 1},
          "up clock 50 packets/s of 200 bytes, down clock 50 packets/s of 200 bytes; score " + std::to_string(score) +
              " of 5, VoIP port"};
}

WatchView busy(std::size_t flows) {
  WatchView view;
  SeenStatus& status = view.status;
  status.version = "1.2.3";
  status.time = "2026-08-20T18:05:09Z";
  status.detector = "calls";
  status.sensitivity = "normal";
  status.actuator = "tc";
  status.is_on = true;
  status.is_wanted = true;
  status.mode = "auto";
  status.reason = "call";
  status.sight = "limited";
  status.sight_reason = "some flows have no counters: they began before accounting was on";
  status.error = "run qos-start: it is not there; install qos-scripts";
  status.line = SeenLine{9'800, 48'200, 310, 0, "upload", "2026-08-20T15:05:09Z", ""};
  status.calls = 2;
  status.call_list = {{1, "Küche 電話", "203.0.113.9", 83, {80'000, 80'000, 50, 50, 1}, "clock"},
                      {2, "Laptop", "2001:db8:1234:5678::9", 3723, {80'000, 80'000, 50, 50, 1}, "clock"}};
  for (int i = 0; i < 12; ++i) {
    status.devices.push_back({"Gerät mit Ümläuten " + std::to_string(i), i % 3});
  }
  status.flow_list.push_back(flow(0, 18, true));
  status.flow_list.back().device = "Küche 電話";
  while (status.flow_list.size() < flows) {
    status.flow_list.push_back(flow(status.flow_list.size(), 2));
  }
  for (int i = 0; i < 20; ++i) {
    view.log.push_back(
        {"2026-08-20T18:05:" + std::to_string(10 + i) + "Z", {"change " + std::to_string(i) + std::string(300, '.')}});
  }
  return view;
}

std::string text_of(const WatchView& view, ScreenSize size) {
  std::string text;
  for (const Line& line : watch_frame(view, size)) {
    text += to_text(line, Colour::plain) + "\n";
  }
  return text;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(WatchFrame, FitsEveryWindow) {
  for (const std::size_t flows : {0U, 1U, 12U, 500U}) {
    const WatchView view = busy(flows);
    for (const std::size_t columns_there : {1U, 2U, 20U, 40U, 79U, 80U, 81U, 100U, 120U, 170U, 200U}) {
      for (const std::size_t rows : {1U, 2U, 3U, 5U, 9U, 10U, 13U, 14U, 24U, 29U, 30U, 40U, 60U}) {
        const auto lines = watch_frame(view, {columns_there, rows});
        EXPECT_LE(lines.size(), rows) << columns_there << "x" << rows;
        for (const Line& line : lines) {
          EXPECT_LE(columns(line), columns_there) << columns_there << "x" << rows << ": " << to_text(line, Colour::plain);
        }
      }
    }
  }
}

TEST(WatchFrame, ShowsOn80x24WhatMatters) {
  const std::string text = text_of(busy(500), {80, 24});
  EXPECT_TRUE(has(text, "voip-qosd 1.2.3   detector calls (normal)   actuator tc")) << text;
  EXPECT_TRUE(has(text, "QoS       on (a call is up)   mode auto")) << text;
  EXPECT_TRUE(has(text, "Problem   run qos-start: it is not there; install qos-scripts")) << text;
  EXPECT_TRUE(has(text, "the detector is limited")) << text;
  EXPECT_TRUE(has(text, "Line      9.8 / 48 Mbit/s (up / down), learnt 3 h ago; the upload is full")) << text;
  EXPECT_TRUE(has(text, "Küche 電話  203.0.113.9")) << text;
  EXPECT_TRUE(has(text, "1:02:03")) << text;
  EXPECT_TRUE(has(text, "  ######   18/5  Küche 電話      80.0   50    79.9   49  203.0.113.9:0\n")) << text;
  EXPECT_TRUE(has(text, "up clock 50/s of 200 bytes, down clock 50/s of 200 bytes, VoIP port\n")) << text;
  EXPECT_TRUE(has(text, "  ##----    2/5")) << text;
  EXPECT_TRUE(has(text, "500 flows, 1 in calls; here 1 to ")) << text;
  EXPECT_TRUE(has(text, "18:05:29  change 19")) << "the newest is there: " << text;
  EXPECT_TRUE(has(text, "q quit")) << text;
}

TEST(WatchFrame, SaysWhatIsKnownOfTheLineWhereThereIsRoom) {
  WatchView view = busy(1);
  EXPECT_FALSE(has(text_of(view, {120, 14}), "Line ")) << "problems come first";
  view.status.error.clear();
  view.status.sight = "ok";
  EXPECT_FALSE(has(text_of(view, {120, 13}), "Line "));
  EXPECT_TRUE(has(text_of(view, {120, 14}),
                  "Line      9.8 / 48 Mbit/s (up / down), learnt 3 h ago; the upload is full; "
                  "up queue 310 ms, down queue 0 ms\n"));
  view.status.line.reset();  // an older daemon
  EXPECT_FALSE(has(text_of(view, {120, 24}), "Line "));
}

TEST(WatchFrame, SaysHowGoodTheCallIsWhereThereIsRoom) {
  WatchView view = busy(1);
  EXPECT_FALSE(has(text_of(view, {120, 40}), "Quality")) << "an older daemon, or there was no call";
  view.status.quality = CallQualityReport{
      "Den", {.grade = Grade::bad, .mos_hundredths = 312, .missing_permille = 85, .delay = 0ms, .cause = QualityCause::far_end}};
  EXPECT_TRUE(
      has(text_of(view, {120, 40}), "Quality   bad (MOS 3.1, 8.5 % of the packets missing, cause: the other end), of Den\n"));
  EXPECT_FALSE(has(text_of(view, {80, 24}), "Quality")) << "problems come first";
  view.status.error.clear();
  view.status.sight = "ok";
  EXPECT_TRUE(has(text_of(view, {80, 24}), "Quality   bad"));
  EXPECT_FALSE(has(text_of(view, {80, 14}), "Quality"));
}

TEST(WatchFrame, ShowsTheWholeFlowAndItsReasonBesideItWhereThereIsRoom) {
  EXPECT_TRUE(has(text_of(busy(3), {120, 40}), "udp 192.168.1.30:40000 - 203.0.113.9:0\n"));
  EXPECT_TRUE(has(text_of(busy(3), {200, 60}), "udp 192.168.1.30:40000 - 203.0.113.9:0  up clock 50/s"));
}

TEST(WatchFrame, StillSaysTheMostImportantInATinyWindow) {
  const std::string text = text_of(busy(500), {20, 5});
  EXPECT_TRUE(has(text, "QoS       on (a cal…\n")) << text;
  EXPECT_TRUE(has(text, "Calls     2")) << text;
  EXPECT_FALSE(has(text, "quit")) << text;
}

TEST(WatchFrame, ScrollsToTheLastFlowAndNoFurther) {
  WatchView view = busy(500);
  view.first_flow = 499;
  EXPECT_TRUE(has(text_of(view, {80, 24}), "203.0.113.9:499\n"));
  view.first_flow = 100'000;
  EXPECT_TRUE(has(text_of(view, {80, 24}), "203.0.113.9:499\n"));
  view.first_flow = 1;
  EXPECT_FALSE(has(text_of(view, {80, 24}), "18/5"));
}

TEST(WatchFrame, SaysWhereThereAreNoCounters) {
  WatchView view = busy(1);
  view.status.flow_list[0].has_counters = false;
  view.status.flows_without_counters = 1;
  const std::string text = text_of(view, {80, 24});
  EXPECT_TRUE(has(text, "1 without counters")) << text;
  EXPECT_TRUE(has(text, "no counters: it began before accounting was on")) << text;
  EXPECT_FALSE(has(text, "79.9")) << text;
}

TEST(WatchFrame, SaysThatTheDaemonIsAwayAndHowOldThePictureIs) {
  WatchView view = busy(1);
  view.missing = "the daemon is not running";
  const std::string text = text_of(view, {80, 24});
  EXPECT_TRUE(has(text, "as of 18:05:09 UTC")) << text;
  EXPECT_TRUE(has(text, "the daemon is not running; waiting for it")) << text;
  view.is_paused = true;
  EXPECT_TRUE(has(text_of(view, {80, 24}), "PAUSED at 18:05:09 UTC"));
}

TEST(WatchFrame, SortsCallsThenWhatComesNearestToOne) {
  std::vector<SeenFlow> flows{flow(1, 2), flow(2, -3), flow(3, 9, true), flow(4, 2), flow(5, 2)};
  flows[3].threshold = 14;
  flows[0].rates = {};
  sort_flows(flows);
  std::vector<std::string> order;
  for (const SeenFlow& one : flows) {
    order.push_back(one.flow.substr(one.flow.rfind(':') + 1));
  }
  EXPECT_EQ(order, (std::vector<std::string>{"3", "5", "1", "4", "2"}));
}

TEST(FrameText, DrawsOverTheFrameBeforeInOneGo) {
  const std::string text = frame_text({{{"ab"}}, {{"cdef"}}, {}}, {4, 5}, Colour::plain);
  EXPECT_EQ(text, "\033[Hab\033[K\r\ncdef\r\n\033[K\033[J");
}

TEST(FrameText, PaintsWithoutColourOnlyOnRequest) {
  EXPECT_EQ(frame_text({{{"a", Tone::green}}}, {1, 1}, Colour::plain), "\033[Ha");
  EXPECT_EQ(frame_text({{{"a", Tone::green}}}, {1, 1}, Colour::coloured), "\033[H\033[32ma\033[0m");
}

}  // namespace
}  // namespace voip
