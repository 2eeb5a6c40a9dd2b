// Makes conntrack messages as the kernel sends them, for tests of what reads them.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace voip::test {

using Message = std::vector<std::uint8_t>;

template <typename T>
void put_native(Message& message, T value) {
  const std::size_t at = message.size();
  message.resize(at + sizeof value);
  std::memcpy(message.data() + at, &value, sizeof value);
}

inline void put_attribute(Message& message, std::uint16_t type, const std::vector<std::uint8_t>& payload) {
  put_native(message, static_cast<std::uint16_t>(NLA_HDRLEN + payload.size()));
  put_native(message, type);
  message.insert(message.end(), payload.begin(), payload.end());
  message.resize(NLMSG_ALIGN(message.size()));
}

inline void put_number(Message& message, std::uint16_t type, std::uint64_t value, unsigned width) {
  std::vector<std::uint8_t> bytes;
  for (unsigned i = width; i-- > 0;) {
    bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  put_attribute(message, type, bytes);
}

inline void put_nest(Message& message, std::uint16_t type, const std::function<void(Message&)>& fill) {
  Message inner;
  fill(inner);
  put_attribute(message, static_cast<std::uint16_t>(type | NLA_F_NESTED), inner);
}

inline void put_tuple(Message& message, std::uint16_t type, std::string_view source, std::uint16_t source_port,
                      std::string_view destination, std::uint16_t destination_port, std::uint8_t protocol) {
  put_nest(message, type, [&](Message& tuple) {
    put_nest(tuple, 1, [&](Message& ip) {  // CTA_TUPLE_IP
      const auto from = *IpAddress::parse(source);
      const auto to = *IpAddress::parse(destination);
      put_attribute(ip, from.is_v6() ? 3 : 1, {from.bytes().begin(), from.bytes().end()});
      put_attribute(ip, to.is_v6() ? 4 : 2, {to.bytes().begin(), to.bytes().end()});
    });
    put_nest(tuple, 2, [&](Message& ports) {  // CTA_TUPLE_PROTO
      put_number(ports, 1, protocol, 1);
      put_number(ports, 2, source_port, 2);
      put_number(ports, 3, destination_port, 2);
    });
  });
}

// A whole message: nlmsghdr, nfgenmsg, then what `fill` puts.
inline Message make_message(std::uint16_t type, std::uint8_t family, std::uint32_t sequence,
                            const std::function<void(Message&)>& fill) {
  Message message;
  put_native(message, std::uint32_t{0});
  put_native(message, type);
  put_native(message, std::uint16_t{0});
  put_native(message, sequence);
  put_native(message, std::uint32_t{0});
  message.insert(message.end(), {family, 0, 0, 0});
  fill(message);
  const auto length = static_cast<std::uint32_t>(message.size());
  std::memcpy(message.data(), &length, sizeof length);
  return message;
}

inline constexpr std::uint16_t new_entry = 0x100;      // NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW
inline constexpr std::uint16_t deleted_entry = 0x102;  // ... | IPCTNL_MSG_CT_DELETE

}  // namespace voip::test
