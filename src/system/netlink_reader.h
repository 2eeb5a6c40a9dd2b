// Walks what a netlink socket received: messages in a buffer, attributes in a message. Cut or wrong lengths end the walk; nothing
// outside the given bytes is ever read, whatever they hold. A pure helper of the ports that speak netlink.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace voip {

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

// The positive errno of an NLMSG_ERROR message; 0 for an acknowledgement. A cut one counts as EBADMSG.
int read_error(const NetlinkMessage& message);

}  // namespace voip
