// What the report counts, and how it reads.
#include "commands/report/figures.h"

#include <gtest/gtest.h>

#include "system/json.h"

namespace voip {
namespace {

constexpr std::int64_t day_s = 24LL * 3600;
constexpr std::int64_t now_s = 20'786 * day_s + 20LL * 3600;  // 2026-11-29, in the evening

std::int64_t utc_day(std::int64_t unix_s) {
  return unix_s / day_s;
}

KeptCall call(const char* device, std::int64_t days_ago, std::int64_t duration_s, Grade grade = Grade::good) {
  KeptCall kept{
      .began_s = now_s - 3600 - days_ago * day_s, .duration_s = duration_s, .device = device, .remote = "203.0.113.0/24"};
  kept.quality.grade = grade;
  kept.had_qos = true;
  return kept;
}

ReportFigures figures(const std::vector<KeptCall>& calls, std::uint32_t days = 7, std::size_t bad_lines = 0) {
  return figures_of({calls, bad_lines}, days, now_s, utc_day);
}

TEST(ReportFigures, CountCallsAndMinutesByDeviceAndByDay) {
  const ReportFigures found =
      figures({call("Old", 7, 60), call("Kitchen", 6, 600), call("Study", 1, 120, Grade::bad), call("Kitchen", 0, 30)});
  EXPECT_EQ(found.kept, 4U);
  EXPECT_EQ(found.all.tally.calls, 3U) << "the day a week ago is not among seven";
  EXPECT_EQ(found.all.tally.seconds, 750);
  ASSERT_EQ(found.devices.size(), 2U);
  EXPECT_EQ(found.devices[0].name, "Kitchen");
  EXPECT_EQ(found.devices[0].tally.calls, 2U);
  EXPECT_EQ(found.devices[0].tally.seconds, 630);
  EXPECT_EQ(found.devices[1].tally.grades.at(static_cast<std::size_t>(Grade::bad)), 1U);
  ASSERT_EQ(found.by_day.size(), 3U);
  EXPECT_EQ(found.by_day[0].name, "2026-11-23");
  EXPECT_EQ(found.by_day[2].name, "2026-11-29");
  EXPECT_EQ(figures({call("Old", 7, 60)}, 8).all.tally.calls, 1U);
}

TEST(ReportFigures, LeaveOutCallsOfTheFutureAndSaySo) {
  const ReportFigures found = figures({call("Kitchen", 0, 60), call("Kitchen", -1, 60), call("Kitchen", -2000, 60)});
  EXPECT_EQ(found.all.tally.calls, 1U);
  EXPECT_EQ(found.of_the_future, 2U);
  EXPECT_NE(report_text(found, true, Colour::plain).find("2 calls of the future are not counted"), std::string::npos);
  EXPECT_NE(report_text(figures({call("Kitchen", -1, 60)}), true, Colour::plain).find("of the future"), std::string::npos);
}

TEST(ReportFigures, TellTheMedianAndTheWorstTimeToQosOfCallsThatDidNotHaveToWait) {
  std::vector<KeptCall> calls;
  for (const Duration delay : {900ms, 2000ms, 1500ms}) {
    calls.push_back(call("Kitchen", 0, 60));
    calls.back().until_qos = delay;
  }
  calls.push_back(call("Kitchen", 0, 60));  // on before it
  calls.push_back(call("Kitchen", 0, 60));
  calls.back().until_qos = 12s;
  calls.back().was_compared = true;
  const DelayFigure found = figures(calls).until_qos;
  EXPECT_EQ(found.calls, 3U);
  EXPECT_EQ(found.median_ms, 1500);
  EXPECT_EQ(found.worst_ms, 2000);
}

TEST(ReportFigures, SetThoseThatWereLeftAloneAgainstTheOthers) {
  std::vector<KeptCall> calls{call("Kitchen", 0, 60), call("Kitchen", 0, 60, Grade::fair)};
  calls[0].queue_delays = {{}, 20ms};
  calls[0].quality.mos_hundredths = 430;
  calls[1].queue_delays = {310ms, 24ms};
  calls[1].quality.mos_hundredths = 370;
  calls[1].was_compared = true;
  const ReportFigures found = figures(calls);
  EXPECT_EQ(found.compared.tally.calls, 1U);
  EXPECT_EQ(found.compared.without_qos.median_ms, 310);
  EXPECT_EQ(found.compared.with_qos.median_ms, 24);
  EXPECT_EQ(found.others.without_qos.calls, 0U);
  EXPECT_EQ(found.others.with_qos.median_ms, 20);
  EXPECT_EQ(found.all.mos_hundredths, 400U);
}

TEST(ReportFigures, TakeACallThatARestartHasCutForOne) {
  KeptCall before = call("Kitchen", 0, 100);
  before.is_cut = true;
  KeptCall after = before;
  after.began_s = before.began_s + 105;
  after.duration_s = 200;
  after.is_cut = false;
  after.quality.grade = Grade::bad;
  before.kind = CallKind::video;
  after.kind = CallKind::voice;
  ReportFigures found = figures({before, after});
  EXPECT_EQ(found.all.tally.calls, 1U);
  EXPECT_EQ(found.all.tally.seconds, 305);
  EXPECT_EQ(found.all.tally.grades.at(static_cast<std::size_t>(Grade::bad)), 1U) << "the longer part tells";
  EXPECT_EQ(found.all.tally.kinds.at(static_cast<std::size_t>(CallKind::video)), 1U) << "it had pictures";
  after.remote = "198.51.100.0/24";
  EXPECT_EQ(figures({before, after}).all.tally.calls, 2U) << "another call";
  after.remote = before.remote;
  after.began_s = before.began_s + 400;
  EXPECT_EQ(figures({before, after}).all.tally.calls, 2U) << "too late";
}

TEST(ReportText, FitsAScreenAndSaysWhatIsKnown) {
  std::vector<KeptCall> calls{call("Kitchen phone with a name that is much longer than any screen", 0, 600, Grade::bad),
                              call("Study", 1, 60)};
  calls[0].quality.cause = QualityCause::far_end;
  calls[0].quality.mos_hundredths = 333;
  calls[0].until_qos = 2310ms;
  calls[0].was_compared = true;
  calls[0].queue_delays = {310ms, 22ms};
  calls[1].until_qos = 1940ms;
  const std::string text = report_text(figures(calls, 7, 2), true, Colour::plain);
  for (const char* expected :
       {"Calls     2 calls in 7 days, 11 min\n", "1 good, 1 bad", "the other end 1", "was on in 2 of 2 calls",
        "1.9 s after the first packet (median), 1.9 s at worst", "310 ms without QoS, 22 ms with it", "1 call left alone",
        "the others: 1 good", "2026-11-28  1 call", "2 lines of the file could not be read"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  }
  for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
    EXPECT_LE(text.find('\n', begin) - begin, 80U) << text.substr(begin);
  }
}

TEST(ReportText, SaysWhyThereIsNothing) {
  EXPECT_EQ(report_text(figures({}), true, Colour::plain), "Nothing was kept yet: a call is written down when it has ended.\n");
  EXPECT_EQ(report_text(figures({}), false, Colour::plain), "Nothing is kept: node.keep_calls is 0.\n");
  EXPECT_EQ(report_text(figures({call("Kitchen", 9, 60)}, 1), true, Colour::plain),
            "No call in 1 day; 1 call before that: --days\n");
}

TEST(ReportJson, HasTheSameForPrograms) {
  std::vector<KeptCall> calls{call("Kitchen", 0, 605)};
  calls[0].until_qos = 1940ms;
  const Json json = parse_json(report_json(figures(calls)));
  EXPECT_EQ(json.at("calls"), 1);
  EXPECT_EQ(json.at("minutes"), 10.1);
  EXPECT_EQ(json.at("grades").at("good"), 1);
  EXPECT_EQ(json.at("devices").at(0).at("device"), "Kitchen");
  EXPECT_EQ(json.at("by_day").at(0).at("day"), "2026-11-29");
  EXPECT_EQ(json.at("until_qos").at("median_ms"), 1940);
  EXPECT_TRUE(json.at("mos").is_null());
  EXPECT_TRUE(json.at("delay_without_qos").is_null());
  EXPECT_TRUE(parse_json(report_json(figures({}))).at("devices").is_array());
}

}  // namespace
}  // namespace voip
