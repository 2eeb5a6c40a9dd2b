#include "core/time.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

TEST(Time, DurationsAreReadWithTheirUnit) {
  EXPECT_EQ(parse_duration("250ms"), Duration(250));
  EXPECT_EQ(parse_duration("30s"), Duration(30'000));
  EXPECT_EQ(parse_duration("5m"), Duration(300'000));
  EXPECT_EQ(parse_duration("2h"), Duration(7'200'000));
  EXPECT_EQ(parse_duration("1d"), Duration(86'400'000));
  EXPECT_EQ(parse_duration("0s"), Duration(0));
}

TEST(Time, AnythingElseIsNoDuration) {
  for (const char* text : {"", "5", "s", "-5s", "5 s", "5s ", "1.5s", "5S", "99999999999999999999s", "1000d", "5minutes"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Time, PrintedDurationsReadBack) {
  for (const std::int64_t count : {0LL, 1LL, 250LL, 1'000LL, 1'500LL, 60'000LL, 90'000LL, 3'600'000LL, 86'400'000LL}) {
    EXPECT_EQ(parse_duration(to_string(Duration(count))), Duration(count));
  }
  EXPECT_EQ(to_string(Duration(90'000)), "90s");
}

TEST(Time, TheEarlierOfTwoIsTheOneThatExists) {
  EXPECT_EQ(earlier(std::nullopt, Instant(5ms)), Instant(5ms));
  EXPECT_EQ(earlier(Instant(7ms), Instant(5ms)), Instant(5ms));
  EXPECT_EQ(earlier(std::nullopt, std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace voip
