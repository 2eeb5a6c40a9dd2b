// Tells which side of a flow is the LAN: whichever side opened it, and whatever NAT did to its addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ip_address.h"
#include "core/model.h"

namespace voip {

class Lan {
 public:
  Lan() = default;  // no LAN: no flow is ours
  // `own`: addresses of the router itself, WAN and LAN side, as far as they are known.
  explicit Lan(std::vector<IpPrefix> prefixes, std::vector<IpAddress> own = {});

  [[nodiscard]] const std::vector<IpPrefix>& prefixes() const { return prefixes_; }
  [[nodiscard]] bool contains(const IpAddress& address) const;

  // The flow as FlowKey promises it, from both tuples of its conntrack entry, or nothing when it is none between a device of the
  // LAN and the world: LAN to LAN, between strangers, the router's own, multicast, broadcast, loopback.
  // The key is always one of the two tuples, read from the client's side.
  [[nodiscard]] std::optional<FlowKey> orient(const Endpoint& original_source, const Endpoint& original_destination,
                                              const Endpoint& reply_source, const Endpoint& reply_destination,
                                              std::uint8_t protocol) const;

  friend bool operator==(const Lan&, const Lan&) = default;

 private:
  [[nodiscard]] bool is_own(const IpAddress& address) const;

  std::vector<IpPrefix> prefixes_;
  std::vector<IpAddress> own_;  // sorted
};

}  // namespace voip
