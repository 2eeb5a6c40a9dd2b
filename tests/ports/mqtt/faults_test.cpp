// What the world does to a broker, and what must not follow from it: a wait, a lost state, a replayed one, a flood of log lines.
#include "ports/mqtt/fixture.h"
#include "ports/mqtt/mqtt.h"

namespace voip::test {
namespace {

class MqttFaults : public MqttTest {};

TEST_F(MqttFaults, ABrokerThatIsAbsentAtStartIsFoundLater) {
  Broker broker;
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  const std::string log = log_while_it_runs(node, 1500ms);
  EXPECT_EQ(lines(log), 1) << log;
  EXPECT_NE(log.find("cannot connect to " + broker.uri() + ": connection refused"), std::string::npos) << log;
  node.report().calls = 3;
  node.perform(ReportChanged{node.report()});
  broker.start();
  Observer observer(broker);
  EXPECT_TRUE(saw(node, observer, R"("calls":3)"));
  expect_undisturbed(node);
}

TEST_F(MqttFaults, ARestartedBrokerWithoutPersistenceGetsEverythingAgain) {
  Broker broker;
  broker.start();
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  {
    Observer observer(broker);
    ASSERT_TRUE(saw(node, observer, "mode auto"));
  }
  testing::internal::CaptureStderr();
  broker.stop();
  node.run_for(500ms);
  for (int calls = 1; calls <= 300; ++calls) {  // what happens meanwhile is not played back
    node.report().calls = calls;
    node.perform(ReportChanged{node.report()});
    node.perform(QosFailed{"while it was away"});
  }
  broker.start();
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "status online"));
  const auto connected = Steady::now();
  ASSERT_TRUE(saw(node, observer, R"("calls":300)"));
  EXPECT_LT(Steady::now() - connected, std::chrono::seconds(1));
  EXPECT_TRUE(saw(node, observer, "router/info {"));
  EXPECT_TRUE(saw(node, observer, "router/mode auto"));
  EXPECT_FALSE(observer.saw("while it was away"));
  EXPECT_EQ(observer.count("router/state {"), 1U);
  broker.publish("voip-qos/router/qos/set", "ON");
  EXPECT_TRUE(saw(node, observer, "router/qos ON"));
  const std::string log = testing::internal::GetCapturedStderr();
  // Lost; perhaps that nobody listens; that it is back is told when it has held for a while.
  EXPECT_LE(lines(log), 2) << log;
  EXPECT_NE(log.find("lost the broker"), std::string::npos) << log;
  expect_undisturbed(node);
}

