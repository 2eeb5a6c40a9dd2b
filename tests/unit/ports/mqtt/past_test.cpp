// The name under which the node was announced, as it is kept.
#include "ports/mqtt/past.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

TEST(MqttName, ComesBackAsItWasWritten) {
  Settings settings;
  for (const char* base : {"voip-qos", "home/voip qos", "node x"}) {
    for (const bool discovery : {true, false}) {
      settings.mqtt.base_topic = base;
      settings.home_assistant.discovery = discovery;
      const MqttName name = mqtt_name(settings);
      EXPECT_EQ(parse_mqtt_name(to_text(name)), name) << to_text(name);
    }
  }
}

TEST(MqttName, IsNotMadeOfRubbish) {
  for (const char* text : {"", "x", "\n\n", "node router\n", "base_topic a\nnode \nprefix b\n", "{}", "base_topic +\nnode a\n",
                           "base_topic a\nnode #\n", "base_topic voip\x01qos\nnode a\n", "base_topic a\nnode \xff\n"}) {
    EXPECT_FALSE(parse_mqtt_name(text)) << text;
  }
}

}  // namespace
}  // namespace voip
