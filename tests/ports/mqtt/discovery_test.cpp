// Home Assistant's side of the wire, played by mosquitto's clients.
#include "ports/mqtt/fixture.h"
#include "ports/mqtt/mqtt.h"
#include "source_dir.h"

namespace voip::test {
namespace {

const std::string node_topic = "homeassistant/device/voip_qosd_router/the-node/config";
const std::string phone_topic = "homeassistant/device/voip_qosd_router/kitchen_phone/config";
const std::string removal = "/config \n";  // an empty payload

class HomeAssistantDiscovery : public testing::Test {
 protected:
  void SetUp() override {
    if (!Broker::is_installed()) {
      GTEST_SKIP() << "mosquitto and mosquitto-clients are not installed";
    }
    broker.start();
  }

  [[nodiscard]] Settings settings() const {
    Settings settings;
    settings.mqtt.uri = {broker.uri()};
    DeviceSettings phone;
    phone.name = "Kitchen phone";
    settings.devices = {phone};
    return settings;
  }
  static bool saw(Node& node, Observer& observer, const std::string& part, Duration limit = 10s) {
    return node.run_until([&] { return observer.saw(part); }, limit);
  }

  Broker broker;
};

// Of an entity whose topic stays Home Assistant reads nothing again.
TEST_F(HomeAssistantDiscovery, IsRetainedAndFollowedByTheStateOnceMore) {
  Node node(settings());
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, phone_topic));
  for (const char* topic : {"router/state {", "router/usage {", "router/mode auto", "kitchen_phone/usage {"}) {
    EXPECT_TRUE(node.run_until([&] {
      return observer.text().find(topic, observer.text().find(phone_topic)) != std::string::npos;
    })) << topic
        << '\n'
        << observer.text();
  }
  Observer later(broker);
  ASSERT_TRUE(saw(node, later, "1 " + phone_topic));
  EXPECT_TRUE(saw(node, later, "1 " + node_topic));
  EXPECT_EQ(observer.count(node_topic), 1U);
}

TEST_F(HomeAssistantDiscovery, IsSentAgainWhenHomeAssistantStarts) {
  Node node(settings());
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, phone_topic));
  const auto before = Steady::now();
  broker.publish("homeassistant/status", "online");
  ASSERT_TRUE(node.run_until([&] { return observer.count(phone_topic) == 2; }, 4s));
  EXPECT_GT(Steady::now() - before, std::chrono::milliseconds(900));
  EXPECT_TRUE(node.run_until([&] { return observer.count("status online") >= 3; }, 1s))
      << observer.text();  // with Home Assistant's
  broker.publish("homeassistant/status", "offline");
  node.run_for(3500ms);
  EXPECT_EQ(observer.count(phone_topic), 2U);
}

