#include "commands/setup/configuration_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/printable.h"
#include "source_dir.h"

namespace voip {
namespace {

const WrittenFile file{.program_version = "1.2.3", .password_file = "/etc/voip-qosd/mqtt-password"};

Settings read(const std::string& text) {
  const LoadedSettings loaded = parse_settings(text, "file", NamedFiles::ignored);
  if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
    ADD_FAILURE() << to_string(problems->front()) << "\n" << text;
    return {};
  }
  return std::get<Settings>(loaded);
}

std::string written(const Answers& answers, const std::string& before = "") {
  return configuration_text(answers, given_settings(before), file);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ConfigurationText, WithoutAnyAnswerItIsTheDefaults) {
  EXPECT_EQ(read(written({})), Settings{});
}

TEST(ConfigurationText, AnswersAreWhatIsRead) {
  Answers answers{.wan = "eth0.7", .actuator = "tc", .rates = TcRates{900, 4500}};
  answers.lan = {*IpPrefix::parse("192.168.1.0/24"), *IpPrefix::parse("fd09:1::/64")};
  answers.new_devices = {
      {.name = "Kitchen \"1\"", .address = {}, .mac = "00:15:65:01:02:03", .hostname = {}, .role = Role::phone},
      {.name = "Study", .address = {}, .mac = {}, .hostname = {}, .role = Role::phone}};
  answers.new_devices[1].address = *IpPrefix::parse("192.168.1.30");
  answers.broker = BrokerAnswer{.uri = "mqtt://homeassistant:1883", .username = "router", .password = "se\"cret"};
  const std::string text = written(answers);
  const Settings settings = read(text);
  EXPECT_EQ(settings.qos.wan, "eth0.7");
  EXPECT_EQ(settings.monitor.lan, answers.lan);
  EXPECT_EQ(settings.qos.actuator, "tc");
  EXPECT_EQ(settings.qos.tc.upload_kbit, 900U);
  EXPECT_EQ(settings.qos.tc.download_kbit, 4500U);
  EXPECT_EQ(settings.devices, answers.new_devices);
  EXPECT_EQ(settings.mqtt.uri, (std::vector<std::string>{"mqtt://homeassistant:1883"}));
  EXPECT_EQ(settings.mqtt.username, "router");
  EXPECT_EQ(settings.mqtt.password_file, "/etc/voip-qosd/mqtt-password");
  EXPECT_FALSE(has(text, "cret")) << "the password has a file of its own";
}

TEST(ConfigurationText, WhatStoodThereBesidesStays) {
  const std::string before = R"([node]
id = "attic"
[detector.calls]
voip_ports = [16384, 16385]
[[device]]
name = "Old \"one\""
hostname = "old"
role = "never"
[policy]
release_after = "20s"
[qos]
actuator = "tc"
timeout = "9s"
[qos.tc]
upload_kbit = 700
drain = "measured"
[mqtt]
uri = ["mqtt://a", "mqtt://b"]
commands = false
)";
  Answers answers{.actuator = "tc"};
  answers.new_devices = {{.name = "New", .address = {}, .mac = "00:15:65:01:02:03", .hostname = {}, .role = Role::phone}};
  const Settings settings = read(written(answers, before));
  EXPECT_EQ(settings.node.id, "attic");
  EXPECT_EQ(settings.detector.calls.voip_ports, (std::vector<std::uint16_t>{16384, 16385}));
  EXPECT_EQ(settings.policy.release_after, 20s);
  EXPECT_EQ(settings.qos.timeout, 9s);
  EXPECT_EQ(settings.qos.tc.upload_kbit, 700U);
  EXPECT_EQ(settings.qos.tc.drain, Drain::measured);
  EXPECT_EQ(settings.mqtt.uri, (std::vector<std::string>{"mqtt://a", "mqtt://b"}));
  EXPECT_FALSE(settings.mqtt.commands);
  ASSERT_EQ(settings.devices.size(), 2U);
  EXPECT_EQ(settings.devices[0].name, "Old \"one\"");
  EXPECT_EQ(settings.devices[1].name, "New");
}

