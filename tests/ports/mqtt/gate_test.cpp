// What a broker must not send, whether it ever ends or not: the connection breaks before there is any memory for it.
#include <fstream>
#include <string>

#include "ports/mqtt/bad_broker.h"
#include "ports/mqtt/fixture.h"

namespace voip::test {
namespace {

using Answer = BadBroker::Answer;

class MqttGate : public MqttTest {
 protected:
  // What the log says of a broker that answers so to CONNECT, and so to each SUBSCRIBE.
  static std::string log_with(std::uint32_t version, const std::string& to_connect, const std::string& to_subscribe) {
    Node clock{Settings{}};  // lends its loop
    BadBroker broker(clock.loop(), [&](unsigned type, const std::string&, std::string& reply) {
      reply = type == BadBroker::connect ? to_connect : type == BadBroker::subscribe ? to_subscribe : std::string();
      return Answer::send;
    });
    Settings settings;
    settings.mqtt.uri = {broker.uri()};
    settings.mqtt.version = version;
    settings.home_assistant.discovery = false;
    const std::unique_ptr<Port> port = make_mqtt(settings, "1.2.3");
    testing::internal::CaptureStderr();
    EXPECT_TRUE(port->open(clock.loop()).ok());
    EXPECT_TRUE(clock.run_until([&] { return broker.connections() >= 2; }));  // it tries again
    port->close();
    expect_undisturbed(clock);
    return testing::internal::GetCapturedStderr();
  }
  static std::string connack(std::uint32_t version) {
    return version == 5 ? BadBroker::connack() : std::string("\x20\x02\x00\x00", 4);
  }

  static constexpr const char* endless = "\xff\xff\xff\x7f";  // 268 435 455 bytes are to follow
};

TEST_F(MqttGate, AMessageThatNeverEndsEndsTheConnectionAtItsBeginning) {
  const std::string begun = std::string("\x30") + endless + std::string("\x00\x16voip-qos/other/qos/set[[[", 26);
  const std::string five = log_with(5, connack(5), begun);
  EXPECT_NE(
      five.find(
          "lost the broker: a message of 268435460 bytes came on voip-qos/other/qos/set, more than a router takes (65536): set "
          "max_packet_size at the broker, which does not keep to what it is told; trying again"),
      std::string::npos)
      << five;
  const std::string three = log_with(3, connack(3), begun);
  EXPECT_NE(three.find("set max_packet_size at the broker, or mqtt.version = 5 here; trying again"), std::string::npos) << three;
}

TEST_F(MqttGate, AnAnswerToConnectThatNeverEndsIsNone) {
  const std::string log = log_with(5, std::string("\x20") + endless, {});
  EXPECT_NE(log.find("cannot connect to mqtt://"), std::string::npos) << log;
  EXPECT_NE(log.find("a packet of 268435460 bytes came, more than"), std::string::npos) << log;
}

// The library would keep each until the broker allows it to hand them out.
TEST_F(MqttGate, AMessageOfQosTwoEndsTheConnection) {
  const std::string log = log_with(5, connack(5), std::string("\x34\x08\x00\x01t\x00\x01\x00xy", 10));
  EXPECT_NE(log.find("lost the broker: a message of QoS 2 came, which nobody has asked for: something is wrong with the broker"),
            std::string::npos)
      << log;
}

}  // namespace
}  // namespace voip::test
