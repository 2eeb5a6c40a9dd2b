// What strangers wrote must not act on the terminal, and must not break the columns.
#include "base/printable.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

TEST(PrintableText, KeepsWhatPeopleWrite) {
  for (const char* text : {"", "Kitchen phone", "Küche", "電話", "☎ 📞", "naïve e\u0301"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(PrintableText, ReplacesWhatWouldActOnTheTerminal) {
  EXPECT_EQ(printable("\033[2J\033]0;title\a"), "\uFFFD[2J\uFFFD]0;title\uFFFD");
  EXPECT_EQ(printable("a\r\nb\tc\x7f"), "a  b c\uFFFD") << "one line, whatever comes";
  EXPECT_EQ(printable("\u009b31m"), "\uFFFD31m") << "the eight-bit CSI";
  EXPECT_EQ(printable("abc\u202egnp.exe\u2066"), "abc\uFFFDgnp.exe\uFFFD") << "letters that run backwards";
  for (const char* turning :
       {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200e", "\u200f", "\u061c"}) {
    EXPECT_EQ(printable(turning), "\uFFFD");
  }
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\uFFFDb");
}

TEST(PrintableText, ReplacesBytesThatAreNoText) {
  EXPECT_EQ(printable("\xff\xfe"), "\uFFFD\uFFFD");
  EXPECT_EQ(printable("K\xfc"
                      "che"),
            "K\uFFFDche")
      << "Latin-1";
  EXPECT_EQ(printable("\xc3"), "\uFFFD") << "cut in half";
  EXPECT_EQ(printable("\xc0\x9b"), "\uFFFD\uFFFD") << "an overlong form of ESC";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "beyond Unicode";
}

TEST(PrintableText, IsCutBetweenCharactersWhereThereIsTooMuchOfIt) {
  EXPECT_EQ(printable("Küche", 6), "Küche");
  EXPECT_EQ(printable("Küche", 5), "Küch…");
  EXPECT_EQ(printable("Küche", 2), "K…");
  EXPECT_EQ(printable(std::string(60'000, 'x'), 100).size(), 103U);
}

TEST(PrintableText, KeepsItsLinesWhereItMayHaveSeveral) {
  EXPECT_EQ(printable_lines("a\tb\n\033[2Jc\r\n"), "a\tb\n\uFFFD[2Jc \n");
  EXPECT_EQ(printable_lines(""), "");
}

TEST(PrintableText, SaysTheSameInJson) {
  EXPECT_EQ(printable_json("{\"a\":\"Küche \u202e\u009b\x7f\U000E0041\",\n\"b\":1}"),
            R"({"a":"Küche \u202e\u009b\u007f\udb40\udc41",)"
            "\n\"b\":1}");
  EXPECT_EQ(printable_json("\"\xff\""), "\"\uFFFD\"");
}

TEST(PrintableText, CountsColumnsNotBytes) {
  EXPECT_EQ(columns(""), 0U);
  EXPECT_EQ(columns("Küche"), 5U);
  EXPECT_EQ(columns("電話"), 4U);
  EXPECT_EQ(columns("e\u0301"), 1U);
  EXPECT_EQ(columns("📞"), 2U);
  EXPECT_EQ(columns("한국"), 4U);
}

TEST(PrintableText, CutsBetweenCharacters) {
  EXPECT_EQ(cut("Küche", 5), "Küche");
  EXPECT_EQ(cut("Küche", 4), "Küc…");
  EXPECT_EQ(cut("Küche", 1), "…");
  EXPECT_EQ(cut("Küche", 0), "");
  EXPECT_EQ(cut("電話電話", 8), "電話電話");
  EXPECT_EQ(cut("電話電話", 7), "電話電…");
  EXPECT_EQ(cut("電話電話", 6), "電話…") << "half a character is none";
  EXPECT_EQ(cut("e\u0301e\u0301", 1), "…");
  EXPECT_EQ(cut("e\u0301e\u0301", 2), "e\u0301e\u0301");
  EXPECT_EQ(cut("", 0), "");
}

}  // namespace
}  // namespace voip
