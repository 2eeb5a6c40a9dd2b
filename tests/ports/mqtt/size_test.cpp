// Messages that are too large for a router: for MQTT 5 the broker keeps them to itself, for 3.1.1 the connection ends before
// there is any memory for it, whatever carries it.
#include <fstream>
#include <string>

#include "ports/mqtt/fixture.h"

namespace voip::test {
namespace {

class MqttSize : public MqttTest {
 protected:
  // In MiB, of this program; the node's library is in it.
  static std::size_t memory(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(field + ":")) {
        return std::stoul(line.substr(field.size() + 1)) / 1024;
      }
    }
    return 0;
  }

  static void publish_large(const Broker& broker, std::size_t bytes) {
    const auto file = broker.directory() / "big";
    std::ofstream{file};
    std::filesystem::resize_file(file, bytes);  // none of it is in our memory, which is measured
    EXPECT_EQ(run(broker.client("mosquitto_pub", {"-q", "1", "-t", "voip-qos/router/mode/set", "-f", file.string()})), 0);
  }
};

TEST_F(MqttSize, FiveIsSpared) {
  Talk talk(settings_for);
  publish_large(talk.broker, 1'000'000);
  talk.broker.publish("voip-qos/router/qos/set", "ON");  // comes after it
  EXPECT_TRUE(talk.saw("router/qos ON"));
  EXPECT_FALSE(talk.observer->saw("longer than 1024 bytes"));
  EXPECT_EQ(talk.observer->count("status online"), 1U);  // still the same connection
  expect_undisturbed(talk.node);
}

TEST_F(MqttSize, ThreeLosesTheConnectionBeforeThereIsMemoryForIt) {
  for (const char* scheme : {"mqtt", "ws"}) {
    Broker broker;
    const std::uint16_t port = broker.add_listener("protocol websockets\n");
    broker.start();
    Settings settings = settings_for(broker);
    settings.mqtt.version = 3;
    if (scheme == std::string("ws")) {
      settings.mqtt.uri = {"ws://127.0.0.1:" + std::to_string(port)};
    }
    testing::internal::CaptureStderr();
    Node node(settings);
    ASSERT_TRUE(node.open().ok());
    Observer observer(broker, {"-T", "+/+/+/set"});
    ASSERT_TRUE(saw(node, observer, "mode auto"));
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak is measured from here
    [[maybe_unused]] const std::size_t before = memory("VmRSS");
    publish_large(broker, 100'000'000);
    EXPECT_TRUE(node.run_until([&] { return observer.count("status online") >= 2; }, 60s));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which keep memory for a while
    EXPECT_LT(memory("VmHWM"), before + 8) << scheme;
#endif
    broker.publish("voip-qos/router/qos/set", "ON");
    EXPECT_TRUE(saw(node, observer, "router/qos ON"));
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find(" of 1000000"), std::string::npos) << log;
    EXPECT_NE(log.find(" bytes came"), std::string::npos) << log;
  }
}

}  // namespace
}  // namespace voip::test
