#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace voip {
namespace {

TEST(Utf8, WellFormedTextIsText) {
  for (const char* text : {"", "call",
                           "K\xc3\xbc"
                           "che",
                           "\xe2\x82\xac", "\xf0\x9f\x93\x9e", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8_text(text)) << text;
  }
}

TEST(Utf8, OverlongFormsSurrogatesAndCutOnesAreNone) {
  for (const char* text : {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80", "\x80", "\xe2\x82", "a\xff"}) {
    EXPECT_FALSE(is_utf8_text(text));
  }
  EXPECT_FALSE(is_utf8_text(std::string("a\0b", 3))) << "MQTT forbids it";
}

}  // namespace
}  // namespace voip
