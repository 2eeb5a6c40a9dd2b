// Brokers that can do less than most, and say so or not: no retained messages, QoS 0 only, small packets, a keep-alive of their
// own. What works with them works, and what does not is said once.
#include "ports/mqtt/bad_broker.h"
#include "ports/mqtt/fixture.h"

namespace voip::test {
namespace {

class MqttLesserBroker : public MqttTest {
 protected:
  // What the log says until the observer has seen the node's state.
  static std::string log_of(const std::string& lines_of_broker, const std::function<void(Talk&)>& then = {}) {
    testing::internal::CaptureStderr();
    Talk talk(settings_for, lines_of_broker + "allow_anonymous true\n", "");
    EXPECT_TRUE(talk.node.run_until([&] {  // of what is not retained an observer sees only what comes after it
      talk.node.report().calls = talk.node.report().calls + 1;
      talk.node.perform(ReportChanged{talk.node.report()});
      return talk.observer->saw("router/state {");
    }));
    talk.broker.publish("voip-qos/router/qos/set", "ON", {"-q", "0"});
    EXPECT_TRUE(talk.saw("router/qos ON"));
    if (then) {
      then(talk);
    }
    expect_undisturbed(talk.node);
    return testing::internal::GetCapturedStderr();
  }

  static MqttTrial trial_of(const Settings& settings) {
    const auto commands = CommandLoop::open().value();
    return try_brokers(settings, {}, *commands).value().front();
  }
};

TEST_F(MqttLesserBroker, WithoutRetainedMessagesTheRestWorks) {
  std::vector<std::string> lacks;
  const std::string log =
      log_of("retain_available false\n", [&](Talk& talk) { lacks = trial_of(settings_for(talk.broker)).lacks; });
  EXPECT_NE(log.find("the broker keeps no retained messages (code 154); trying again"), std::string::npos) << log;
  EXPECT_NE(log.find(" keeps no retained messages: who subscribes later"), std::string::npos) << log;
  EXPECT_EQ(lines(log), 3) << log;  // and that it is connected
  ASSERT_EQ(lacks.size(), 1U);
  EXPECT_TRUE(lacks.front().starts_with("keeps no retained messages")) << lacks.front();
}

TEST_F(MqttLesserBroker, WithQosZeroTheRestWorks) {
  std::vector<std::string> lacks;
  const std::string log = log_of("max_qos 0\n", [&](Talk& talk) { lacks = trial_of(settings_for(talk.broker)).lacks; });
  EXPECT_NE(log.find(" takes messages of QoS 0 only: "), std::string::npos) << log;
  EXPECT_LE(lines(log), 3) << log;
  ASSERT_EQ(lacks.size(), 1U);
  EXPECT_TRUE(lacks.front().starts_with("takes messages of QoS 0 only")) << lacks.front();
}

TEST_F(MqttLesserBroker, WithSmallPacketsOnlyTheLargeOnesAreLeftOut) {
  const std::string log = log_of("max_packet_size 1000\n", [](Talk& talk) {
    talk.node.perform(QosFailed{std::string(2'000, 'f')});
    talk.node.perform(QosFailed{"short"});
    EXPECT_TRUE(talk.saw(R"("error":"short")"));
    EXPECT_EQ(talk.observer->count("status online"), 1U);  // still the same connection
    talk.node.run_for(50ms);                               // a turn of the loop, in which the refusal is told
  });
  EXPECT_NE(log.find("the broker does not let us publish to voip-qos/router/event: a packet was too large for the broker, which "
                     "takes 1000 bytes at most"),
            std::string::npos)
      << log;
  EXPECT_NE(log.find(" takes packets of 1000 bytes at most: "), std::string::npos) << log;
}

// It breaks the connection off instead of saying what it takes.
TEST_F(MqttLesserBroker, OneThatBreaksOffAtLargePacketsIsSparedThem) {
  std::size_t large = 0;
  std::size_t small = 0;
  Node clock{Settings{}};
  BadBroker broker(clock.loop(), [&](unsigned type, const std::string& packet, std::string& reply) {
    if (type == BadBroker::connect) {
      reply = BadBroker::connack();
    } else if (type == BadBroker::publish && packet.size() > 1'500) {
      ++large;
      reply = {'\xe0', 2, '\x95', 0};
    } else if (type == BadBroker::publish && large == 1 && packet.find("voip-qos/router/state") != std::string::npos) {
      ++small;
    }
    return BadBroker::Answer::send;
  });
  Settings settings;
  settings.mqtt.uri = {broker.uri()};
  settings.mqtt.max_reconnect_delay = 1s;
  settings.home_assistant.discovery = false;
  const std::unique_ptr<Port> port = make_mqtt(settings, "1.2.3");
  testing::internal::CaptureStderr();
  ASSERT_TRUE(port->open(clock.loop()).ok());
  const auto say = [&](std::size_t bytes) {
    clock.report().error = std::string(bytes, 'e');
    port->perform(ReportChanged{clock.report()});
  };
  say(2'000);
  EXPECT_TRUE(clock.run_until([&] { return broker.connections() >= 2; }, 60s));
  clock.run_for(2s);
  say(10);
  EXPECT_TRUE(clock.run_until([&] { return small > 0; }, 60s));
  EXPECT_EQ(large, 1U);
  EXPECT_EQ(broker.connections(), 2U);
  port->close();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("lost the broker: a packet was too large for the broker (code 149)"), std::string::npos) << log;
  EXPECT_NE(log.find("does not let us publish to voip-qos/router/state: a packet was too large"), std::string::npos) << log;
}

TEST_F(MqttLesserBroker, ItsKeepAliveCounts) {
  Broker broker("allow_anonymous true\nmax_keepalive 10\n");
  broker.start();
  Settings settings = settings_for(broker);
  settings.mqtt.keep_alive = 1h;
  Node node(settings);
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "status online"));
  node.run_for(22s);  // it would end the connection after 15
  EXPECT_FALSE(observer.saw("status offline"));
  EXPECT_EQ(observer.count("status online"), 1U);
}

}  // namespace
}  // namespace voip::test
