// What is kept of calls: lines that are read as they were written, whatever else stands in the file.
#include <gtest/gtest.h>

#include "ports/calls/calls.h"

namespace voip {
namespace {

KeptCall full() {
  KeptCall call{.began_s = 1'795'000'000, .duration_s = 65, .device = "Kitchen \"phone\"\n", .remote = "203.0.113.0/24"};
  call.up_bit_per_s = 80'000;
  call.down_bit_per_s = 79'100;
  call.kind = CallKind::video;
  call.quality = {
      .grade = Grade::fair, .mos_hundredths = 371, .missing_permille = 12, .delay = 180ms, .cause = QualityCause::upload};
  call.had_qos = true;
  call.until_qos = 2310ms;
  call.was_compared = true;
  call.queue_delays = {.without_qos = 310ms, .with_qos = 22ms};
  call.is_cut = true;
  return call;
}

KeptCall plain(std::int64_t began_s) {
  return {.began_s = began_s, .duration_s = 60, .device = "192.168.1.5", .remote = "203.0.113.0/24"};
}

TEST(KeptCalls, AreReadAsTheyWereWritten) {
  for (const KeptCall& call : {full(), plain(0)}) {
    const std::string line = to_line(call);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    const KeptCallsRead read = parse_kept_calls(line);
    ASSERT_EQ(read.calls.size(), 1U) << line;
    EXPECT_EQ(read.calls.front(), call) << line;
    EXPECT_EQ(read.bad_lines, 0U);
  }
}

TEST(KeptCalls, OfWhichTheLastIsTornOffAreTheOthers) {
  const std::string first = to_line(plain(100));
  const std::string second = to_line(full());
  for (std::size_t length = 0; length + 2 <= second.size(); ++length) {
    const KeptCallsRead read = parse_kept_calls(first + second.substr(0, length));
    ASSERT_EQ(read.calls.size(), 1U) << length;
    EXPECT_EQ(read.bad_lines, length == 0 ? 0U : 1U);
  }
  EXPECT_EQ(parse_kept_calls(first + second.substr(0, 20) + "\n" + second).calls.size(), 2U);
}

TEST(KeptCalls, AreNothingThatIsOutOfRangeOrIncomplete) {
  std::string good = to_line(plain(100));
  good.pop_back();
  const auto with = [&good](const std::string& more) { return good.substr(0, good.size() - 1) + "," + more + "}"; };
  ASSERT_EQ(parse_kept_calls(with("\"delay_ms\":5")).calls.size(), 1U);
  for (const std::string& bad :
       {with("\"delay_ms\":-1"), with("\"mos_hundredths\":\"4\""), with("\"missing_permille\":1001"), with("\"began_s\":-5"),
        with("\"device\":\"\""), with("\"grade\":\"splendid\""), with("\"duration_s\":4.5"), std::string("{}"),
        std::string("[1]"), std::string("call"), std::string(300, '\0')}) {
    const KeptCallsRead read = parse_kept_calls(bad + "\n");
    EXPECT_TRUE(read.calls.empty()) << bad;
    EXPECT_EQ(read.bad_lines, 1U) << bad;
  }
}

TEST(KeptCalls, HoldOfTheFarEndItsNetworkAndOfTheCallWhatIsKnown) {
  Call call;
  call.device = "Kitchen phone";
  call.first_flow = {{*IpAddress::parse("192.168.1.30"), 7078}, {*IpAddress::parse("203.0.113.9"), 3478}};
  call.started = Instant(100s);
  call.ended = Instant(165s);
  call.had_qos = true;
  call.first_packet = Instant(98'500ms);
  KeptCall kept = kept_call(call, 5000, false);
  EXPECT_EQ(kept.remote, "203.0.113.0/24");
  EXPECT_EQ(kept.began_s, 5000);
  EXPECT_EQ(kept.duration_s, 65);
  EXPECT_FALSE(kept.until_qos) << "it was on before";
  call.qos_came = Instant(101s);
  kept = kept_call(call, 5000, false);
  EXPECT_EQ(kept.until_qos, 2500ms);
  EXPECT_EQ(to_line(kept).find("203.0.113.9"), std::string::npos);
  call.first_flow.server.address = *IpAddress::parse("2001:db8:1:2::9");
  EXPECT_EQ(kept_call(call, 5000, false).remote, "2001:db8:1::/48");
}

TEST(KeptCalls, AreTheLastOnesOnceTheFileHasTwiceAsManyLines) {
  std::string text;
  for (std::int64_t i = 0; i < 9; ++i) {
    text += to_line(plain(i));
  }
  EXPECT_FALSE(compacted(text, 5));
  text += "torn\n";
  const auto shorter = compacted(text, 5);
  ASSERT_TRUE(shorter);
  const KeptCallsRead read = parse_kept_calls(*shorter);
  EXPECT_EQ(read.bad_lines, 0U);
  ASSERT_EQ(read.calls.size(), 5U);
  EXPECT_EQ(read.calls.front().began_s, 4);
  EXPECT_EQ(read.calls.back().began_s, 8);
}

}  // namespace
}  // namespace voip
