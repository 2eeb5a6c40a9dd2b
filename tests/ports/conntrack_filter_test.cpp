// The filter runs in the kernel here too: on a socket pair, which takes any message, so that no privilege is needed.
#include "ports/conntrack_filter.h"

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
              std::uint8_t protocol = protocol_udp) {
  const std::uint8_t family = IpAddress::parse(a)->is_v6() ? AF_INET6 : AF_INET;
  return test::make_message(test::new_entry, family, 0, [&](Message& message) {
    test::put_tuple(message, 1, a, 1000, b, 2000, protocol);
    test::put_tuple(message, 2, reply_a, 2000, reply_b, 1000, protocol);
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
  void attach(const std::vector<std::string>& prefixes, bool with_tcp = false) {
    std::vector<IpPrefix> parsed;
    parsed.reserve(prefixes.size());
    for (const auto& prefix : prefixes) {
      parsed.push_back(*IpPrefix::parse(prefix));
    }
    const Status attached = attach_flow_filter(out_.get(), parsed, with_tcp);
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
