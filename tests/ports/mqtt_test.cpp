#include "mqtt_fixture.h"

namespace voip::test {
namespace {

constexpr const char* base = "voip-qos/router/";

class MqttPort : public testing::Test {
 protected:
  void SetUp() override {
    if (!Broker::is_installed()) {
      GTEST_SKIP() << "mosquitto and mosquitto-clients are not installed";
    }
  }

  static Settings settings_for(const Broker& broker) {
    Settings settings;
    settings.mqtt.uri = {broker.uri()};
    settings.mqtt.keep_alive = 5s;
    settings.mqtt.max_reconnect_delay = 2s;
    settings.home_assistant.discovery = false;
    DeviceSettings phone;
    phone.name = "Kitchen phone";
    settings.devices = {phone};
    return settings;
  }

  static bool saw(Node& node, Observer& observer, const std::string& part, Duration limit = 10s) {
    return node.run_until([&] { return observer.saw(part); }, limit);
  }
};

const std::string idle_state = R"(state {"qos":"OFF","wanted":"OFF","mode":"auto","reason":"idle")";

TEST_F(MqttPort, SaysEverythingRetainedOnConnect) {
  Broker broker;
  broker.start();
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  Observer live(broker);
  ASSERT_TRUE(saw(node, live, "rates"));
  Observer later(broker);  // what somebody sees who comes afterwards
  ASSERT_TRUE(saw(node, later, "status online"));
  node.run_for(100ms);
  for (const std::string& line :
       {std::string("1 voip-qos/router/status online"), "1 voip-qos/router/" + idle_state,
        std::string("1 voip-qos/router/qos OFF"), std::string("1 voip-qos/router/mode auto"),
        std::string(R"(1 voip-qos/router/info {"version":"1.2.3","schema":1)"),
        std::string(R"(1 voip-qos/router/device/kitchen_phone/state {"name":"Kitchen phone","call_active":false)")}) {
    EXPECT_TRUE(later.saw(line)) << line << "\n" << later.text();
  }
  EXPECT_FALSE(later.saw("rates"));
  EXPECT_FALSE(later.saw("event"));
}

TEST_F(MqttPort, SaysWhatHappensAndOnlyWhatChanged) {
  Broker broker;
  broker.start();
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  node.report().calls = 1;
  node.report().reason = Reason::call;
  node.perform(ReportChanged{node.report()});
  Call call;
  call.device = "Kitchen phone";
  node.perform(CallStarted{call});
  node.perform(RatesMeasured{Rates{87'000, 86'000, 50, 50, 1}, {}});
  node.perform(CallEnded{call});
  node.perform(QosSwitched{true, Reason::call});
  node.perform(QosFailed{"no"});
  ASSERT_TRUE(saw(node, observer, "qos_failed"));
  for (const char* part :
       {R"("reason":"call")", R"(0 voip-qos/router/event {"event_type":"call_started","device":"Kitchen phone")",
        R"("call_ended")", R"("qos_on")", R"(0 voip-qos/router/rates {"up_kbit":87.0)"}) {
    EXPECT_TRUE(observer.saw(part)) << part << "\n" << observer.text();
  }
  EXPECT_EQ(observer.count("router/qos OFF"), 1U);  // it did not change
}

TEST_F(MqttPort, TurnsCommandsIntoOrdersAndConfirmsThem) {
  Broker broker;
  broker.start();
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  broker.publish("voip-qos/router/qos/set", R"({"state":"ON","for":"30m"})");
  ASSERT_TRUE(saw(node, observer, R"({"qos":"ON","wanted":"ON","mode":"on","reason":"manual")"));
  ASSERT_EQ(node.orders.size(), 1U);
  EXPECT_EQ(node.orders[0].mode, Mode::on);
  EXPECT_FALSE(node.orders[0].until_changed);
  EXPECT_EQ(node.orders[0].time_limit, Duration(30min));
  ASSERT_TRUE(saw(node, observer, "router/qos ON"));

  const std::size_t said = observer.count("router/state ");
  broker.publish("voip-qos/router/qos/set", "on");  // no change: the state comes all the same
  ASSERT_TRUE(node.run_until([&] { return observer.count("router/state ") == said + 1; })) << observer.text();

  broker.publish("voip-qos/router/mode/set", "auto");
  ASSERT_TRUE(saw(node, observer, R"("mode":"auto","reason":"idle")"));
  ASSERT_TRUE(node.run_until([&] { return node.orders.size() == 3; }));
  EXPECT_TRUE(node.orders[2].until_changed);
  node.run_for(100ms);
  EXPECT_EQ(observer.count("router/state "), said + 2);  // once for each, not twice
}

TEST_F(MqttPort, AnswersRequestsAndGarbage) {
  Broker broker;
  broker.start();
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  testing::internal::CaptureStderr();
  broker.publish("voip-qos/router/request/qos", R"({"value":"ON","transaction":"t1"})");
  EXPECT_TRUE(saw(node, observer, R"(response/qos {"data":{},"status":"ok","transaction":"t1"})"));
  broker.publish("voip-qos/router/request/status", "");
  EXPECT_TRUE(saw(node, observer, R"(response/status {"data":{"qos":"ON")"));
  broker.publish("voip-qos/router/request/reboot", "{}");
  EXPECT_TRUE(saw(node, observer, R"(response/reboot {"data":{},"status":"error","error":"unknown request)"));
  broker.publish("voip-qos/router/qos/set", "perhaps");
  EXPECT_TRUE(saw(node, observer, R"(response/qos {"data":{},"status":"error","error":"ON, OFF or AUTO)"));
  broker.publish("voip-qos/router/qos/set", std::string(100'000, 'x'));
  EXPECT_TRUE(saw(node, observer, "longer than 1024 bytes"));
  broker.publish("voip-qos/router/qos/set", "\xff\xfe");
  EXPECT_TRUE(saw(node, observer, "not UTF-8 text"));
  EXPECT_EQ(node.orders.size(), 1U);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("refused a command on voip-qos/router (qos): ON, OFF or AUTO"), std::string::npos) << log;
}

TEST_F(MqttPort, HonoursResponseTopicAndCorrelationData) {
  Broker broker;
  broker.start();
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  Program asker(
      broker.client("mosquitto_rr", {"-V", "5", "-q", "1", "-t", "voip-qos/router/request/qos", "-e", "phone/1", "-m",
                                     R"({"value":"OFF"})", "-D", "publish", "correlation-data", "c0ffee", "-F", "%D %p"}));
  ASSERT_TRUE(node.run_until([&] { return asker.output().find('\n') != std::string::npos; }));
  EXPECT_EQ(asker.output(), "c0ffee {\"data\":{},\"status\":\"ok\"}\n");
  broker.publish("voip-qos/router/request/status", "{}",
                 {"-V", "5", "-D", "publish", "response-topic", "voip-qos/router/qos/set"});
  ASSERT_TRUE(saw(node, observer, "response/status {"));
  node.run_for(50ms);
  EXPECT_EQ(node.orders.size(), 1U);  // the answer did not become a command
}

TEST_F(MqttPort, IgnoresRetainedCommandsAndSaysSoOnce) {
  Broker broker;
  broker.start();
  broker.publish("voip-qos/router/qos/set", "ON", {"-r"});
  testing::internal::CaptureStderr();
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  node.run_for(300ms);
  EXPECT_TRUE(node.orders.empty());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("mosquitto_pub -r -n -t voip-qos/router/qos/set"), std::string::npos) << log;
}

TEST_F(MqttPort, TakesNoCommandsWhenTheyAreOff) {
  Broker broker;
  broker.start();
  Settings settings = settings_for(broker);
  settings.mqtt.commands = false;
  Node node(settings);
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  broker.publish("voip-qos/router/qos/set", "ON");
  node.run_for(300ms);
  EXPECT_TRUE(node.orders.empty());
}

TEST_F(MqttPort, SpeaksMqtt311) {
  Broker broker;
  broker.start();
  Settings settings = settings_for(broker);
  settings.mqtt.version = 3;
  Node node(settings);
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  broker.publish("voip-qos/router/request/qos", R"({"value":"ON","transaction":1})");
  EXPECT_TRUE(saw(node, observer, R"(response/qos {"data":{},"status":"ok","transaction":1})"));
  EXPECT_TRUE(saw(node, observer, "router/qos ON"));
  node.close();
  EXPECT_TRUE(saw(node, observer, "status offline"));
}

TEST_F(MqttPort, SaysGoodByeOnACleanStop) {
  Broker broker;
  broker.start();
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  const auto before = Steady::now();
  node.close();
  EXPECT_LT(Steady::now() - before, std::chrono::seconds(3));
  Observer later(broker);
  EXPECT_TRUE(saw(node, later, "1 voip-qos/router/status offline"));
  EXPECT_EQ(observer.count("status offline"), 1U);
}

TEST_F(MqttPort, TheBrokerSaysOfflineWhenTheDaemonIsKilled) {
  Broker broker;
  broker.start();
  const Settings settings = settings_for(broker);
  const pid_t child = fork();
  if (child == 0) {
    Node node(settings);
    if (!node.open().ok()) {
      _exit(1);
    }
    node.run_for(60s);
    _exit(2);
  }
  auto loop = Loop::open().value();
  Observer observer(broker);
  const auto sees = [&](const std::string& part) {
    const Instant end = loop->now() + 10s;
    while (!observer.saw(part) && loop->now() < end) {
      loop->wait(loop->now() + 10ms);
    }
    return observer.saw(part);
  };
  EXPECT_TRUE(sees("status online"));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(sees("status offline"));
}

TEST_F(MqttPort, CommandsOfAFloodAreRefusedAndTheLoopGoesOn) {
  Broker broker;
  broker.start();
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  Program sender(broker.client("mosquitto_pub", {"-q", "0", "-t", "voip-qos/router/qos/set", "-l"}));
  testing::internal::CaptureStderr();
  node.longest_late = Duration::zero();
  for (int second = 0; second < 3; ++second) {
    for (int tenth = 0; tenth < 10; ++tenth) {
      std::string lines;
      for (int i = 0; i < 50; ++i) {
        lines += "ON\nOFF\n";
      }
      sender.write_all(lines);
      node.run_for(100ms);
    }
  }
  const std::string log = testing::internal::GetCapturedStderr();
  // 200 at once and 200 a second afterwards, of 1 000 a second.
  EXPECT_GT(node.orders.size(), 400U);
  EXPECT_LT(node.orders.size(), 1'100U);
  EXPECT_LT(node.longest_late, 1500ms);
  EXPECT_LT(node.longest_perform, std::chrono::milliseconds(1000));
  EXPECT_TRUE(saw(node, observer, "response/flood"));
  EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 8) << log;
  // It is not broken afterwards.
  node.run_for(1s);
  broker.publish(std::string(base) + "request/qos", R"({"value":"ON","transaction":"end"})");
  EXPECT_TRUE(saw(node, observer, R"("transaction":"end")"));
  RecordProperty("orders", static_cast<int>(node.orders.size()));
  RecordProperty("longest_late_ms", static_cast<int>(node.longest_late.count()));
}

TEST_F(MqttPort, DoesNothingWithoutABroker) {
  Node node(Settings{});
  EXPECT_TRUE(node.open().ok());
  node.run_for(20ms);
  node.close();
}

}  // namespace
}  // namespace voip::test