TEST_F(MqttFaults, AFrozenBrokerStopsNothing) {
  Broker broker;
  broker.start();
  Settings settings = settings_for(broker);
  settings.mqtt.keep_alive = 2s;
  Node node(settings);
  ASSERT_TRUE(node.open().ok());
  auto observer = std::make_unique<Observer>(broker);
  ASSERT_TRUE(saw(node, *observer, "mode auto"));
  node.longest_late = Duration::zero();
  broker.signal(SIGSTOP);
  // Far more than the library or the socket take.
  for (int calls = 1; calls <= 700; ++calls) {
    node.report().calls = calls;
    node.report().error = std::string(2'000, 'e');
    node.perform(ReportChanged{node.report()});
    node.perform(RatesMeasured{Rates{calls, 0, 0, 0, 1}, {}});
    node.perform(QosFailed{std::string(2'000, 'f')});
    node.run_for(10ms);
  }
  expect_undisturbed(node);
  broker.signal(SIGCONT);
  EXPECT_TRUE(saw(node, *observer, R"("calls":700)", 20s));
  node.run_for(500ms);
  Observer later(broker);
  EXPECT_TRUE(saw(node, later, "status online"));
  EXPECT_TRUE(saw(node, later,
                  R"(1 voip-qos/router/state {"qos":"OFF","wanted":"OFF","mode":"auto","lasting_mode":"auto","reason":"idle",)"
                  R"("override_until":null,"call_active":true,"calls":700)"));
  expect_undisturbed(node);
}

TEST_F(MqttFaults, AFrozenBrokerDoesNotHoldUpTheEnd) {
  Talk talk(settings_for);
  talk.broker.signal(SIGSTOP);
  const auto before = Steady::now();
  talk.node.close();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - before);
  EXPECT_LT(took.count(), 3'000);  // one second for the receipt; the library's threads look around each second
  RecordProperty("close_ms", static_cast<int>(took.count()));
}

TEST_F(MqttFaults, AWrongPasswordIsOneLine) {
  Broker broker("allow_anonymous false\n");
  ASSERT_EQ(run({"mosquitto_passwd", "-c", "-b", (broker.directory() / "passwords").string(), "qosd", "right"}), 0);
  Broker guarded("allow_anonymous false\npassword_file " + (broker.directory() / "passwords").string() + "\n");
  guarded.start();
  const auto password = broker.directory() / "password";
  std::ofstream(password) << "wrong\n";
  std::filesystem::permissions(password, std::filesystem::perms::owner_read);
  Settings settings = settings_for(guarded);
  settings.mqtt.username = "qosd";
  settings.mqtt.password_file = password.string();
  for (const std::uint32_t version : {5U, 3U}) {
    settings.mqtt.version = version;
    Node node(settings);
    ASSERT_TRUE(node.open().ok());
    const std::string log = log_while_it_runs(node, 3s);
    EXPECT_EQ(lines(log), 1) << log;
    EXPECT_NE(log.find("wrong user name or password"), std::string::npos) << log;
    expect_undisturbed(node);
  }
  std::filesystem::permissions(password, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
  std::ofstream(password) << "right\n";
  Node node(settings);
  ASSERT_TRUE(node.open().ok());
  Program observer(guarded.client("mosquitto_sub", {"-u", "qosd", "-P", "right", "-F", "%t %p", "-t", "#"}));
  EXPECT_TRUE(node.run_until([&] { return observer.output().find("status online") != std::string::npos; }));
}

TEST_F(MqttFaults, APasswordFileThatOthersMayReadIsRefusedAtStart) {
  Broker broker;
  const auto password = broker.directory() / "password";
  std::ofstream(password) << "secret\n";
  std::filesystem::permissions(password, std::filesystem::perms(0644));
  Settings settings = settings_for(broker);
  settings.mqtt.password_file = password.string();
  EXPECT_EQ(Node(settings).open().error(),
            "read mqtt.password_file " + password.string() + ": others may read it: chmod 600 " + password.string());
  settings.mqtt.password_file = "/no/such/file";
  EXPECT_EQ(Node(settings).open().error(), "read mqtt.password_file /no/such/file: No such file or directory");
}

TEST_F(MqttFaults, AnImpossibleAddressIsRefusedAtStart) {
  Settings settings;
  settings.mqtt.uri = {"http://127.0.0.1"};
  const Status status = Node(settings).open();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().find("set up MQTT for http://127.0.0.1"), std::string::npos) << status.error();
}

TEST_F(MqttFaults, TheNextBrokerIsTriedWhenTheFirstIsAway) {
  Broker absent;
  Broker present;
  present.start();
  Settings settings = settings_for(present);
  settings.mqtt.uri = {absent.uri(), present.uri()};
  Node node(settings);
  ASSERT_TRUE(node.open().ok());
  Observer observer(present);
  EXPECT_TRUE(saw(node, observer, "status online"));
}

TEST_F(MqttFaults, APurgeTriesTheBrokersInOrderToo) {
  Broker absent;
  Talk talk(settings_for);
  talk.node.close();
  Settings settings = settings_for(absent);
  EXPECT_NE(purge_mqtt(settings).error().find("cannot connect to " + absent.uri() + ": connection refused"), std::string::npos);
  settings.mqtt.uri.push_back(talk.broker.uri());
  const Result<MqttPurged> purged = purge_mqtt(settings);
  ASSERT_TRUE(purged.ok()) << purged.error();
  EXPECT_GE(purged->topics, 8U);
  EXPECT_FALSE(purged->node_was_online);
}

TEST_F(MqttFaults, AnotherClientWithTheSameIdIsSuspected) {
  Broker broker;
  broker.start();
  testing::internal::CaptureStderr();
  Node node(settings_for(broker));
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "mode auto"));
  Program thief(broker.client("mosquitto_sub", {"-V", "5", "-i", "voip-qosd-router", "-t", "none"}));
  ASSERT_TRUE(node.run_until([&] { return observer.count("status online") >= 2; }));  // thrown out, and back
  thief.end(SIGKILL);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("does another client use the id voip-qosd-router?"), std::string::npos) << log;
}

}  // namespace
}  // namespace voip::test
