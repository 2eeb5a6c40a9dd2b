// Walks what a netlink socket received: messages in a buffer, attributes in a message. Cut or wrong lengths end the walk; nothing
// outside the given bytes is ever read, whatever they hold. A pure helper of the ports that speak netlink.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace voip {

using Bytes = std::span<const std::uint8_t>;

struct NetlinkMessage {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  Bytes payload;  // what follows the header
};

class NetlinkMessages {
 public:
  explicit NetlinkMessages(Bytes received) : rest_(received) {}
  std::optional<NetlinkMessage> next();

 private:
  Bytes rest_;
};

struct NetlinkAttribute {
  std::uint16_t type = 0;  // without the flag bits (nested, byte order)
  Bytes payload;
};

class NetlinkAttributes {
 public:
  explicit NetlinkAttributes(Bytes attributes) : rest_(attributes) {}
  std::optional<NetlinkAttribute> next();

 private:
  Bytes rest_;
};

// A structure or number as the machine has it, at the start of the bytes, which need not be aligned; nothing when they are too
// few.
template <typename T>
std::optional<T> read_native(Bytes bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value{};
  if (bytes.size() < sizeof value) {
    return std::nullopt;
  }
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Numbers in network order (ctnetlink); nothing when the payload is too short.
std::optional<std::uint16_t> read_be16(Bytes payload);
std::optional<std::uint32_t> read_be32(Bytes payload);
std::optional<std::uint64_t> read_be64(Bytes payload);

// The positive errno of an NLMSG_ERROR message; 0 for an acknowledgement. A cut one counts as EBADMSG.
int read_error(const NetlinkMessage& message);

}  // namespace voip