TEST_F(HomeAssistantDiscovery, MovesToTheOtherStyleAndBack) {
  {
    Node node(settings());
    ASSERT_TRUE(node.open().ok());
    Observer observer(broker);
    ASSERT_TRUE(saw(node, observer, phone_topic));
    node.close();
  }
  Settings entity_style = settings();
  entity_style.home_assistant.device_style = false;
  {
    Node node(entity_style);
    ASSERT_TRUE(node.open().ok());
    Observer observer(broker);
    ASSERT_TRUE(saw(node, observer, "0 " + node_topic + R"( {"migrate_discovery":true})"));
    ASSERT_TRUE(saw(node, observer, "homeassistant/switch/voip_qosd_router/the-node-qos/config {"));
    ASSERT_TRUE(node.run_until([&] { return observer.count(removal) == 2; }));
    Observer later(broker);
    ASSERT_TRUE(saw(node, later, "homeassistant/switch/voip_qosd_router/the-node-qos/config {"));
    node.run_for(100ms);
    EXPECT_FALSE(later.saw("homeassistant/device/"));
    EXPECT_EQ(later.count("homeassistant/"), 35U);
    node.close();
  }
  Node node(settings());
  ASSERT_TRUE(node.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(node.run_until([&] { return observer.count(removal) == 35; })) << observer.text();
  Observer later(broker);
  ASSERT_TRUE(saw(node, later, phone_topic));
  node.run_for(100ms);
  EXPECT_EQ(later.count("homeassistant/"), 2U) << later.text();
}

TEST_F(HomeAssistantDiscovery, TakesBackADeviceThatIsGone) {
  {
    Node node(settings());
    ASSERT_TRUE(node.open().ok());
    Observer observer(broker);
    ASSERT_TRUE(saw(node, observer, phone_topic));
    node.close();
  }
  Settings without = settings();
  without.devices.clear();
  Node node(without);
  ASSERT_TRUE(node.open().ok());
  node.run_for(800ms);
  Observer later(broker);
  ASSERT_TRUE(saw(node, later, node_topic));
  node.run_for(100ms);
  EXPECT_FALSE(later.saw(phone_topic));
}

TEST_F(HomeAssistantDiscovery, APurgeLeavesNothingBehindAndOthersAlone) {
  {
    Node node(settings());
    ASSERT_TRUE(node.open().ok());
    Observer observer(broker);
    ASSERT_TRUE(saw(node, observer, phone_topic));
    node.close();
  }
  broker.publish("voip-qos/router2/status", "online", {"-r"});
  broker.publish("voip-qos/router/qos/set", "ON", {"-r"});
  const Result<MqttPurged> purged = purge_mqtt(settings());
  ASSERT_TRUE(purged.ok()) << purged.error();
  EXPECT_EQ(purged->topics, 15U);  // twelve of the node, the stray command, two of discovery
  EXPECT_FALSE(purged->node_was_online);
  Observer later(broker);
  Node clock{Settings{}};
  ASSERT_TRUE(saw(clock, later, "voip-qos/router2/status online"));
  clock.run_for(200ms);
  EXPECT_EQ(later.text(), "1 voip-qos/router2/status online\n");
  broker.stop();
  EXPECT_NE(purge_mqtt(settings()).error().find("connection refused"), std::string::npos);
}

TEST_F(HomeAssistantDiscovery, TheShippedAccessListIsEnough) {
  ASSERT_EQ(run({"sh", "-c",
                 "cd " + broker.directory().string() + " && mosquitto_passwd -c -b passwords qosd secret && " +
                     "mosquitto_passwd -b passwords homeassistant secret && mosquitto_passwd -b passwords phone secret"}),
            0);
  Broker guarded("allow_anonymous false\npassword_file " + (broker.directory() / "passwords").string() + "\nacl_file " +
                 VOIP_SOURCE_DIR "/integrations/mosquitto/voip-qosd.acl\n");
  guarded.start();
  const auto password = broker.directory() / "password";
  std::ofstream(password) << "secret\n";
  std::filesystem::permissions(password, std::filesystem::perms(0600));
  Settings guarded_settings = settings();
  guarded_settings.mqtt.uri = {guarded.uri()};
  guarded_settings.mqtt.username = "qosd";
  guarded_settings.mqtt.password_file = password.string();
  Node node(guarded_settings);
  ASSERT_TRUE(node.open().ok());
  Observer observer(guarded, {"-u", "homeassistant", "-P", "secret"});
  ASSERT_TRUE(saw(node, observer, phone_topic));
  guarded.publish("voip-qos/router/qos/set", "ON", {"-u", "phone", "-P", "secret"});
  EXPECT_TRUE(saw(node, observer, "router/qos ON"));
  guarded.publish("voip-qos/router/request/status", "{}", {"-u", "phone", "-P", "secret"});
  EXPECT_TRUE(saw(node, observer, "response/status {"));
  guarded.publish("homeassistant/status", "online", {"-u", "homeassistant", "-P", "secret"});
  EXPECT_TRUE(node.run_until([&] { return observer.count(phone_topic) == 2; }, 5s));
}

TEST_F(HomeAssistantDiscovery, ManyEntitiesArriveAllAtOnce) {
  Settings many = settings();
  many.home_assistant.device_style = false;
  for (int i = 0; i < 40; ++i) {
    DeviceSettings device;
    device.name = "Phone " + std::to_string(i);
    many.devices.push_back(device);
  }
  Node node(many);
  ASSERT_TRUE(node.open().ok());
  node.run_for(2s);
  Observer later(broker);
  EXPECT_TRUE(node.run_until([&] { return later.count("homeassistant/") == 30U + 41U * 5U; }, 5s))
      << later.count("homeassistant/");
}

}  // namespace
}  // namespace voip::test
