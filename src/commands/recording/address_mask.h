// Hides who an address belongs to and keeps what a detector needs of it: equal addresses stay equal, different ones different,
// and two that share a prefix still share exactly that prefix. The network (IPv4 /24, IPv6 /48) stays readable.
//
// Each bit after the network is flipped or not by a keyed hash (SipHash-2-4, Aumasson and Bernstein 2012) of all bits before it:
// the scheme of Crypto-PAn (Xu, Fan, Ammar, Moon 2002). Without the salt it can't be undone; with one salt for each recording two
// recordings can't be joined.
#pragma once

#include <array>
#include <cstdint>

#include "base/ip_address.h"

namespace voip {

class AddressMask {
 public:
  using Salt = std::array<std::uint64_t, 2>;
  explicit AddressMask(const Salt& salt) : salt_(salt) {}

  [[nodiscard]] IpAddress operator()(const IpAddress& address) const;
  [[nodiscard]] IpPrefix operator()(const IpPrefix& network) const;

 private:
  Salt salt_;
};

}  // namespace voip
