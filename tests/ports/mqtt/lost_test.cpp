// The ways in which a node ceases to be a broker's client without its library's noticing. It notices by itself, says why in one
// line, and comes back.
#include <utility>

#include "ports/mqtt/bad_broker.h"
#include "ports/mqtt/fixture.h"

namespace voip::test {
namespace {

using Answer = BadBroker::Answer;

class MqttLostBroker : public testing::Test {
 protected:
  static Settings settings_of(const BadBroker& broker) {
    Settings settings;
    settings.mqtt.uri = {broker.uri()};
    settings.mqtt.keep_alive = 1s;
    settings.mqtt.max_reconnect_delay = 1s;
    settings.home_assistant.discovery = false;
    return settings;
  }

  // What the log says of a node until the broker has seen it come back.
  static std::string log_until_it_is_back(const BadBroker::Manners& manners, std::uint32_t version = 5) {
    Node clock{Settings{}};  // lends its loop
    BadBroker broker(clock.loop(), manners);
    Settings settings = settings_of(broker);
    settings.mqtt.version = version;
    const std::unique_ptr<Port> port = make_mqtt(settings, "1.2.3");
    testing::internal::CaptureStderr();
    EXPECT_TRUE(port->open(clock.loop()).ok());
    EXPECT_TRUE(clock.run_until([&] { return broker.connections() >= 2; }, 60s));
    port->close();
    return testing::internal::GetCapturedStderr();
  }
};

// Answers as a broker does.
std::string answer(unsigned type, const std::string& packet) {
  return type == BadBroker::connect     ? BadBroker::connack()
         : type == BadBroker::subscribe ? BadBroker::suback(packet, 1)
                                        : std::string();
}

TEST_F(MqttLostBroker, ADisconnectOfTheBrokerIsToldInWords) {
  using namespace std::string_literals;
  for (const auto& [packet, words] : {
           std::pair("\xe0\x02\x8b\x00"s, "the broker shuts down (code 139)"),
           std::pair("\xe0\x02\x98\x00"s, "the broker's administrator ended the connection (code 152)"),
           std::pair("\xe0\x01\x95"s, "a packet was too large for the broker (code 149)"),
           std::pair("\xe0\x02\x8e\x00"s, "another client uses the same client id (code 142) (does another client use the id"),
           std::pair("\xe0\x00"s, "the broker ended the connection without giving a reason"),
           std::pair("\xe0\x08\x97\x06\x1f\x00\x03one"s, "the broker's quota is exceeded (code 151): \"one\""),
       }) {
    const std::string log = log_until_it_is_back([packet = packet](unsigned type, const std::string& came, std::string& reply) {
      reply = answer(type, came) + (type == BadBroker::subscribe ? packet : std::string());
      return Answer::send;
    });
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;  // connected, lost
    EXPECT_NE(log.find(std::string("mqtt: lost the broker: ") + words), std::string::npos) << words << '\n' << log;
  }
}

// Then the reason may be lost on the way.
TEST_F(MqttLostBroker, ADisconnectAndTheEndInOneMomentIsTheEnd) {
  const std::string log = log_until_it_is_back([](unsigned type, const std::string& came, std::string& reply) {
    reply = answer(type, came) + (type == BadBroker::subscribe ? std::string{'\xe0', 0} : std::string());
    return type == BadBroker::subscribe ? Answer::hang_up : Answer::send;
  });
  EXPECT_NE(log.find("mqtt: lost the broker: "), std::string::npos) << log;
}

TEST_F(MqttLostBroker, SilenceIsNoConnection) {
  for (const std::uint32_t version : {5U, 3U}) {
    const std::string log = log_until_it_is_back(
        [version](unsigned type, const std::string&, std::string& reply) {
          if (type == BadBroker::connect) {
            reply = version == 5 ? BadBroker::connack() : std::string{'\x20', 2, 0, 0};
          }
          return Answer::send;
        },
        version);
    EXPECT_NE(log.find("mqtt: lost the broker: it "), std::string::npos) << log;
  }
}

// It looks like the beginning of a packet: one that is too long, or one that the library would wait for, while the broker goes on
// to answer.
TEST_F(MqttLostBroker, GarbageAfterTheAnswerToConnectIsNoConnection) {
  using namespace std::string_literals;
  constexpr unsigned ping = 12;
  for (const std::string& garbage : {"HTTP/1.1 200 OK\r\n\r\n"s, "\x30\xff\xff\xff\x7f"s, "\x00\x00\x00\x00"s,
                                     "\xff\xff\xff\xff\xff\xff"s, "\x90\x7f\x00"s, "\x40\x80\x80\x80\x01"s, "\xf3\x7f"s}) {
    bool is_first = true;
    const std::string log = log_until_it_is_back([&](unsigned type, const std::string& packet, std::string& reply) {
      reply = answer(type, packet);
      if (type == BadBroker::connect && std::exchange(is_first, false)) {
        reply += garbage;
      } else if (type == ping) {
        reply = {'\xd0', 0};
      }
      return Answer::send;
    });
    EXPECT_TRUE(log.find("mqtt: lost the broker: it ") != std::string::npos ||
                log.find("mqtt: lost the broker: a packet of ") != std::string::npos)
        << log;
  }
}

}  // namespace
}  // namespace voip::test
