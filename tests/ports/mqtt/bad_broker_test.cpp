// Brokers that do not do what brokers should: what they cost is a line in the log and a try now and then, never a turn of the
// loop.
#include "ports/mqtt/bad_broker.h"
#include "ports/mqtt/fixture.h"

namespace voip::test {
namespace {

using Answer = BadBroker::Answer;

class MqttBadBroker : public MqttTest {
 protected:
  static Settings settings_of(const std::string& uri) {
    Settings settings;
    settings.mqtt.uri = {uri};
    settings.mqtt.keep_alive = 5s;
    settings.mqtt.max_reconnect_delay = 2s;
    settings.home_assistant.discovery = false;
    return settings;
  }

  struct Seen {
    std::string log;
    std::size_t connections = 0;
  };
  // What becomes of a node with such a broker after a while in which much happens.
  static Seen live_with(const BadBroker::Manners& manners, Duration time, const std::function<void(Settings&)>& change = {}) {
    // The broker needs the loop, the node the broker's address: a first node lends its loop.
    Node clock{Settings{}};
    BadBroker broker(clock.loop(), manners);
    Settings settings = settings_of(broker.uri());
    if (change) {
      change(settings);
    }
    const std::unique_ptr<Port> port = make_mqtt(settings, "1.2.3");
    testing::internal::CaptureStderr();
    EXPECT_TRUE(port->open(clock.loop()).ok());
    Steady::duration longest{};
    const Instant end = clock.loop().now() + time;
    for (int calls = 0; clock.loop().now() < end; ++calls) {
      clock.report().calls = calls;
      const auto before = Steady::now();
      port->perform(ReportChanged{clock.report()});
      port->perform(RatesMeasured{Rates{calls, 0, 0, 0, 1}, {}});
      longest = std::max(longest, Steady::now() - before);
      clock.run_for(20ms);
    }
    clock.longest_perform = longest;
    expect_undisturbed(clock);
    const auto before = Steady::now();
    port->close();
    EXPECT_LT(Steady::now() - before, std::chrono::seconds(4));
    return {testing::internal::GetCapturedStderr(), broker.connections()};
  }
};

TEST_F(MqttBadBroker, OneThatDropsUsAfterEachPublishIsTriedMoreAndMoreRarely) {
  const Seen seen = live_with(
      [](unsigned type, const std::string&, std::string& reply) {
        if (type == BadBroker::connect) {
          reply = BadBroker::connack();
        }
        return type == BadBroker::publish ? Answer::hang_up : Answer::send;
      },
      10s);
  EXPECT_GE(seen.connections, 3U);
  EXPECT_LE(seen.connections, 12U);           // pauses of one to two seconds
  EXPECT_LE(lines(seen.log), 3) << seen.log;  // connected, lost; not each time again
  EXPECT_NE(seen.log.find("lost the broker"), std::string::npos) << seen.log;
}

TEST_F(MqttBadBroker, OneThatNeverAnswersIsToldOnce) {
  const Seen seen = live_with([](unsigned, const std::string&, std::string&) { return Answer::send; }, 15s);
  EXPECT_EQ(lines(seen.log), 1) << seen.log;
  EXPECT_NE(seen.log.find("does not answer as a broker does"), std::string::npos) << seen.log;
}

TEST_F(MqttBadBroker, OneThatIsNoBrokerAtAllIsToldOnce) {
  const Seen seen = live_with(
      [](unsigned, const std::string&, std::string& reply) {
        reply = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
        return Answer::hang_up;
      },
      6s);
  EXPECT_EQ(lines(seen.log), 1) << seen.log;
  EXPECT_NE(seen.log.find("does not answer as a broker does"), std::string::npos) << seen.log;
}

TEST_F(MqttBadBroker, OneThatRefusesSaysWhy) {
  for (const auto& [reason, words] :
       {std::pair('\x85', "refuses the client id"), std::pair('\x88', "says that it is unavailable"),
        std::pair('\x8a', "has banned this client"), std::pair('\x9f', "too many connections at once (code 159)"),
        std::pair('\xee', "code 238")}) {
    const Seen seen = live_with(
        [reason = reason](unsigned, const std::string&, std::string& reply) {
          reply = BadBroker::connack(reason);
          return Answer::hang_up;
        },
        4s);
    EXPECT_EQ(lines(seen.log), 1) << seen.log;
    EXPECT_NE(seen.log.find(words), std::string::npos) << seen.log;
  }
}

TEST_F(MqttBadBroker, OneThatForbidsASubscriptionIsToldOnce) {
  const Seen seen = live_with(
      [](unsigned type, const std::string& packet, std::string& reply) {
        if (type == BadBroker::connect) {
          reply = BadBroker::connack();
        } else if (type == BadBroker::subscribe) {
          reply = BadBroker::suback(packet, '\x87');
        }
        return Answer::send;
      },
      3s);
  EXPECT_NE(seen.log.find("does not let us subscribe to voip-qos/router/+/set: not authorised"), std::string::npos) << seen.log;
  EXPECT_NE(seen.log.find("does not let us subscribe to voip-qos/router/request/#"), std::string::npos) << seen.log;
  EXPECT_EQ(lines(seen.log), 7) << seen.log;  // four others, and that it is connected
}

TEST_F(MqttBadBroker, OneThatNeverAcknowledgesGetsSoManyMessagesAndNoMore) {
  std::size_t publishes = 0;
  Node clock{Settings{}};
  BadBroker broker(clock.loop(), [&](unsigned type, const std::string& packet, std::string& reply) {
    constexpr unsigned unsubscribe = 10;
    if (type == BadBroker::connect) {
      reply = BadBroker::connack();
    } else if (type == BadBroker::publish && (static_cast<unsigned char>(packet.front()) & 0x06U) != 0) {
      ++publishes;
    } else if (type == unsubscribe) {
      reply = {'\xb0', 4, packet.at(2), packet.at(3), 0, '\x11'};
    }
    return Answer::send;
  });
  const std::unique_ptr<Port> port = make_mqtt(settings_of(broker.uri()), "1.2.3");
  testing::internal::CaptureStderr();
  ASSERT_TRUE(port->open(clock.loop()).ok());
  ASSERT_TRUE(clock.run_until([&] { return publishes > 0; }));
  Steady::duration longest{};
  for (int i = 0; i < 4'000; ++i) {
    const auto before = Steady::now();
    clock.report().calls = i;
    port->perform(ReportChanged{clock.report()});
    port->perform(QosFailed{std::to_string(i)});
    longest = std::max(longest, Steady::now() - before);
    if (i % 20 == 0) {
      clock.run_for(10ms);
    }
  }
  clock.longest_perform = longest;
  EXPECT_TRUE(clock.run_until([&] { return publishes >= 64; }));
  clock.run_for(500ms);
  expect_undisturbed(clock);
  EXPECT_EQ(publishes, 64U);
  EXPECT_EQ(broker.connections(), 1U);
  port->close();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines(log), 2) << log;
  EXPECT_NE(log.find("takes messages more slowly than there are"), std::string::npos) << log;
}

TEST_F(MqttBadBroker, OneThatForbidsATopicIsToldOnceAndHasTheOthers) {
  Broker broker;
  std::ofstream(broker.directory() / "acl") << "topic read #\ntopic write voip-qos/router/#\ntopic deny voip-qos/router/mode\n";
  testing::internal::CaptureStderr();
  Talk talk(settings_for, "allow_anonymous true\nacl_file " + (broker.directory() / "acl").string() + "\n", "router/info");
  for (int calls = 1; calls <= 20; ++calls) {
    talk.node.report().calls = calls;
    talk.node.report().mode = calls % 2 == 0 ? Mode::automatic : Mode::on;
    talk.node.perform(ReportChanged{talk.node.report()});
    talk.node.run_for(20ms);
  }
  EXPECT_TRUE(talk.saw(R"("calls":20)"));
  expect_undisturbed(talk.node);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(talk.observer->saw("router/mode auto")) << talk.observer->text();
  EXPECT_EQ(lines(log), 2) << log;
  EXPECT_NE(log.find("the broker does not let us publish to voip-qos/router/mode: not authorised"), std::string::npos) << log;
}

TEST_F(MqttBadBroker, AnotherClientThatInsistsOnOurIdIsNotFoughtInALoop) {
  testing::internal::CaptureStderr();
  Talk talk(settings_for);
  Program thief(
      talk.broker.client("mosquitto_sub", {"-V", "5", "-i", "voip-qosd-router", "-t", "none"}));  // comes back each second
  ASSERT_TRUE(talk.node.run_until([&] { return talk.observer->count("status online") >= 2; }));   // thrown out, and back
  talk.node.run_for(10s);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_LE(talk.observer->count("status online"), 13U);
  EXPECT_LE(lines(log), 4) << log;
  EXPECT_NE(log.find("does another client use the id voip-qosd-router?"), std::string::npos) << log;
  expect_undisturbed(talk.node);
  thief.end(SIGKILL);
  talk.node.run_for(5s);
  talk.broker.publish("voip-qos/router/request/status", "");
  EXPECT_TRUE(talk.saw("response/status {"));
}

TEST_F(MqttBadBroker, OneThatComesBackHasTheFullPictureWithinASecondOfTheConnection) {
  Broker broker;
  Settings settings = settings_for(broker);
  settings.home_assistant.discovery = true;
  Node node(settings);
  ASSERT_TRUE(node.open().ok());
  node.run_for(6s);  // long enough for the longest pause
  broker.start();
  const auto back = Steady::now();
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "status online"));
  const auto connected = Steady::now();
  EXPECT_TRUE(saw(node, observer, "router/state {"));
  EXPECT_TRUE(saw(node, observer, "homeassistant/device/voip_qosd_router/kitchen_phone/config"));
  const auto complete = Steady::now();
  // The pause, and a second in which the library does not look at the new socket; the rest is for other programs.
  EXPECT_LT(connected - back, std::chrono::milliseconds(2'000 + 1'100 + 2'000));
  EXPECT_LT(complete - connected, std::chrono::milliseconds(2'000));
  RecordProperty("reconnect_ms", static_cast<int>((connected - back) / std::chrono::milliseconds(1)));
  RecordProperty("full_picture_ms", static_cast<int>((complete - connected) / std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace voip::test
