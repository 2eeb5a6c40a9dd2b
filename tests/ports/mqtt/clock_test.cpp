// A clock that is set while the node is on the broker: what is retained there is right afterwards.
#include "ports/mqtt/fixture.h"

namespace voip::test {
namespace {

class MqttClock : public MqttTest {};

TEST_F(MqttClock, RetainedMomentsAreToldAnewWhenTheClockIsSet) {
  Broker broker("allow_anonymous true\n");
  broker.start();
  std::chrono::seconds behind = std::chrono::hours(24 * 365 * 56);  // a router without a battery, before NTP answers
  Node node(settings_for(broker), [&behind] { return std::chrono::system_clock::now() - behind; });
  ASSERT_TRUE(node.open().ok());
  node.report().calls = 1;
  node.report().call_started = node.loop().now();
  node.report().override_until = node.loop().now() + 1h;
  node.perform(ReportChanged{node.report()});
  LineState line;
  line.up.learnt = node.loop().now();
  node.perform(LineChanged{line});
  Observer observer(broker);
  ASSERT_TRUE(saw(node, observer, "\"call_started\":\"19"));
  ASSERT_TRUE(saw(node, observer, "\"started\":\"19"));
  ASSERT_TRUE(saw(node, observer, "\"override_until\":\"19"));
  ASSERT_TRUE(saw(node, observer, "\"learnt\":\"19"));
  behind = {};
  EXPECT_TRUE(saw(node, observer, "\"call_started\":\"20"));
  EXPECT_TRUE(saw(node, observer, "\"started\":\"20"));
  EXPECT_TRUE(saw(node, observer, "\"override_until\":\"20"));
  EXPECT_TRUE(saw(node, observer, "\"learnt\":\"20"));
}

}  // namespace
}  // namespace voip::test
