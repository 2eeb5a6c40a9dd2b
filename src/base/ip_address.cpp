#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cassert>
#include <charconv>

namespace voip {

IpAddress IpAddress::from_bytes(std::span<const std::uint8_t> bytes) {
  assert(bytes.size() == 4 || bytes.size() == 16);
  IpAddress address;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  address.is_v6_ = bytes.size() == 16;
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
    return from_bytes(std::span(bytes).first(4));
  }
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) {
    return from_bytes(bytes);
  }
  return std::nullopt;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v6_ ? AF_INET6 : AF_INET, bytes_.data(), text.data(), text.size());
  return text.data();
}

IpAddress IpAddress::masked(unsigned length) const {
  IpAddress result = *this;
  const unsigned width = is_v6_ ? 128U : 32U;
  for (unsigned bit = std::min(length, width); bit < width; ++bit) {
    result.bytes_.at(bit / 8) &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  }
  return result;
}

bool IpAddress::is_multicast() const {
  return is_v6_ ? bytes_[0] == 0xff : (bytes_[0] & 0xf0U) == 0xe0;
}

bool IpAddress::is_broadcast() const {
  return !is_v6_ && std::all_of(bytes_.begin(), bytes_.begin() + 4, [](std::uint8_t byte) { return byte == 0xff; });
}

bool IpAddress::is_loopback() const {
  if (!is_v6_) {
    return bytes_[0] == 127;
  }
  return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.begin() + 15, [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_link_local() const {
  return is_v6_ ? bytes_[0] == 0xfe && (bytes_[1] & 0xc0U) == 0x80 : bytes_[0] == 169 && bytes_[1] == 254;
}

bool IpAddress::is_private() const {
  if (is_link_local()) {
    return true;
  }
  if (is_v6_) {
    return (bytes_[0] & 0xfeU) == 0xfc;
  }
  return bytes_[0] == 10 || (bytes_[0] == 172 && (bytes_[1] & 0xf0U) == 16) || (bytes_[0] == 192 && bytes_[1] == 168) ||
         (bytes_[0] == 100 && (bytes_[1] & 0xc0U) == 64);
}

bool IpAddress::is_unspecified() const {
  const auto all = bytes();
  return std::all_of(all.begin(), all.end(), [](std::uint8_t byte) { return byte == 0; });
}

IpPrefix::IpPrefix(const IpAddress& address, unsigned length)
    : address_(address.masked(length)), length_(std::min(length, address.is_v6() ? 128U : 32U)) {}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    return std::nullopt;
  }
  const unsigned width = address->is_v6() ? 128U : 32U;
  if (slash == std::string_view::npos) {
    return IpPrefix(*address, width);
  }
  const auto digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size() || length > width || address->masked(length) != *address) {
    return std::nullopt;
  }
  return IpPrefix(*address, length);
}

bool IpPrefix::contains(const IpAddress& address) const {
  return address.is_v6() == address_.is_v6() && address.masked(length_) == address_;
}

std::string IpPrefix::to_string() const {
  const unsigned width = address_.is_v6() ? 128U : 32U;
  return length_ == width ? address_.to_string() : address_.to_string() + "/" + std::to_string(length_);
}

std::size_t hash_bytes(std::span<const std::uint8_t> bytes, std::size_t seed) {
  std::uint64_t hash = 14695981039346656037ULL ^ seed;
  for (const std::uint8_t byte : bytes) {
    hash = (hash ^ byte) * 1099511628211ULL;
  }
  return static_cast<std::size_t>(hash);
}

}  // namespace voip
