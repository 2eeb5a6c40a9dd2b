// Headers of TCP packets made by hand (RFC 791, RFC 8200, RFC 9293). Their lengths tell of a payload that is not there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/ip_address.h"

namespace voip::test {

using Packet = std::vector<std::uint8_t>;

constexpr std::size_t ipv4_header = 20;
constexpr std::size_t tcp_header = 20;

// Value 0x01020304, echo 0xa1a2a3a4 (RFC 7323), padded.
inline const Packet timestamps_option{1, 1, 8, 10, 0x01, 0x02, 0x03, 0x04, 0xa1, 0xa2, 0xa3, 0xa4};

// From port 5000 to 443, number 1, acknowledging 2; the options are a multiple of four bytes.
inline Packet tcp(const Packet& options, std::uint8_t flags = 0x10) {
  Packet bytes{0x13, 0x88, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 2, 0, flags, 0xff, 0xff, 0, 0, 0, 0};
  bytes[12] = static_cast<std::uint8_t>((tcp_header + options.size()) / 4 << 4U);
  bytes.insert(bytes.end(), options.begin(), options.end());
  return bytes;
}

inline void append_addresses(Packet& bytes, std::initializer_list<const char*> addresses) {
  for (const char* text : addresses) {
    const IpAddress address = *IpAddress::parse(text);
    bytes.insert(bytes.end(), address.bytes().begin(), address.bytes().end());
  }
}

// From 192.0.2.2 to 198.51.100.10.
inline Packet ipv4(const Packet& segment, std::size_t payload, const Packet& options = {}) {
  const std::size_t total = ipv4_header + options.size() + segment.size() + payload;
  Packet bytes{0x45, 0, static_cast<std::uint8_t>(total >> 8U), static_cast<std::uint8_t>(total), 0, 0, 0x40, 0, 64, 6, 0, 0};
  bytes[0] = static_cast<std::uint8_t>(0x45 + options.size() / 4);
  append_addresses(bytes, {"192.0.2.2", "198.51.100.10"});
  bytes.insert(bytes.end(), options.begin(), options.end());
  bytes.insert(bytes.end(), segment.begin(), segment.end());
  return bytes;
}

// From 2001:db8::2 to 2001:db8:9::10.
inline Packet ipv6(const Packet& segment, std::size_t payload) {
  const std::size_t length = segment.size() + payload;
  Packet bytes{0x60, 0, 0, 0, static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length), 6, 64};
  append_addresses(bytes, {"2001:db8::2", "2001:db8:9::10"});
  bytes.insert(bytes.end(), segment.begin(), segment.end());
  return bytes;
}

}  // namespace voip::test
