// Nothing that others wrote acts on the terminal, whichever way it takes.
#include "terminal/output.h"

#include <gtest/gtest.h>

#include <string>

namespace voip {
namespace {

constexpr const char* hostile = "a\033[2J\033]0;title\a\u009b31m\u202eb\x7f\n\tc\n";

std::string printed(const char* text, Colour colour) {
  testing::internal::CaptureStdout();
  EXPECT_TRUE(print(text, colour));
  return testing::internal::GetCapturedStdout();
}

TEST(Output, KeepsLinesAndTabsAlone) {
  EXPECT_EQ(printed(hostile, Colour::plain), "a\uFFFD[2J\uFFFD]0;title\uFFFD\uFFFD31m\uFFFDb\uFFFD\n\tc\n");
  EXPECT_EQ(printed("\033[31mred\033[0m", Colour::plain), "\uFFFD[31mred\uFFFD[0m");
}

TEST(Output, LetsColoursPassWhereTheyAreWanted) {
  EXPECT_EQ(printed("\033[31mred\033[0m", Colour::coloured), "\033[31mred\033[0m");
  EXPECT_EQ(printed(hostile, Colour::coloured), printed(hostile, Colour::plain));
  EXPECT_EQ(printed("\033\033[3\033[0m\033[", Colour::coloured), "\uFFFD\uFFFD[3\033[0m\uFFFD[");
}

TEST(Output, ComplainsInWholeLines) {
  testing::internal::CaptureStderr();
  complain("one\033[2J");
  complain("two\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "one\uFFFD[2J\ntwo\n");
}

TEST(Output, SaysTheSameInJson) {
  testing::internal::CaptureStdout();
  EXPECT_TRUE(print_json("{\"a\":\"\u202e\"}\n"));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "{\"a\":\"\\u202e\"}\n");
}

TEST(StyledLine, IsActedUponByItsTonesAlone) {
  EXPECT_EQ(to_text({{"a\033[2Jb\n", Tone::red}, {"\u009b"}}, Colour::coloured), "\033[31ma\uFFFD[2Jb \033[0m\uFFFD");
  EXPECT_EQ(to_text({{"a\t\n"}}, Colour::plain), "a") << "blanks at the end";
}

}  // namespace
}  // namespace voip
