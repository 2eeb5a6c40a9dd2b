#include "ports/mqtt/fixture.h"

namespace voip::test {
namespace {

constexpr const char* base = "voip-qos/router/";

class MqttPort : public MqttTest {};

const std::string idle_state = R"(state {"qos":"OFF","wanted":"OFF","mode":"auto","lasting_mode":"auto","reason":"idle")";

TEST_F(MqttPort, SaysEverythingRetainedOnConnect) {
  Broker broker;
  broker.start();
  broker.publish("is/there", "yes", {"-r"});
  Node node(settings_for(broker));
  Observer live(broker);
  ASSERT_TRUE(saw(node, live, "is/there yes"));  // before anything is said that is not kept
  ASSERT_TRUE(node.open().ok());
  ASSERT_TRUE(saw(node, live, "rates"));
  Observer later(broker);  // what somebody sees who comes afterwards
  ASSERT_TRUE(saw(node, later, "status online"));
  node.run_for(100ms);
  for (const std::string& line :
       {std::string("1 voip-qos/router/status online"), "1 voip-qos/router/" + idle_state,
        std::string("1 voip-qos/router/qos OFF"), std::string("1 voip-qos/router/mode auto"),
        std::string(R"(1 voip-qos/router/line {"up_kbit":null,"down_kbit":null)"),
        std::string(R"(1 voip-qos/router/info {"version":"1.2.3","schema":1)"),
        std::string(R"(1 voip-qos/router/device/kitchen_phone/state {"name":"Kitchen phone","call_active":false)")}) {
    EXPECT_TRUE(later.saw(line)) << line << "\n" << later.text();
  }
  // A zero that was still on its way when it came may be seen, but none is kept.
  EXPECT_FALSE(later.saw("1 voip-qos/router/rates")) << later.text();
  EXPECT_FALSE(later.saw("1 voip-qos/router/device/kitchen_phone/rates")) << later.text();
  EXPECT_FALSE(later.saw("event"));
}

TEST_F(MqttPort, SaysWhatHappensAndOnlyWhatChanged) {
  Talk talk(settings_for);
  talk.node.report().calls = 1;
  talk.node.report().reason = Reason::call;
  talk.node.perform(ReportChanged{talk.node.report()});
  Call call;
  call.device = "Kitchen phone";
  talk.node.perform(CallStarted{call});
  talk.node.perform(RatesMeasured{Rates{87'000, 86'000, 50, 50, 1}, {}});
  talk.node.perform(CallEnded{call});
  talk.node.perform(QosSwitched{true, Reason::call});
  talk.node.perform(QosFailed{"no"});
  ASSERT_TRUE(talk.saw("qos_failed"));
  for (const char* part :
       {R"("reason":"call")", R"(0 voip-qos/router/event {"event_type":"call_started","device":"Kitchen phone")",
        R"("call_ended")", R"("qos_on")", R"(0 voip-qos/router/rates {"up_kbit":87.0)"}) {
    EXPECT_TRUE(talk.observer->saw(part)) << part << "\n" << talk.observer->text();
  }
  EXPECT_EQ(talk.observer->count("router/qos OFF"), 1U);  // it did not change
}

TEST_F(MqttPort, SaysWhatTheLineCarriesWhenItChangesAndWhenAllIsAskedFor) {
  Talk talk(settings_for);
  ASSERT_TRUE(talk.saw(R"(router/line {"up_kbit":null)"));
  LineState line;
  line.up.kbit = 9'800;
  line.bottleneck = Bottleneck::upload;
  talk.node.perform(LineChanged{line});
  const std::string said =
      R"(router/line {"up_kbit":9800,"down_kbit":null,"up_queue_ms":null,"down_queue_ms":null,"bottleneck":"upload")";
  ASSERT_TRUE(talk.saw(said));
  talk.broker.publish("voip-qos/router/qos/set", "ON");
  ASSERT_TRUE(talk.saw("router/qos ON"));
  talk.node.run_for(100ms);
  EXPECT_EQ(talk.observer->count(said), 1U) << "no order changes it";
  talk.broker.publish("voip-qos/router/request/status", "");
  EXPECT_TRUE(talk.node.run_until([&] { return talk.observer->count(said) == 2; })) << talk.observer->text();
  Observer later(talk.broker);
  EXPECT_TRUE(saw(talk.node, later, "1 voip-qos/" + said)) << later.text();
}

TEST_F(MqttPort, TurnsCommandsIntoOrdersAndConfirmsThem) {
  Talk talk(settings_for);
  talk.broker.publish("voip-qos/router/qos/set", R"({"state":"ON","for":"30m"})");
  ASSERT_TRUE(talk.saw(R"({"qos":"ON","wanted":"ON","mode":"on","lasting_mode":"auto","reason":"manual")"));
  ASSERT_EQ(talk.node.orders.size(), 1U);
  EXPECT_EQ(talk.node.orders[0].mode, Mode::on);
  EXPECT_FALSE(talk.node.orders[0].until_changed);
  EXPECT_EQ(talk.node.orders[0].time_limit, Duration(30min));
  ASSERT_TRUE(talk.saw("router/qos ON"));

  const std::size_t said = talk.observer->count("router/state ");
  talk.broker.publish("voip-qos/router/qos/set", "on");  // no change: the state comes all the same
  ASSERT_TRUE(talk.node.run_until([&] { return talk.observer->count("router/state ") == said + 1; })) << talk.observer->text();

  talk.broker.publish("voip-qos/router/mode/set", "auto");
  ASSERT_TRUE(talk.saw(R"("mode":"auto","lasting_mode":"auto","reason":"idle")"));
  ASSERT_TRUE(talk.node.run_until([&] { return talk.node.orders.size() == 3; }));
  EXPECT_TRUE(talk.node.orders[2].until_changed);
  talk.node.run_for(100ms);
  EXPECT_EQ(talk.observer->count("router/state "), said + 2);  // once for each, not twice
}

TEST_F(MqttPort, AnswersRequestsAndGarbage) {
  Talk talk(settings_for);
  testing::internal::CaptureStderr();
  talk.broker.publish("voip-qos/router/request/qos", R"({"value":"ON","transaction":"t1"})");
  EXPECT_TRUE(talk.saw(R"(response/qos {"data":{},"status":"ok","transaction":"t1"})"));
  talk.broker.publish("voip-qos/router/request/status", "");
  EXPECT_TRUE(talk.saw(R"(response/status {"data":{"qos":"ON")"));
  talk.broker.publish("voip-qos/router/request/reboot", "{}");
  EXPECT_TRUE(talk.saw(R"(response/reboot {"data":{},"status":"error","error":"unknown request)"));
  talk.broker.publish("voip-qos/router/qos/set", "perhaps");
  EXPECT_TRUE(talk.saw(R"(response/qos {"data":{},"status":"error","error":"ON, OFF or AUTO)"));
  talk.broker.publish("voip-qos/router/qos/set", std::string(50'000, 'x'));
  EXPECT_TRUE(talk.saw("longer than 1024 bytes"));
  talk.broker.publish("voip-qos/router/qos/set", "\xff\xfe");
  EXPECT_TRUE(talk.saw("not UTF-8 text"));
  EXPECT_EQ(talk.node.orders.size(), 1U);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("refused a command on voip-qos/router (qos): ON, OFF or AUTO"), std::string::npos) << log;
}

TEST_F(MqttPort, HonoursResponseTopicAndCorrelationData) {
  Talk talk(settings_for);
  Program asker(talk.broker.client(
      "mosquitto_rr", {"-V", "5", "-q", "1", "-t", "voip-qos/router/request/qos", "-e", "voip-qos/router/response/phone", "-m",
                       R"({"value":"OFF"})", "-D", "publish", "correlation-data", "c0ffee", "-F", "%D %p"}));
  ASSERT_TRUE(talk.node.run_until([&] { return asker.output().find('\n') != std::string::npos; }));
  EXPECT_EQ(asker.output(), "c0ffee {\"data\":{},\"status\":\"ok\"}\n");
  talk.broker.publish("voip-qos/router/request/status", "{}",
                      {"-V", "5", "-D", "publish", "response-topic", "voip-qos/router/qos/set"});
  ASSERT_TRUE(talk.saw("response/status {"));
  talk.node.run_for(50ms);
  EXPECT_EQ(talk.node.orders.size(), 1U);  // the answer did not become a command
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
  // What is answered came after what was retained.
  ASSERT_TRUE(node.run_until([&] {
    broker.publish("voip-qos/router/request/status", "");
    return observer.saw("response/status");
  }));
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

TEST_F(MqttPort, TellsInMqtt311TooWhyThereIsNoConnection) {
  Broker broker;
  broker.start();
  Settings settings = settings_for(broker);
  settings.mqtt.version = 3;
  Node node(settings);
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  testing::internal::CaptureStderr();
  broker.signal(SIGSTOP);
  node.perform(QosFailed{"on its way when the connection ends"});
  node.run_for(100ms);
  broker.stop();
  node.run_for(4s);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
  EXPECT_NE(log.find("lost the broker"), std::string::npos) << log;
  EXPECT_NE(log.find("connection refused"), std::string::npos) << log;
}

TEST_F(MqttPort, SaysGoodByeOnACleanStop) {
  Talk talk(settings_for);
  const auto before = Steady::now();
  talk.node.close();
  EXPECT_LT(Steady::now() - before, std::chrono::seconds(3));
  Observer later(talk.broker);
  EXPECT_TRUE(saw(talk.node, later, "1 voip-qos/router/status offline"));
  EXPECT_EQ(talk.observer->count("status offline"), 1U);
}

TEST_F(MqttPort, TheBrokerSaysOfflineWhenTheDaemonIsKilled) {
  Broker broker;
  broker.start();
  const Settings settings = settings_for(broker);
  const auto threads = std::filesystem::directory_iterator("/proc/self/task");
  if (std::distance(begin(threads), end(threads)) > 1) {
    GTEST_SKIP() << "a fork would not have the threads that the library still has from the tests before; run it alone";
  }
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
  Talk talk(settings_for);
  Program sender(talk.broker.client("mosquitto_pub", {"-q", "0", "-t", "voip-qos/router/qos/set", "-l"}));
  testing::internal::CaptureStderr();
  talk.node.longest_late = Duration::zero();
  const auto begin = std::chrono::steady_clock::now();
  for (int second = 0; second < 3; ++second) {
    for (int tenth = 0; tenth < 10; ++tenth) {
      std::string lines;
      for (int i = 0; i < 50; ++i) {
        lines += "ON\nOFF\n";
      }
      sender.write_all(lines);
      talk.node.run_for(100ms);
    }
  }
  const std::string log = testing::internal::GetCapturedStderr();
  // 200 at once and 200 a second afterwards, of 1 000 a second; a busy machine takes longer for the same flood.
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(talk.node.orders.size(), 400U);
  EXPECT_LT(talk.node.orders.size(), 200U + 210U * static_cast<std::size_t>(took / 1s + 2));
  EXPECT_LT(talk.node.longest_late, 5s);
  EXPECT_LT(talk.node.longest_perform, std::chrono::seconds(5));
  EXPECT_TRUE(talk.saw("response/flood"));
  EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 8) << log;
  // It is not broken afterwards, as soon as the broker has no more of the flood to deliver.
  bool is_answered = false;
  for (int tries = 0; tries < 10 && !is_answered; ++tries) {
    talk.node.run_for(1s);
    talk.broker.publish(std::string(base) + "request/qos", R"({"value":"ON","transaction":"end"})");
    is_answered = talk.saw(R"("transaction":"end")");
  }
  EXPECT_TRUE(is_answered);
  RecordProperty("orders", static_cast<int>(talk.node.orders.size()));
  RecordProperty("longest_late_ms", static_cast<int>(talk.node.longest_late.count()));
}

TEST_F(MqttPort, DoesNothingWithoutABroker) {
  Node node(Settings{});
  EXPECT_TRUE(node.open().ok());
  node.run_for(20ms);
  node.close();
}

}  // namespace
}  // namespace voip::test
