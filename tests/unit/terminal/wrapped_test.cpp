#include "terminal/wrapped.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

TEST(Wrapped, LinesAreBrokenBetweenWords) {
  EXPECT_EQ(wrapped("one two three", 8), "one two\nthree\n");
  EXPECT_EQ(wrapped("one two three", 13), "one two three\n");
  EXPECT_EQ(wrapped("one two three", 80, "# "), "# one two three\n");
  EXPECT_EQ(wrapped("one two three", 9, "# "), "# one two\n# three\n");
}

TEST(Wrapped, ALongWordStaysWhole) {
  EXPECT_EQ(wrapped("see /etc/voip-qosd/voip-qosd.toml now", 10), "see\n/etc/voip-qosd/voip-qosd.toml\nnow\n");
}

TEST(Wrapped, WhatStandsFurtherInStaysSo) {
  EXPECT_EQ(wrapped(" 1  br-lan 192.168.1.0/24", 16), " 1 br-lan\n 192.168.1.0/24\n");
  EXPECT_EQ(wrapped("a\n  b c", 4), "a\n  b\n  c\n");
}

TEST(Wrapped, WideLettersCountTwice) {
  EXPECT_EQ(wrapped("電話 電話", 8), "電話\n電話\n");
  EXPECT_EQ(wrapped("", 8), "");
}

}  // namespace
}  // namespace voip
