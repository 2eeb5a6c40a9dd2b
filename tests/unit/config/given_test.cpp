// What a file gives, as a new one can say it again.
#include <gtest/gtest.h>

#include "config/config.h"

namespace voip {
namespace {

std::string told(std::string_view text) {
  std::string all;
  for (const GivenSetting& setting : given_settings(text)) {
    all += setting.section + "[" + std::to_string(setting.number) + "] " + setting.key + " = " + setting.value + "\n";
  }
  return all;
}

TEST(GivenSettings, AreToldInTheOrderOfTheFile) {
  EXPECT_EQ(told("[qos]\nwan = \"eth1\"\nactuator = 'tc'\n[qos.tc]\nupload_kbit = 900\n[mqtt]\ncommands = false\nuri = [\"a\", "
                 "\"b\"]\n"),
            "qos[0] wan = \"eth1\"\nqos[0] actuator = \"tc\"\nqos.tc[0] upload_kbit = 900\nmqtt[0] commands = false\n"
            "mqtt[0] uri = [\"a\", \"b\"]\n");
}

TEST(GivenSettings, EachTableOfAListHasItsNumber) {
  EXPECT_EQ(told("[[device]]\nname = \"One\"\n[[device]]\nname = \"Two\"\nmac = \"x\"\n"),
            "device[0] name = \"One\"\ndevice[1] name = \"Two\"\ndevice[1] mac = \"x\"\n");
}

TEST(GivenSettings, OfWhatIsNoTomlThereAreNone) {
  EXPECT_EQ(told("[qos\n"), "");
  EXPECT_EQ(told(""), "");
  EXPECT_EQ(told(std::string_view("\0\1", 2)), "");
}

TEST(GivenSettings, ATextMeansTheSameAfterwards) {
  EXPECT_EQ(toml_string("a\"b\\c\nd\x7f\xc3\xa4"), "\"a\\\"b\\\\c\\u000ad\\u007f\xc3\xa4\"");
  EXPECT_EQ(told("[node]\nname = \"a\\\"b\\\\c\\t\"\n"), "node[0] name = \"a\\\"b\\\\c\\u0009\"\n");
}

}  // namespace
}  // namespace voip
