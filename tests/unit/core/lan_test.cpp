#include "core/lan.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace voip {
namespace {

Endpoint at(std::string_view address, std::uint16_t port) {
  return {*IpAddress::parse(address), port};
}

IpPrefix prefix(std::string_view text) {
  return *IpPrefix::parse(text);
}

Lan home() {
  return Lan({prefix("192.168.1.0/24"), prefix("fd09:1::/64"), prefix("2001:db8:1::/64")},
             {*IpAddress::parse("192.0.2.2"), *IpAddress::parse("192.168.1.1"), *IpAddress::parse("2001:db8:1::1")});
}

TEST(Lan, OpenedInsideBehindNatIsTheOriginalTuple) {
  const auto key = home().orient(at("192.168.1.5", 40000), at("203.0.113.9", 3478), at("203.0.113.9", 3478),
                                 at("192.0.2.2", 61000), protocol_udp);
  ASSERT_TRUE(key);
  EXPECT_EQ(to_string(*key), "udp 192.168.1.5:40000 - 203.0.113.9:3478");
}

TEST(Lan, OpenedOutsideThroughPortForwardingIsTheReplyTuple) {
  // The phone stands in the reply tuple alone, as with a SIP helper.
  const auto key = home().orient(at("198.51.100.10", 10012), at("192.0.2.2", 10004), at("192.168.1.10", 10004),
                                 at("198.51.100.10", 10012), protocol_udp);
  ASSERT_TRUE(key);
  EXPECT_EQ(to_string(*key), "udp 192.168.1.10:10004 - 198.51.100.10:10012");
}

TEST(Lan, Ipv6WithoutNatIsSeenFromEitherSide) {
  const auto phone = at("2001:db8:1::5", 40000);
  const auto server = at("2001:db8:9::9", 3478);
  const auto inside = home().orient(phone, server, server, phone, protocol_udp);
  const auto outside = home().orient(server, phone, phone, server, protocol_udp);
  ASSERT_TRUE(inside);
  EXPECT_EQ(inside->client, phone);
  EXPECT_EQ(inside->server, server);
  EXPECT_EQ(inside, outside);
}

TEST(Lan, KeepsTheProtocol) {
  const auto key = home().orient(at("192.168.1.5", 40000), at("203.0.113.9", 443), at("203.0.113.9", 443), at("192.0.2.2", 40000),
                                 protocol_tcp);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->protocol, protocol_tcp);
}

TEST(Lan, TheRoutersOwnCallsAreItsWhereItHasSuch) {
  const Lan lan({prefix("192.168.1.0/24")},
                {*IpAddress::parse("192.0.2.2"), *IpAddress::parse("192.168.1.1"), *IpAddress::parse("127.0.0.1")}, true);
  const auto wan = at("192.0.2.2", 10000);
  const auto trunk = at("203.0.113.9", 10000);
  const auto phone = at("192.168.1.5", 40000);
  const auto inner = at("192.168.1.1", 10002);
  for (const auto& key : {lan.orient(wan, trunk, trunk, wan, protocol_udp), lan.orient(trunk, wan, wan, trunk, protocol_udp)}) {
    ASSERT_TRUE(key);
    EXPECT_EQ(key->client, wan);
  }
  EXPECT_FALSE(lan.orient(phone, inner, inner, phone, protocol_udp)) << "that one does not pass the line";
  EXPECT_FALSE(lan.orient(phone, wan, wan, phone, protocol_udp));
  EXPECT_EQ(lan.client_prefixes(), (std::vector<IpPrefix>{prefix("192.168.1.0/24"), prefix("192.0.2.2")}));
  EXPECT_EQ(home().client_prefixes(), home().prefixes());
}

TEST(Lan, APrefixThatIsTheRouterAloneIsKnown) {
  const Lan lan({prefix("192.168.1.1"), prefix("192.168.1.5"), prefix("10.0.0.0/8")}, {*IpAddress::parse("192.168.1.1")});
  EXPECT_EQ(lan.own_prefixes(), std::vector<IpPrefix>{prefix("192.168.1.1")});
}

TEST(Lan, LanToLanIsNotItsFlow) {
  const auto a = at("192.168.1.5", 5060);
  const auto b = at("192.168.1.6", 5060);
  EXPECT_FALSE(home().orient(a, b, b, a, protocol_udp));
}

TEST(Lan, HairpinNatIsLanToLan) {
  EXPECT_FALSE(home().orient(at("192.168.1.5", 5060), at("192.0.2.2", 5060), at("192.168.1.6", 5060), at("192.168.1.1", 61000),
                             protocol_udp));
}

TEST(Lan, RedirectedToAServerOfTheLanIsLanToLan) {
  EXPECT_FALSE(
      home().orient(at("192.168.1.5", 40000), at("8.8.8.8", 53), at("192.168.1.2", 53), at("192.168.1.5", 40000), protocol_udp));
}

TEST(Lan, StrangersAreNotItsFlow) {
  const auto a = at("198.51.100.10", 1000);
  const auto b = at("203.0.113.9", 2000);
  EXPECT_FALSE(home().orient(a, b, b, a, protocol_udp));
}

TEST(Lan, TheRoutersOwnTrafficIsNotItsFlow) {
  const auto wan = at("192.0.2.2", 123);
  const auto clock = at("203.0.113.9", 123);
  EXPECT_FALSE(home().orient(wan, clock, clock, wan, protocol_udp));
  EXPECT_FALSE(home().orient(clock, wan, wan, clock, protocol_udp));
  const auto lan_side = at("192.168.1.1", 53);
  EXPECT_FALSE(home().orient(lan_side, clock, clock, wan, protocol_udp));
  const auto phone = at("192.168.1.5", 40000);
  EXPECT_FALSE(home().orient(phone, wan, wan, phone, protocol_udp));
}

TEST(Lan, MulticastAndBroadcastAreNoFlowBetweenTwo) {
  for (const auto* destination : {"239.255.255.250", "224.0.0.251", "255.255.255.255", "192.168.1.255"}) {
    const auto phone = at("192.168.1.5", 40000);
    const auto group = at(destination, 1900);
    EXPECT_FALSE(home().orient(phone, group, group, phone, protocol_udp)) << destination;
  }
  const auto phone6 = at("2001:db8:1::5", 40000);
  const auto group6 = at("ff02::fb", 5353);
  EXPECT_FALSE(home().orient(phone6, group6, group6, phone6, protocol_udp));
}

TEST(Lan, LoopbackAndUnspecifiedAreNoFlow) {
  const Lan everything_private({prefix("127.0.0.0/8"), prefix("0.0.0.0/8"), prefix("192.168.1.0/24")});
  const auto server = at("203.0.113.9", 67);
  for (const auto* source : {"127.0.0.1", "0.0.0.0"}) {
    const auto here = at(source, 68);
    EXPECT_FALSE(everything_private.orient(here, server, server, here, protocol_udp)) << source;
  }
}

TEST(Lan, WithoutPrefixesHasNoFlows) {
  EXPECT_FALSE(Lan().orient(at("192.168.1.5", 40000), at("203.0.113.9", 3478), at("203.0.113.9", 3478), at("192.0.2.2", 61000),
                            protocol_udp));
}

}  // namespace
}  // namespace voip
