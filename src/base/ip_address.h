// IPv4 and IPv6 addresses and prefixes as values: comparable, hashable, printable.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace voip {

class IpAddress {
 public:
  IpAddress() = default;  // the IPv4 address 0.0.0.0
  // Four bytes make an IPv4 address, sixteen an IPv6 one, both in network order; any other number is a bug.
  static IpAddress from_bytes(std::span<const std::uint8_t> bytes);
  // Text as inet_pton(3) takes it.
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v6() const { return is_v6_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), is_v6_ ? 16U : 4U}; }
  [[nodiscard]] std::string to_string() const;
  // The address with all but its first `length` bits zero; `length` is cut to the family's width.
  [[nodiscard]] IpAddress masked(unsigned length) const;

  [[nodiscard]] bool is_multicast() const;    // 224.0.0.0/4 (RFC 5771), ff00::/8 (RFC 4291)
  [[nodiscard]] bool is_broadcast() const;    // 255.255.255.255
  [[nodiscard]] bool is_loopback() const;     // 127.0.0.0/8, ::1
  [[nodiscard]] bool is_link_local() const;   // 169.254.0.0/16, fe80::/10
  [[nodiscard]] bool is_private() const;      // RFC 1918, RFC 6598, fc00::/7 (RFC 4193), and link-local
  [[nodiscard]] bool is_unspecified() const;  // 0.0.0.0, ::

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool is_v6_ = false;
};

class IpPrefix {
 public:
  IpPrefix() = default;
  IpPrefix(const IpAddress& address, unsigned length);
  // "192.168.1.0/24", or an address alone, which is the prefix of just that host. Host bits must be zero.
  static std::optional<IpPrefix> parse(std::string_view text);

  [[nodiscard]] const IpAddress& address() const { return address_; }
  [[nodiscard]] unsigned length() const { return length_; }
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] std::string to_string() const;  // a host prefix prints as the bare address

  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;

 private:
  IpAddress address_;
  unsigned length_ = 32;
};

// Mixes bytes into a hash (FNV-1a), so that keys made of addresses need no allocation to be looked up.
std::size_t hash_bytes(std::span<const std::uint8_t> bytes, std::size_t seed);

}  // namespace voip

template <>
struct std::hash<voip::IpAddress> {
  std::size_t operator()(const voip::IpAddress& address) const noexcept { return voip::hash_bytes(address.bytes(), 0); }
};
