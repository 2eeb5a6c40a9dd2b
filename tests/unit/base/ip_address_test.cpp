#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

TEST(IpAddress, TextGoesInAndComesOut) {
  for (const char* text : {"192.168.1.30", "0.0.0.0", "2001:db8::1", "::1", "fe80::1"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  for (const char* text : {"", "192.168.1", "192.168.1.300", "01.2.3.4", "2001:db8", "fe80::1%eth0", "name"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, KindsAreKnown) {
  EXPECT_TRUE(IpAddress::parse("224.0.0.251")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("ff02::fb")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("255.255.255.255")->is_broadcast());
  EXPECT_TRUE(IpAddress::parse("127.1.2.3")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("::2")->is_loopback());
  for (const char* text :
       {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "169.254.1.1", "fd00::1", "fe80::1"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_private()) << text;
  }
  for (const char* text : {"172.32.0.1", "172.15.0.1", "192.169.0.1", "100.128.0.1", "8.8.8.8", "2001:db8::1"}) {
    EXPECT_FALSE(IpAddress::parse(text)->is_private()) << text;
  }
}

TEST(IpPrefix, HoldsItsHostsAndNoOthers) {
  const auto prefix = IpPrefix::parse("192.168.1.0/25");
  ASSERT_TRUE(prefix);
  EXPECT_TRUE(prefix->contains(*IpAddress::parse("192.168.1.127")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("192.168.1.128")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("2001:db8::1")));
  EXPECT_EQ(prefix->to_string(), "192.168.1.0/25");
  EXPECT_EQ(IpPrefix::parse("192.168.1.30")->to_string(), "192.168.1.30");
  EXPECT_TRUE(IpPrefix::parse("2001:db8::/32")->contains(*IpAddress::parse("2001:db8:ffff::1")));
  EXPECT_TRUE(IpPrefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("8.8.8.8")));
  for (const char* text : {"192.168.1.1/24", "192.168.1.0/33", "192.168.1.0/", "192.168.1.0/2x", "/24", "2001:db8::/129"}) {
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
  }
}

TEST(IpAddress, AnIpv4AddressIsNotTheIpv6AddressWithTheSameBytes) {
  EXPECT_NE(*IpAddress::parse("1.2.3.4"), *IpAddress::parse("102:304::"));
}

}  // namespace
}  // namespace voip
