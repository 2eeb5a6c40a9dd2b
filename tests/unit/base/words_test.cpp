#include "base/words.h"

#include <gtest/gtest.h>

#include <array>

namespace voip {
namespace {

constexpr std::array<std::string_view, 6> commands{"status", "watch", "qos", "doctor", "record", "mqtt-purge"};

// What is suggested for `word`; nothing where none is near.
std::string_view meant(std::string_view word) {
  const std::string_view nearest = nearest_word(word, commands);
  return is_near(word, nearest) ? nearest : std::string_view();
}

TEST(Words, AWordThatWasProbablyMeantIsNear) {
  EXPECT_EQ(meant("stat"), "status");
  EXPECT_EQ(meant("statsu"), "status");
  EXPECT_EQ(meant("watc"), "watch");
  EXPECT_EQ(meant("dcotor"), "doctor");
  EXPECT_EQ(meant("qso"), "qos");
  EXPECT_EQ(meant("recrod"), "record");
  EXPECT_EQ(meant("mqtt_purge"), "mqtt-purge");
  EXPECT_EQ(meant("doctor"), "doctor");
}

TEST(Words, AWordOfItsOwnIsNearNone) {
  for (const char* word : {"frobnicate", "logs", "on", "x", "", "start", "systemctl", "\xff\xfe"}) {
    EXPECT_EQ(meant(word), "") << word;
  }
}

TEST(Words, NearIsTheSameBothWays) {
  EXPECT_TRUE(is_near("status", "stat"));
  EXPECT_FALSE(is_near("sta", "status"));
  EXPECT_FALSE(is_near("status", "sta"));
}

TEST(Words, LinesAndWordsAreViewsWithoutTheEmptyOnes) {
  EXPECT_EQ(lines_of("a b\n\nc"), (std::vector<std::string_view>{"a b", "c"}));
  EXPECT_EQ(words_of(" a\t b "), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_TRUE(lines_of("").empty());
  EXPECT_TRUE(words_of(" \t").empty());
  EXPECT_EQ(word_after({"dev", "eth0"}, "dev"), "eth0");
  EXPECT_EQ(word_after({"eth0", "dev"}, "dev"), "");
}

TEST(Words, ANumberIsAllOfTheText) {
  EXPECT_EQ(parse_number("32"), 32U);
  EXPECT_EQ(parse_number("0x20"), 32U);
  EXPECT_EQ(hex(32), "0x20");
  for (const char* text : {"", "0x", "-1", "32 ", "4294967296"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(Words, AListEndsWithOr) {
  EXPECT_EQ(quoted_list(std::array<std::string_view, 3>{"a", "b", "c"}), "\"a\", \"b\" or \"c\"");
  EXPECT_EQ(quoted_list(std::array<std::string_view, 1>{"a"}), "\"a\"");
}

TEST(Words, ACountHasItsPlural) {
  EXPECT_EQ(counted(1, "call"), "1 call");
  EXPECT_EQ(counted(0, "call"), "0 calls");
  EXPECT_EQ(counted(1, "switch"), "1 switch");
  EXPECT_EQ(counted(2, "switch"), "2 switches");
}

}  // namespace
}  // namespace voip
