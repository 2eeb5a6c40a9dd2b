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
  // `own`: addresses of the router itself, WAN and LAN side, as far as they are known. `has_own_calls`: the router is itself a
  // client of the line, as where a PBX runs on it.
  explicit Lan(std::vector<IpPrefix> prefixes, std::vector<IpAddress> own = {}, bool has_own_calls = false);

  [[nodiscard]] const std::vector<IpPrefix>& prefixes() const { return prefixes_; }
  [[nodiscard]] bool has_own_calls() const { return has_own_calls_; }
  // Every address that may be the client of a flow lies in one of these.
  [[nodiscard]] std::vector<IpPrefix> client_prefixes() const;
  // Those of the prefixes that are nothing but an address of the router, behind which nobody is.
  [[nodiscard]] std::vector<IpPrefix> own_prefixes() const;
  [[nodiscard]] bool contains(const IpAddress& address) const;

  // The flow as FlowKey promises it, from both tuples of its conntrack entry, or nothing when it is none between a device of the
  // LAN and the world: LAN to LAN, between strangers, the router's own (but for has_own_calls), multicast, broadcast, loopback.
  // The key is always one of the two tuples, read from the client's side.
  [[nodiscard]] std::optional<FlowKey> orient(const Endpoint& original_source, const Endpoint& original_destination,
                                              const Endpoint& reply_source, const Endpoint& reply_destination,
                                              std::uint8_t protocol) const;

  friend bool operator==(const Lan&, const Lan&) = default;

 private:
  [[nodiscard]] bool is_own(const IpAddress& address) const;

  std::vector<IpPrefix> prefixes_;
  std::vector<IpAddress> own_;  // sorted
  bool has_own_calls_ = false;
};

}  // namespace voip