TEST(ConfigurationText, WhatSaysTheDefaultIsLeftOut) {
  std::ifstream in(std::string(VOIP_SOURCE_DIR) + "/config/voip-qosd.toml");
  const std::string sample{std::istreambuf_iterator<char>(in), {}};
  ASSERT_GT(given_settings(sample).size(), 60U);
  EXPECT_TRUE(without_defaults(given_settings(sample)).empty());
  const auto kept =
      without_defaults(given_settings("[qos]\nactuator = \"tc\"\nretries = 3\ntimeout = \"9s\"\n[[device]]\nname = \"x\"\n"));
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0].key, "actuator") << "it says something, though not alone";
  EXPECT_EQ(kept[1].key, "timeout");
  EXPECT_EQ(kept[2].key, "name");
}

TEST(ConfigurationText, TheSameAnswersGiveTheSameFile) {
  Answers answers{.wan = "wan", .actuator = "tc", .rates = TcRates{900, 4500}};
  answers.broker = BrokerAnswer{.uri = "mqtt://homeassistant:1883"};
  const std::string once = written(answers, "[policy]\nmin_on = \"5s\"\n");
  EXPECT_EQ(written(answers, once), once);
}

TEST(ConfigurationText, RatesThatAreLearntAreLeftOutAndSaidToBe) {
  const std::string text = written({.actuator = "tc", .rates = TcRates{}}, "[qos.tc]\nupload_kbit = 700\nmpu = 64\n");
  const Settings settings = read(text);
  EXPECT_TRUE(settings.qos.tc.upload_is_auto && settings.qos.tc.download_is_auto);
  EXPECT_EQ(settings.qos.tc.mpu, 64U);
  EXPECT_TRUE(has(text, "learnt")) << text;
  EXPECT_EQ(written({.actuator = "tc"}, text), text) << "the second time, too";
  const std::string one = written({.actuator = "tc", .rates = TcRates{900, std::nullopt}});
  EXPECT_FALSE(read(one).qos.tc.upload_is_auto);
  EXPECT_TRUE(read(one).qos.tc.download_is_auto);
  EXPECT_TRUE(has(one, "download") && has(one, "learnt")) << one;
  EXPECT_FALSE(has(written({.actuator = "tc", .rates = TcRates{900, 0}}), "learnt"));
}

TEST(ConfigurationText, AnotherActuatorTakesAwayWhatWouldContradictIt) {
  const std::string before = "[qos]\nactuator = \"tc\"\n[qos.tc]\nupload_kbit = 700\ndrain = \"measured\"\n";
  EXPECT_EQ(read(written({.actuator = "qosify"}, before)).qos.actuator, "qosify");
  const Settings cake = read(written({.actuator = "cake-rate", .cake_rates = {1000, 0}}));
  EXPECT_EQ(cake.qos.cake_rate.upload_kbit, 850U);
  EXPECT_EQ(cake.qos.cake_rate.idle_upload_kbit, 1000U);
  EXPECT_EQ(cake.qos.cake_rate.download_kbit, 0U);
}

TEST(ConfigurationText, WithoutABrokerNothingOfTheOldOneIsLeft) {
  Answers answers;
  answers.broker = BrokerAnswer{};
  const std::string before =
      "[mqtt]\nuri = \"mqtts://a\"\nusername = \"u\"\npassword_file = \"/x\"\nca_file = \"/y\"\ncommands = false\n";
  const Settings settings = read(written(answers, before));
  EXPECT_TRUE(settings.mqtt.uri.empty());
  EXPECT_TRUE(settings.mqtt.password_file.empty());
  EXPECT_FALSE(settings.mqtt.commands);
}

TEST(ConfigurationText, EachLineFitsANarrowTerminalAndSaysWhy) {
  Answers answers{.why_none = "tc would do, but the line's rates are not known: set them."};
  answers.lan = {*IpPrefix::parse("192.168.1.0/24")};
  std::istringstream lines(
      configuration_text(answers, {}, {.program_version = "1.2.3", .password_file = "", .state_dir = "/tmp/voip-qosd"}));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(columns(line), 40U) << line;
  }
  EXPECT_TRUE(has(written(answers), "# Watch only, switch nothing. tc would\n"));
}

}  // namespace
}  // namespace voip
