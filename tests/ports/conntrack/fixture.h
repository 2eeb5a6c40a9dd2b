// A home whose router has the port under test: real packets through a real NAT router, in namespaces.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "ports/conntrack/conntrack.h"
#include "ports/conntrack/small_home.h"
#include "ports/watched_port.h"

namespace voip::test {

inline constexpr std::size_t header_v4 = 28;  // IP and UDP
inline constexpr std::size_t header_v6 = 48;
inline constexpr std::size_t rtp = 172;

inline Result<Lan> the_lan() {
  return Lan({*IpPrefix::parse("192.168.77.0/24"), *IpPrefix::parse("fd77:1::/64")});
}

class ConntrackTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = home.start(); !why.empty()) {
      GTEST_SKIP() << why;
    }
    // The port lives on the router.
    inside_ = std::make_unique<Inside>(home.router);
  }

  void open(const Settings& settings = {}, const ConntrackLimits& limits = {}) {
    port = std::make_unique<WatchedPort>(make_conntrack(settings, {}, the_lan, limits));
    ASSERT_TRUE(port->opened) << port->opened.error();
  }

  bool has_born(const FlowKey& key, std::size_t times = 1) {
    return port->wait_until([&] {
      return static_cast<std::size_t>(std::count_if(port->born.begin(), port->born.end(),
                                                    [&](const FlowBorn& flow) { return flow.key == key; })) >= times;
    });
  }

  // One reading, waited for.
  std::vector<FlowSample> read(const std::vector<FlowKey>& keys) {
    const std::size_t before = port->readings.size();
    port->perform(ReadCounters{keys});
    EXPECT_TRUE(port->wait_until([&] { return port->readings.size() > before; }));
    return port->readings.back();
  }

  // A flow that the phone opens; both sides send.
  FlowKey talk(const std::string& client, const std::string& to, std::uint16_t port_number, int up, int down) {
    const UdpSocket phone(home.phone, at(client, port_number));
    const UdpSocket server(home.server, at(to, port_number));
    phone.send(at(to, port_number), up, rtp);
    if (down > 0) {
      server.answer(up, down, 100);
    }
    return {at(client, port_number), at(to, port_number), protocol_udp};
  }

  // A flow that the server opens through the port forwarding to the phone: ten packets of `rtp` bytes in, four of 100 out.
  FlowKey talk_from_outside() {
    const UdpSocket phone(home.phone, at(SmallHome::phone_v4, SmallHome::forwarded_port));
    const UdpSocket server(home.server, at(SmallHome::server_v4, 10012));
    server.send(at(SmallHome::router_v4, SmallHome::forwarded_port), 10, rtp);
    phone.answer(10, 4, 100);
    return {at(SmallHome::phone_v4, SmallHome::forwarded_port), at(SmallHome::server_v4, 10012), protocol_udp};
  }

  SmallHome home;
  std::unique_ptr<WatchedPort> port;

 private:
  std::unique_ptr<Inside> inside_;
};

inline Counters packets(std::uint64_t count, std::size_t bytes) {
  return {count, count * bytes};
}

}  // namespace voip::test
