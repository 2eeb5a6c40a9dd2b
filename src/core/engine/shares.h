// How many of the watched flows each LAN address has, so that one that wants them all does not get them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ip_address.h"
#include "core/detector.h"

namespace voip {

class Shares {
 public:
  // For slots below `capacity`. Allocates here and nowhere else.
  explicit Shares(std::size_t capacity) : owners_(capacity), owner_of_(capacity) {}

  void add(FlowSlot slot, const IpAddress& address);
  void remove(FlowSlot slot);
  [[nodiscard]] std::size_t of(const IpAddress& address) const;
  // Of the address whose flow that is.
  [[nodiscard]] std::size_t of(FlowSlot slot) const { return owners_[owner_of_[slot]].flows; }

 private:
  struct Owner {
    IpAddress address;
    std::size_t flows = 0;
  };
  std::vector<Owner> owners_;  // those that have flows are among the first `end_`
  std::vector<std::size_t> owner_of_;
  std::size_t end_ = 0;
};

}  // namespace voip
