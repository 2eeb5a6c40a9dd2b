// What MQTT 5 spares a household: unavailable entities for a second, orders that are obeyed again. And the list of calls.
#include <netinet/in.h>
#include <sys/socket.h>

#include "ports/mqtt/fixture.h"

namespace voip::test {
namespace {

class MqttHousehold : public MqttTest {};

// With MQTT 3.1.1 nobody can tell it from one that is not retained.
TEST_F(MqttHousehold, IgnoresCommandsThatArePublishedAsRetainedWhileItListens) {
  Talk talk(settings_for);
  talk.broker.publish("voip-qos/router/qos/set", "ON", {"-r"});
  ASSERT_TRUE(talk.node.run_until([&] {
    talk.broker.publish("voip-qos/router/request/status", "");
    return talk.observer->saw("response/status");
  }));
  EXPECT_TRUE(talk.node.orders.empty());
  talk.broker.publish("voip-qos/router/qos/set", "ON");
  EXPECT_TRUE(talk.node.run_until([&] { return talk.node.orders.size() == 1; }));
}

TEST_F(MqttHousehold, SaysTheLastCallForThoseWhoComeLater) {
  Talk talk(settings_for);
  Call call;
  call.device = "Kitchen phone";
  call.first_flow.server = {*IpAddress::parse("203.0.113.9"), 5004};
  call.started = talk.node.loop().now();
  call.ended = call.started + 65s;
  talk.node.perform(CallEnded{call});
  ASSERT_TRUE(talk.saw("last_call {"));
  Observer later(talk.broker);
  EXPECT_TRUE(
      saw(talk.node, later, R"(1 voip-qos/router/last_call {"device":"Kitchen phone","remote":"203.0.113.9","duration_s":65)"));
}

// As if the network had broken them off: there is no good-bye. How many there were.
int cut_connections_to(std::uint16_t port) {
  int found = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    auto* raw = reinterpret_cast<sockaddr*>(&peer);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    if (getpeername(fd, raw, &length) == 0 && peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) {
      found += shutdown(fd, SHUT_RDWR) == 0 ? 1 : 0;
    }
  }
  return found;
}

// A link that is lost for a moment makes nothing unavailable for others.
TEST_F(MqttHousehold, ALinkThatComesBackSoonIsNotToldAsOffline) {
  for (const std::uint32_t version : {5U, 3U}) {
    Broker broker;
    broker.start();
    Settings settings = settings_for(broker);
    settings.mqtt.version = version;
    Node node(settings);
    ASSERT_TRUE(node.open().ok());
    Observer observer(broker);
    ASSERT_TRUE(saw(node, observer, "mode auto"));
    const std::size_t before = observer.count("status online");
    ASSERT_EQ(cut_connections_to(broker.port()), 1);
    ASSERT_TRUE(node.run_until([&] { return observer.count("status online") > before; }));
    EXPECT_EQ(observer.count("status offline"), version == 5 ? 0U : 1U) << observer.text();
  }
}

}  // namespace
}  // namespace voip::test
