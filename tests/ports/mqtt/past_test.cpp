// What the node leaves behind where it gets another name, and who else has its name.
#include "ports/mqtt/fixture.h"
#include "ports/mqtt/mqtt.h"

namespace voip::test {
namespace {

class MqttPastTest : public MqttTest {
 protected:
  void SetUp() override {
    MqttTest::SetUp();
    if (!IsSkipped()) {
      broker.start();
    }
  }

  [[nodiscard]] Settings settings(const std::string& id) const {
    Settings settings = settings_for(broker);
    settings.home_assistant.discovery = true;
    settings.node.id = id;
    settings.node.state_dir = directory.path();
    return settings;
  }
  // What is kept, as somebody sees it who comes now.
  std::string kept(Node& node) {
    node.run_for(200ms);
    Observer observer(broker, {"--retained-only", "-W", "2"});
    node.run_for(2500ms);
    return observer.text();
  }
  // Until it has been announced, and its name is in the file.
  void let_it_be_announced(const Settings& settings) {
    Node node(settings);
    ASSERT_TRUE(node.open().ok());
    ASSERT_TRUE(node.run_until([&] { return file() == expected_file(settings); }, 30s)) << file();
    const std::string all = kept(node);
    EXPECT_NE(all.find(settings.mqtt.base_topic + "/" + settings.node.id + "/state"), std::string::npos) << all;
    EXPECT_NE(all.find("voip_qosd_" + settings.node.id + "/the-node/config"), std::string::npos) << all;
    node.close();
  }
  [[nodiscard]] std::string file() const {
    std::ifstream in(directory.path() + "/announced");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::string expected_file(const Settings& settings) {
    return "base_topic " + settings.mqtt.base_topic + "\nnode " + settings.node.id + "\nprefix " +
           settings.home_assistant.prefix + "\n";
  }

  Broker broker;
  OwnDirectory directory;
};

TEST_F(MqttPastTest, AnotherNodeIdTakesTheOldDeviceAway) {
  let_it_be_announced(settings("router"));
  broker.publish("voip-qos/neighbour/status", "offline", {"-r"});
  broker.publish("homeassistant/device/voip_qosd_neighbour/the-node/config", "{}", {"-r"});
  Node node(settings("attic"));
  ASSERT_TRUE(node.open().ok());
  ASSERT_TRUE(node.run_until([&] { return file() == expected_file(settings("attic")); }, 30s)) << file();
  const std::string all = kept(node);
  for (const char* goes : {"voip-qos/router", "voip_qosd_router"}) {
    EXPECT_EQ(all.find(goes), std::string::npos) << all;
  }
  for (const char* stays :
       {"voip-qos/attic/state", "voip_qosd_attic/the-node/config", "voip-qos/attic/device/kitchen_phone/state",
        "voip-qos/neighbour/status", "voip_qosd_neighbour/the-node/config"}) {
    EXPECT_NE(all.find(stays), std::string::npos) << stays << "\n" << all;
  }
}

// A topic can have 64 KiB, and there can be many.
TEST_F(MqttPastTest, TopicsLongerThanAnyOfOursAreNotLookedAt) {
  const std::string long_one = "voip-qos/router/device/" + std::string(2'000, 'y') + "/state";
  broker.publish(long_one, "1", {"-r"});
  broker.publish("voip-qos/router/device/gone/state", "1", {"-r"});
  Node node(settings("router"));
  ASSERT_TRUE(node.open().ok());
  node.run_for(2s);
  const std::string all = kept(node);
  EXPECT_EQ(all.find("device/gone/state"), std::string::npos) << all;
  EXPECT_NE(all.find(long_one), std::string::npos) << all;
}

TEST_F(MqttPastTest, AnotherPrefixAndAnotherBaseTakeWithThemWhatWasThere) {
  let_it_be_announced(settings("router"));
  Settings moved = settings("router");
  moved.mqtt.base_topic = "home/voip";
  moved.home_assistant.prefix = "ha";
  Node node(moved);
  ASSERT_TRUE(node.open().ok());
  ASSERT_TRUE(node.run_until([&] { return file() == expected_file(moved); }, 30s)) << file();
  const std::string all = kept(node);
  EXPECT_EQ(all.find("voip-qos/router"), std::string::npos) << all;
  EXPECT_EQ(all.find("homeassistant/"), std::string::npos) << all;
  EXPECT_NE(all.find("home/voip/router/state"), std::string::npos) << all;
  EXPECT_NE(all.find("ha/device/voip_qosd_router/the-node/config"), std::string::npos) << all;
}

TEST_F(MqttPastTest, AnOldNameThatAnotherNodeBearsNowIsLeftToIt) {
  let_it_be_announced(settings("router"));
  Settings others = settings("router");
  OwnDirectory another_machine;
  others.node.state_dir = another_machine.path();
  Node other(others, std::chrono::system_clock::now, "87654321");
  ASSERT_TRUE(other.open().ok());
  Observer observer(broker);
  ASSERT_TRUE(saw(other, observer, "router/status online"));
  testing::internal::CaptureStderr();
  Node node(settings("attic"));
  ASSERT_TRUE(node.open().ok());
  ASSERT_TRUE(node.run_until([&] { return file() == expected_file(settings("attic")); }, 60s)) << file();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("another node is online there"), std::string::npos);
  const std::string all = kept(node);
  EXPECT_NE(all.find("voip-qos/router/state"), std::string::npos) << all;
  EXPECT_NE(all.find("voip_qosd_router/the-node/config"), std::string::npos) << all;
}

TEST_F(MqttPastTest, TheStateOfADeviceThatIsNoMoreGoes) {
  let_it_be_announced(settings("router"));
  Settings fewer = settings("router");
  fewer.devices.front().name = "Office phone";
  Node node(fewer);
  ASSERT_TRUE(node.open().ok());
  node.run_for(2s);
  std::string all = kept(node);
  EXPECT_EQ(all.find("kitchen_phone"), std::string::npos) << all;
  EXPECT_NE(all.find("device/office_phone/state"), std::string::npos) << all;
}

TEST_F(MqttPastTest, TwoRoutersOfOneNameAreToldOnBoth) {
  std::vector<std::unique_ptr<OwnDirectory>> directories;
  std::vector<std::unique_ptr<Node>> nodes;
  testing::internal::CaptureStderr();
  for (const char* machine : {"aaaaaaaa", "bbbbbbbb"}) {
    Settings its = settings("router");
    its.node.state_dir = directories.emplace_back(std::make_unique<OwnDirectory>())->path();
    its.mqtt.client_id = machine;
    ASSERT_TRUE(nodes.emplace_back(std::make_unique<Node>(its, std::chrono::system_clock::now, machine))->open().ok());
  }
  Observer observer(broker);
  const std::string told = "\"error\":\"another router has the node id router too";
  const auto both_run = [&](const std::function<bool()>& done) {
    const auto end = Steady::now() + std::chrono::seconds(20);
    while (!done() && Steady::now() < end) {
      nodes[0]->run_for(20ms);
      nodes[1]->run_for(20ms);
    }
    return done();
  };
  EXPECT_TRUE(both_run([&] { return observer.count(told) >= 2; })) << observer.text();
  const std::string log = testing::internal::GetCapturedStderr();
  const std::string line = "[warning] mqtt: another router has the node id router too";
  const std::size_t first = log.find(line);
  ASSERT_NE(first, std::string::npos) << log;
  const std::size_t second = log.find(line, first + 1);
  ASSERT_NE(second, std::string::npos) << "on both\n" << log;
  EXPECT_EQ(log.find(line, second + 1), std::string::npos) << "once\n" << log;
}

TEST_F(MqttPastTest, ANodeIsNeverItsOwnTwin) {
  testing::internal::CaptureStderr();
  for (const std::uint32_t version : {5U, 3U, 5U}) {
    Settings its = settings("router");
    its.mqtt.version = version;
    Node node(its);
    ASSERT_TRUE(node.open().ok());
    Observer observer(broker);
    ASSERT_TRUE(saw(node, observer, "router/state"));
    broker.publish("voip-qos/router/request/status", "{}");  // all is said again
    ASSERT_TRUE(node.run_until([&] { return observer.count("router/info {") >= 2; }, 20s)) << observer.text();
    node.run_for(300ms);
    // Without good-bye, as after a loss of power: the next one finds what this one has left, and its will.
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(log.find("another router"), std::string::npos) << log;
}

}  // namespace
}  // namespace voip::test
