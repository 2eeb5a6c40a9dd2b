// The filter runs in the kernel here too: on a socket pair, which takes any message, so that no privilege is needed.
#include "ports/conntrack/filter.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "base/unique_fd.h"
#include "conntrack_message_writer.h"
#include "core/model.h"

namespace voip {
namespace {

using test::Message;

Message entry(std::string_view a, std::string_view b, std::string_view reply_a, std::string_view reply_b,
              std::uint8_t protocol = protocol_udp, std::uint16_t port_a = 1000, std::uint16_t port_b = 2000) {
  const std::uint8_t family = IpAddress::parse(a)->is_v6() ? AF_INET6 : AF_INET;
  return test::make_message(test::new_entry, family, 0, [&](Message& message) {
    test::put_tuple(message, 1, a, port_a, b, port_b, protocol);
    test::put_tuple(message, 2, reply_a, port_b, reply_b, port_a, protocol);
  });
}

class ConntrackFilter : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> pair{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair.data()), 0);
    in_.reset(pair[0]);
    out_.reset(pair[1]);
  }
  void attach(const std::vector<std::string>& prefixes, bool with_tcp = false, const std::vector<PortRule>& ports = {}) {
    std::vector<IpPrefix> parsed;
    parsed.reserve(prefixes.size());
    for (const auto& prefix : prefixes) {
      parsed.push_back(*IpPrefix::parse(prefix));
    }
    const Status attached = attach_flow_filter(out_.get(), {parsed, with_tcp, ports});
    ASSERT_TRUE(attached) << attached.error();
  }
  bool passes(const Message& message) {
    std::array<std::uint8_t, 1024> buffer{};
    send(in_.get(), message.data(), message.size(), 0);
    return recv(out_.get(), buffer.data(), buffer.size(), 0) == static_cast<ssize_t>(message.size());
  }

 private:
  UniqueFd in_;
  UniqueFd out_;
};

TEST_F(ConntrackFilter, PassesFlowsOfTheLanWhicheverSideOpenedThem) {
  attach({"10.7.0.0/16", "192.168.1.0/24"});
  EXPECT_TRUE(passes(entry("192.168.1.5", "203.0.113.9", "203.0.113.9", "192.0.2.2")));
  EXPECT_TRUE(passes(entry("10.7.255.1", "203.0.113.9", "203.0.113.9", "192.0.2.2")));
  EXPECT_TRUE(passes(entry("198.51.100.10", "192.0.2.2", "192.168.1.10", "198.51.100.10")));
  EXPECT_FALSE(passes(entry("192.168.2.5", "203.0.113.9", "203.0.113.9", "192.0.2.2")));
  EXPECT_FALSE(passes(entry("192.0.2.2", "192.168.1.5", "203.0.113.9", "192.168.1.5")));
}

TEST_F(ConntrackFilter, LooksAtEveryBitOfAnIpv6Prefix) {
  attach({"2001:db8:1:40::/58", "fd09:1::5"});
  EXPECT_TRUE(passes(entry("2001:db8:1:7f::5", "2001:db8::9", "2001:db8::9", "2001:db8:1:7f::5")));
  EXPECT_TRUE(passes(entry("2001:db8::9", "2001:db8:1:40::5", "2001:db8:1:40::5", "2001:db8::9")));
  EXPECT_FALSE(passes(entry("2001:db8:1:80::5", "2001:db8::9", "2001:db8::9", "2001:db8:1:80::5")));
  EXPECT_FALSE(passes(entry("2001:db8:2:40::5", "2001:db8::9", "2001:db8::9", "2001:db8:2:40::5")));
  EXPECT_TRUE(passes(entry("fd09:1::5", "2001:db8::9", "2001:db8::9", "fd09:1::5")));
  EXPECT_FALSE(passes(entry("fd09:1::6", "2001:db8::9", "2001:db8::9", "fd09:1::6")));
}

TEST_F(ConntrackFilter, FamiliesDoNotMix) {
  attach({"192.168.1.0/24"});
  EXPECT_FALSE(passes(entry("c0a8:0105::1", "2001:db8::9", "2001:db8::9", "c0a8:0105::1")));
  attach({"fd09:1::/64"});
  EXPECT_FALSE(passes(entry("192.168.1.5", "203.0.113.9", "203.0.113.9", "192.0.2.2")));
}

TEST_F(ConntrackFilter, TakesUdpAloneUnlessTcpIsWanted) {
  const auto tcp = entry("192.168.1.5", "203.0.113.9", "203.0.113.9", "192.0.2.2", protocol_tcp);
  const auto icmp = entry("192.168.1.5", "203.0.113.9", "203.0.113.9", "192.0.2.2", 1);
  attach({"192.168.1.0/24"});
  EXPECT_FALSE(passes(tcp));
  EXPECT_FALSE(passes(icmp));
  attach({"192.168.1.0/24"}, true);
  EXPECT_TRUE(passes(tcp));
  EXPECT_FALSE(passes(icmp));
  EXPECT_TRUE(passes(entry("192.168.1.5", "203.0.113.9", "203.0.113.9", "192.0.2.2")));
}

Message from_lan(std::uint16_t client_port, std::uint16_t server_port) {
  return entry("192.168.1.5", "203.0.113.9", "203.0.113.9", "192.0.2.2", protocol_udp, client_port, server_port);
}

