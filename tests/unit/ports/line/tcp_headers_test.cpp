#include "ports/line/tcp_headers.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "tcp_packets.h"

namespace voip {
namespace {

using test::ipv4;
using test::ipv6;
using test::tcp;
using test::timestamps_option;
using Bytes = test::Packet;

TEST(TcpHeaders, ASegmentOfEitherFamilyIsRead) {
  for (const bool is_v6 : {false, true}) {
    const auto segment = read_tcp_segment(is_v6 ? ipv6(tcp(timestamps_option), 1000) : ipv4(tcp(timestamps_option), 1000));
    ASSERT_TRUE(segment) << is_v6;
    EXPECT_EQ(segment->source, (Endpoint{*IpAddress::parse(is_v6 ? "2001:db8::2" : "192.0.2.2"), 5000}));
    EXPECT_EQ(segment->destination, (Endpoint{*IpAddress::parse(is_v6 ? "2001:db8:9::10" : "198.51.100.10"), 443}));
    EXPECT_EQ(segment->timestamp, 0x01020304U);
    EXPECT_EQ(segment->echo, 0xa1a2a3a4U);
    EXPECT_EQ(segment->sequence, 1U);
    EXPECT_EQ(segment->acknowledged, 2U);
    EXPECT_EQ(segment->length, 1000U);
    EXPECT_TRUE(segment->has_payload);
  }
}

TEST(TcpHeaders, WhatWillBeAnsweredAtOnceIsTold) {
  EXPECT_FALSE(read_tcp_segment(ipv4(tcp(timestamps_option), 0))->has_payload);
  EXPECT_FALSE(read_tcp_segment(ipv6(tcp(timestamps_option), 0))->has_payload);
  EXPECT_TRUE(read_tcp_segment(ipv4(tcp(timestamps_option), 1))->has_payload);
  EXPECT_TRUE(read_tcp_segment(ipv4(tcp(timestamps_option, 0x11), 0))->has_payload) << "FIN";
  const auto opening = read_tcp_segment(ipv4(tcp(timestamps_option, 0x02), 0));
  EXPECT_TRUE(opening->has_payload) << "SYN";
  EXPECT_FALSE(opening->echo) << "without ACK the echo says nothing";
  EXPECT_FALSE(opening->acknowledged);
}

TEST(TcpHeaders, OpeningAndClosingCountAsLength) {
  EXPECT_EQ(read_tcp_segment(ipv4(tcp({}), 0))->length, 0U);
  EXPECT_EQ(read_tcp_segment(ipv4(tcp({}, 0x02), 0))->length, 1U);
  EXPECT_EQ(read_tcp_segment(ipv4(tcp({}, 0x11), 100))->length, 101U);
}

TEST(TcpHeaders, ASegmentWithoutTimestampsIsReadToo) {
  const Bytes end_then_timestamps{0, 0, 0, 0, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  for (const Bytes& options : {Bytes{}, end_then_timestamps}) {
    const auto segment = read_tcp_segment(ipv4(tcp(options), 100));
    ASSERT_TRUE(segment);
    EXPECT_FALSE(segment->timestamp);
    EXPECT_FALSE(segment->echo);
    EXPECT_EQ(segment->length, 100U);
  }
}

TEST(TcpHeaders, TheFirstBlockOfSelectiveAcknowledgementIsRead) {
  const Bytes one{1, 1, 5, 10, 0, 0, 0x10, 0, 0, 0, 0x20, 0};
  EXPECT_EQ(read_tcp_segment(ipv4(tcp(one), 0))->sacked, 0x2000U);
  Bytes two{1, 1, 5, 18, 0, 0, 0x10, 0, 0, 0, 0x20, 0, 0, 0, 0, 1, 0, 0, 0, 9};
  EXPECT_EQ(read_tcp_segment(ipv4(tcp(two), 0))->sacked, 0x2000U);
  EXPECT_FALSE(read_tcp_segment(ipv4(tcp({1, 1, 5, 2}), 0))->sacked) << "no block at all";
  EXPECT_FALSE(read_tcp_segment(ipv4(tcp(timestamps_option), 0))->sacked);
}

TEST(TcpHeaders, ALengthThatIsNotToldIsNone) {
  Bytes jumbo = ipv6(tcp({}), 0);
  jumbo[4] = jumbo[5] = 0;
  const auto segment = read_tcp_segment(jumbo);
  EXPECT_TRUE(segment->has_payload);
  EXPECT_EQ(segment->length, 0U);
}

TEST(TcpHeaders, TheOptionIsFoundAmongOthers) {
  Bytes options{2, 4, 5, 0xb4, 4, 2};  // MSS, SACK permitted
  options.insert(options.end(), timestamps_option.begin() + 2, timestamps_option.end());
  options.insert(options.end(), {1, 3, 3, 7});  // window scale
  ASSERT_EQ(options.size() % 4, 0U);
  EXPECT_EQ(read_tcp_segment(ipv4(tcp(options), 0))->timestamp, 0x01020304U);
  EXPECT_EQ(read_tcp_segment(ipv4(tcp(timestamps_option), 9, {1, 1, 1, 0}))->timestamp, 0x01020304U) << "options of IPv4";
}

TEST(TcpHeaders, WhatIsNoneIsNotTakenForOne) {
  EXPECT_FALSE(read_tcp_segment({}));
  EXPECT_FALSE(read_tcp_segment(ipv4(tcp({8, 4, 0, 0}), 0))) << "of the wrong length";
  EXPECT_FALSE(read_tcp_segment(ipv4(tcp({1, 1, 2, 0}), 0))) << "an option without length";
  EXPECT_FALSE(read_tcp_segment(ipv4(tcp({2, 40, 0, 0}), 0))) << "an option beyond the header";
  Bytes udp = ipv4(tcp(timestamps_option), 0);
  udp[9] = 17;
  EXPECT_FALSE(read_tcp_segment(udp));
  for (const std::uint8_t fragment : Bytes{0x20, 0x01}) {  // more to come; not the first
    Bytes part = ipv4(tcp(timestamps_option), 0);
    part[6] = fragment;
    EXPECT_FALSE(read_tcp_segment(part));
  }
  Bytes short_total = ipv4(tcp(timestamps_option), 0);
  short_total[3] = 30;
  EXPECT_FALSE(read_tcp_segment(short_total)) << "the packet is shorter than its headers";
}

TEST(TcpHeaders, JunkIsRefusedWithoutReadingBeyondIt) {
  for (const Bytes& whole : {ipv4(tcp(timestamps_option), 0), ipv6(tcp(timestamps_option), 0)}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      // A block of just this size, so that a sanitizer sees each byte too far.
      EXPECT_FALSE(read_tcp_segment(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)))) << length;
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (unsigned value = 0; value < 256; ++value) {
        Bytes changed = whole;
        changed[at] = static_cast<std::uint8_t>(value);
        changed.shrink_to_fit();
        const auto segment = read_tcp_segment(changed);
        EXPECT_TRUE(!segment || segment->source.address.is_v6() == (changed[0] >> 4U == 6));
      }
    }
  }
  std::uint32_t state = 1;
  for (std::size_t round = 0; round < 200'000; ++round) {
    Bytes noise(round % 121);
    for (std::uint8_t& byte : noise) {
      state = state * 1'664'525 + 1'013'904'223;
      byte = static_cast<std::uint8_t>(state >> 24U);
    }
    if (noise.size() > 9) {
      noise[0] = static_cast<std::uint8_t>(round % 2 == 0 ? 0x45 : 0x60);
      noise[round % 2 == 0 ? 9 : 6] = 6;
    }
    static_cast<void>(read_tcp_segment(noise));
  }
}

}  // namespace
}  // namespace voip
