#include "ports/line/kept_line.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

using namespace std::chrono_literals;

const LineMoment now{Instant(1000s), std::chrono::system_clock::time_point(1'795'968'126s)};

KeptLine a_line() {
  KeptLine kept;
  kept.device = "pppoe-wan";
  kept.line.up.kbit = 9800;
  kept.line.up.low_kbit = 9000;
  kept.line.up.learnt = now.instant - 1h;
  kept.line.down.kbit = 48'200;
  kept.line.down.low_kbit = 48'200;
  kept.line.down.learnt = now.instant;
  return kept;
}

TEST(KeptLine, WhatIsWrittenIsReadBack) {
  const std::string text = to_text(a_line(), now);
  EXPECT_NE(text.find("up 9800 low 9000 learnt 1795964526\n"), std::string::npos) << text;
  const auto read = parse_kept_line(text, now);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->device, "pppoe-wan");
  EXPECT_EQ(read->line, a_line().line);
}

TEST(KeptLine, AfterARestartOfTheMachineTheAgeIsThatOfTheCalendar) {
  const LineMoment later{Instant(5s), now.wall + 2h};
  const auto read = parse_kept_line(to_text(a_line(), now), later);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->line.up.learnt, later.instant - 3h);
}

TEST(KeptLine, AClockThatIsYearsBehindMakesNothingYoungerThanNow) {
  const LineMoment early{Instant(5s), std::chrono::system_clock::time_point(1s)};
  EXPECT_EQ(parse_kept_line(to_text(a_line(), now), early)->line.up.learnt, early.instant);
}

TEST(KeptLine, OneDirectionIsEnough) {
  KeptLine kept = a_line();
  kept.line.down = {};
  const auto read = parse_kept_line(to_text(kept, now), now);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->line.down.kbit);
  EXPECT_EQ(read->line.up.kbit, 9800U);
}

TEST(KeptLine, WhatIsNotWholeOrCannotBeIsRefused) {
  const std::string text = to_text(a_line(), now);
  for (std::size_t length = 0; length + 1 < text.size(); ++length) {
    EXPECT_FALSE(parse_kept_line(text.substr(0, length), now)) << length;
  }
  for (const char* const line : {"up 0 low 0 learnt 1", "up 100 low 200 learnt 1", "up -5 low 1 learnt 1", "up 5 low 1",
                                 "sideways 5 low 1 learnt 1", "up 4294967295 low 1 learnt 1", "up x low 1 learnt 1"}) {
    EXPECT_FALSE(parse_kept_line("device wan\n" + std::string(line) + "\nend\n", now)) << line;
  }
  EXPECT_FALSE(parse_kept_line("up 5 low 1 learnt 1\nend\n", now)) << "of no device";
  EXPECT_TRUE(parse_kept_line("device wan\nup 5 low 1 learnt 1\nend\n", now));
}

TEST(KeptLine, IsWrittenAnewOnlyForNews) {
  const KeptLine in_file = a_line();
  KeptLine wanted = a_line();
  wanted.line.up.kbit = 9900;
  wanted.line.up.learnt = now.instant + 1h;
  EXPECT_TRUE(is_kept(in_file, wanted)) << "about the same";
  wanted.line.up.learnt = now.instant + 24h;
  EXPECT_FALSE(is_kept(in_file, wanted)) << "a day later";
  wanted = a_line();
  wanted.line.up.kbit = 5000;
  EXPECT_FALSE(is_kept(in_file, wanted));
  wanted = a_line();
  wanted.line.down = {};
  EXPECT_TRUE(is_kept(in_file, wanted)) << "what is not known now is no reason to forget it";
  wanted.device = "wwan0";
  EXPECT_FALSE(is_kept(in_file, wanted));
  EXPECT_FALSE(is_kept(KeptLine{}, a_line()));
}

}  // namespace
}  // namespace voip
