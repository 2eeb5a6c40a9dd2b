#include "system/json_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace voip {
namespace {

TEST(JsonReader, ReadsWhatProgramsSay) {
  const auto json =
      read_json(R"( {"up": true, "limit": 58, "name": "wan", "list": [1, "two", null], "of": {"a": {}}, "half": 0.5} )");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->kind, JsonValue::Kind::object);
  EXPECT_TRUE(json->is_true("up"));
  EXPECT_EQ(json->number_of("limit"), 58);
  EXPECT_EQ(json->text_of("name"), "wan");
  ASSERT_EQ(json->values_of("list").size(), 3U);
  EXPECT_EQ(json->values_of("list")[1].text, "two");
  EXPECT_NE(json->find("of")->find("a"), nullptr);
  EXPECT_EQ(json->text_of("half"), "0.5");
}

TEST(JsonReader, WhatIsNotThereIsNothing) {
  const auto json = read_json(R"({"name": "wan", "limit": "58"})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->find("other"), nullptr);
  EXPECT_EQ(json->text_of("other"), "");
  EXPECT_EQ(json->number_of("limit"), std::nullopt) << "a text is no number";
  EXPECT_FALSE(json->is_true("name"));
  EXPECT_TRUE(json->values_of("name").empty());
}

TEST(JsonReader, WhatIsNoJsonIsNothing) {
  for (const char* text :
       {"", "Command failed: Not found", "{\"entries\":[", "{\"a\":1} {\"b\":2}", "[1,]", "{\"a\":\"\xff\"}"}) {
    EXPECT_FALSE(read_json(text)) << text;
  }
}

TEST(JsonReader, SurvivesDeepAndLargeOnes) {
  EXPECT_FALSE(read_json(std::string(1'000'000, '[') + std::string(1'000'000, ']')));
  EXPECT_TRUE(read_json(std::string(32, '[') + std::string(32, ']')));
  const auto json = read_json(R"({"large": 18446744073709551615, "small": -9223372036854775808, "two": 1, "two": 2})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->number_of("large"), std::nullopt);
  EXPECT_EQ(json->number_of("small"), INT64_MIN);
  EXPECT_EQ(json->number_of("two"), 2);
}

}  // namespace
}  // namespace voip