TEST_F(ConntrackFilter, DropsWhatCannotMatterByItsPorts) {
  attach({"192.168.1.0/24", "fd09:1::/64"}, false, {{53, 53, false}, {123, 125, false}, {41641, 41641, false}});
  EXPECT_FALSE(passes(from_lan(40'000, 53)));
  EXPECT_FALSE(passes(from_lan(53, 40'000)));
  EXPECT_FALSE(passes(from_lan(40'000, 125)));
  EXPECT_FALSE(passes(from_lan(41'641, 3478)));
  EXPECT_TRUE(passes(from_lan(40'000, 52)));
  EXPECT_TRUE(passes(from_lan(40'000, 54)));
  EXPECT_TRUE(passes(from_lan(122, 126)));
  EXPECT_FALSE(passes(entry("fd09:1::6", "2001:db8::9", "2001:db8::9", "fd09:1::6", protocol_udp, 40'000, 53)));
  EXPECT_TRUE(passes(entry("fd09:1::6", "2001:db8::9", "2001:db8::9", "fd09:1::6", protocol_udp, 40'000, 54)));
}

TEST_F(ConntrackFilter, TheFirstRuleDecides) {
  attach({"192.168.1.0/24"}, false, {{7000, 7000, false}, {5060, 5060, true}, {1, 1023, false}, {5000, 6000, false}});
  EXPECT_TRUE(passes(from_lan(40'000, 5060)));
  EXPECT_TRUE(passes(from_lan(5060, 53)));
  EXPECT_TRUE(passes(from_lan(53, 5060)));
  EXPECT_FALSE(passes(from_lan(5060, 7000)));
  EXPECT_FALSE(passes(from_lan(40'000, 5061)));
  EXPECT_FALSE(passes(from_lan(40'000, 53)));
}

TEST_F(ConntrackFilter, OfFlowsFromOutsideThePortsAreNotLookedAt) {
  attach({"192.168.1.0/24"}, false, {{53, 53, false}});
  EXPECT_TRUE(passes(entry("198.51.100.10", "192.0.2.2", "192.168.1.10", "198.51.100.10", protocol_udp, 40'000, 53)));
}

TEST_F(ConntrackFilter, DropsMulticastAndBroadcast) {
  attach({"192.168.1.0/24", "fd09:1::/64"});
  EXPECT_FALSE(passes(entry("192.168.1.5", "239.255.255.250", "239.255.255.250", "192.168.1.5")));
  EXPECT_FALSE(passes(entry("192.168.1.5", "255.255.255.255", "255.255.255.255", "192.168.1.5")));
  EXPECT_TRUE(passes(entry("192.168.1.5", "223.255.255.250", "223.255.255.250", "192.168.1.5")));
  EXPECT_FALSE(passes(entry("fd09:1::6", "ff02::fb", "ff02::fb", "fd09:1::6")));
}

TEST_F(ConntrackFilter, HundredsOfRulesFit) {
  std::vector<PortRule> rules;
  for (std::uint16_t i = 0; i < 200; ++i) {
    rules.push_back({static_cast<std::uint16_t>(10 * i), static_cast<std::uint16_t>(10 * i + 4), i % 2 == 0});
  }
  std::vector<std::string> prefixes;
  for (int i = 0; i < 32; ++i) {
    prefixes.push_back("fd09:" + std::to_string(i + 1) + "::/128");
  }
  prefixes.back() = "192.168.1.0/24";
  attach(prefixes, false, rules);
  EXPECT_FALSE(passes(from_lan(40'000, 1991)));
  EXPECT_TRUE(passes(from_lan(40'000, 1981)));
  EXPECT_TRUE(passes(from_lan(40'000, 1999)));
  rules.push_back({1999, 1999, false});
  attach(prefixes, false, rules);
  EXPECT_TRUE(passes(from_lan(40'000, 1991))) << "too many rules are none";
}

TEST_F(ConntrackFilter, WhatItDoesNotUnderstandPasses) {
  attach({"192.168.1.0/24"});
  EXPECT_TRUE(passes(test::make_message(test::new_entry, AF_INET, 0, [](Message&) {})));
  EXPECT_TRUE(passes(test::make_message(test::new_entry, AF_INET, 0, [](Message& message) {
    test::put_tuple(message, 1, "203.0.113.9", 1, "203.0.113.8", 2, protocol_udp);
  })));
}

TEST_F(ConntrackFilter, WithoutALanNothingPasses) {
  attach({});
  EXPECT_FALSE(passes(entry("192.168.1.5", "203.0.113.9", "203.0.113.9", "192.0.2.2")));
}

TEST_F(ConntrackFilter, ManyPrefixesFit) {
  std::vector<std::string> prefixes;
  for (int i = 0; i < 16; ++i) {
    prefixes.push_back("fd09:" + std::to_string(i + 1) + "::/128");
    prefixes.push_back("10." + std::to_string(i) + ".0.0/16");
  }
  attach(prefixes);
  EXPECT_TRUE(passes(entry("10.15.1.1", "203.0.113.9", "203.0.113.9", "192.0.2.2")));
  EXPECT_FALSE(passes(entry("10.16.1.1", "203.0.113.9", "203.0.113.9", "192.0.2.2")));
  prefixes.emplace_back("10.99.0.0/16");
  attach(prefixes);
  EXPECT_TRUE(passes(entry("10.16.1.1", "203.0.113.9", "203.0.113.9", "192.0.2.2")));
}

}  // namespace
}  // namespace voip
