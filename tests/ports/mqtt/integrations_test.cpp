// What we ship for brokers and phones does what it says: each file is used as a user would, against a real broker.
#include <regex>
#include <sstream>

#include "ports/mqtt/fixture.h"
#include "ports/mqtt/payload/commands.h"
#include "source_dir.h"

namespace voip::test {
namespace {

namespace fs = std::filesystem;

const fs::path shipped = fs::path(VOIP_SOURCE_DIR) / "integrations";

std::string text_of_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

void write_secret(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
}

std::vector<std::string> in_backquotes(const std::string& text) {
  static const std::regex span("`([^`]+)`");
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), span), end; at != end; ++at) {
    found.push_back((*at)[1]);
  }
  return found;
}

// The order that a topic and a payload are, or a failure.
void expect_understood(const std::string& topic, const std::string& payload) {
  const MqttCommand command = read_command(MqttTopics(Settings{}), {topic, payload, false, {}, {}});
  EXPECT_TRUE(std::holds_alternative<CommandAccepted>(command)) << topic << " " << payload;
}

TEST(ShippedForPhones, EveryOrderInTheTablesIsUnderstood) {
  std::istringstream lines(text_of_file(shipped / "phone" / "README.md"));
  std::size_t orders = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> spans = line.starts_with('|') ? in_backquotes(line) : std::vector<std::string>{};
    const auto topic = std::find_if(spans.begin(), spans.end(), [](const std::string& span) { return span.ends_with("/set"); });
    for (auto payload = topic; payload != spans.end() && ++payload != spans.end();) {
      expect_understood(*topic, *payload);
      ++orders;
    }
  }
  EXPECT_GE(orders, 18U);
}

TEST(ShippedForPhones, TheOrderOnACommandLineIsUnderstood) {
  const std::regex on_line("-t (\\S+) -m '([^']+)'");
  const std::string readme = text_of_file(shipped / "phone" / "README.md");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(readme, found, on_line));
  expect_understood(found[1], found[2]);
}

class ShippedForBrokers : public MqttTest {};

TEST_F(ShippedForBrokers, TheScriptForAWhileTellsWhatTheRouterAnswers) {
  Talk talk(settings_for);
  const auto script = [&](const std::string& arguments) {
    return std::make_unique<Program>(std::vector<std::string>{"sh", "-c",
                                                              "BROKER=127.0.0.1 PORT=" + std::to_string(talk.broker.port()) +
                                                                  " " + (shipped / "phone" / "qos-for-a-while.sh").string() +
                                                                  " " + arguments + " 2>&1; echo exit $?"});
  };
  const auto said = [&](const std::string& arguments) {
    const auto program = script(arguments);
    EXPECT_TRUE(talk.node.run_until([&] { return program->output().find("exit ") != std::string::npos; }, 20s));
    return program->output();
  };
  EXPECT_EQ(said(""), "QoS ON for 30m\nexit 0\n");
  ASSERT_EQ(talk.node.orders.size(), 1U);
  EXPECT_EQ(talk.node.orders[0].time_limit, Duration(30min));
  EXPECT_EQ(said("OFF 10m"), "QoS OFF for 10m\nexit 0\n");
  EXPECT_EQ(said("AUTO"), "QoS AUTO\nexit 0\n");
  EXPECT_NE(said("ON forever").find("refused: "), std::string::npos);
  EXPECT_EQ(talk.node.orders.size(), 3U);
}

TEST_F(ShippedForBrokers, TheListenerAndTheCertificatesAreAsDescribed) {
  if (run({"sh", "-c", "command -v openssl"}) != 0) {
    GTEST_SKIP() << "openssl is not installed";
  }
  const Broker place;
  const fs::path directory = place.directory();
  // The commands of the README, all but the last of which runs as anybody.
  const std::string readme = text_of_file(shipped / "mosquitto" / "README.md");
  const std::size_t begin = readme.find("openssl req -x509");
  std::string commands = readme.substr(begin, readme.find("chown mosquitto server.key") - begin);
  commands = std::regex_replace(commands, std::regex("192\\.168\\.1\\.2"), "127.0.0.1");
  for (const char* user : {"qosd", "homeassistant", "phone"}) {
    commands += std::string("touch passwords && mosquitto_passwd -b passwords ") + user + " secret\n";
  }
  ASSERT_EQ(run({"sh", "-e", "-c", "cd " + directory.string() + "\n" + commands}), 0) << commands;
  fs::copy_file(shipped / "mosquitto" / "voip-qosd.acl", directory / "voip-qosd.acl");

  const std::uint16_t port = free_port();
  std::string conf = text_of_file(shipped / "mosquitto" / "voip-qosd.conf");
  conf = std::regex_replace(conf, std::regex("/etc/mosquitto"), directory.string());
  conf = std::regex_replace(conf, std::regex("listener 8883"), "listener " + std::to_string(port) + " 127.0.0.1");
  std::ofstream(directory / "conf") << "user root\n" << conf;
  const Program broker({"/usr/sbin/mosquitto", "-c", (directory / "conf").string()});
  for (const auto limit = Steady::now() + std::chrono::seconds(10); !Broker::answers(port) && Steady::now() < limit;) {
    usleep(5'000);
  }

  write_secret(directory / "password", "secret\n");
  Settings settings = settings_for(place);
  settings.mqtt.uri = {"mqtts://127.0.0.1:" + std::to_string(port)};
  settings.mqtt.username = "qosd";
  settings.mqtt.password_file = (directory / "password").string();
  settings.mqtt.ca_file = (directory / "ca.crt").string();
  Node node(settings);
  ASSERT_TRUE(node.open().ok());
  Program phone({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(port), "--cafile", settings.mqtt.ca_file, "-u", "phone",
                 "-P", "secret", "-t", "#", "-F", "%t %p"});
  EXPECT_TRUE(node.run_until([&] { return phone.output().find("router/status online") != std::string::npos; }, 15s));
  EXPECT_EQ(run({"mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(port), "--cafile", settings.mqtt.ca_file, "-u", "phone",
                 "-P", "secret", "-q", "1", "-t", "voip-qos/router/sensitivity/set", "-m", "high"}),
            0);
  EXPECT_TRUE(node.run_until([&] { return node.other_events == 1; }));
}

}  // namespace
}  // namespace voip::test
