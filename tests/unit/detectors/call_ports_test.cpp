#include "detectors/call_ports.h"

#include <gtest/gtest.h>

namespace voip::detectors {
namespace {

FlowKey flow(std::uint16_t client_port, std::uint16_t server_port) {
  return {{*IpAddress::parse("192.168.1.30"), client_port}, {*IpAddress::parse("203.0.113.9"), server_port}, protocol_udp};
}

// As the kernel's filter reads them.
bool can_matter(const std::vector<PortRule>& rules, std::uint16_t a, std::uint16_t b) {
  for (const PortRule& rule : rules) {
    if ((a >= rule.first && a <= rule.last) || (b >= rule.first && b <= rule.last)) {
      return rule.can_matter;
    }
  }
  return true;
}

TEST(CallPorts, TheRulesSayOfEveryPairOfPortsWhatTheHintSays) {
  CallsSettings settings;
  settings.voip_ports = {5060, 51820, 40'000};
  settings.never_ports = {3478, 40'000, 51821};
  for (const CallsSettings& tried : {CallsSettings{}, settings}) {
    const auto rules = port_rules(tried);
    for (const int other : {1, 53, 443, 3478, 4500, 5060, 40'000, 45'678, 51'820}) {
      for (int port = 1; port <= 65'535; ++port) {
        const auto a = static_cast<std::uint16_t>(port);
        const auto b = static_cast<std::uint16_t>(other);
        ASSERT_EQ(can_matter(rules, a, b), port_hint(flow(a, b), tried) != PortHint::excluded) << port << " and " << other;
      }
    }
  }
}

TEST(CallPorts, WifiCallingIsAPhonesAlone) {
  const FlowKey key = flow(40'000, 4500);
  EXPECT_EQ(port_hint(key, {}), PortHint::excluded);
  EXPECT_EQ(port_hint(key, {}, Role::phone), PortHint::none);
  EXPECT_FALSE(can_matter(port_rules({}), 40'000, 4500));
  EXPECT_TRUE(can_matter(port_rules({}, true), 40'000, 4500));
  EXPECT_FALSE(can_matter(port_rules({}, true), 40'000, 1194));
  CallsSettings never;
  never.never_ports = {4500};
  EXPECT_EQ(port_hint(key, never, Role::phone), PortHint::excluded);
  EXPECT_FALSE(can_matter(port_rules(never, true), 40'000, 4500));
}

}  // namespace
}  // namespace voip::detectors
