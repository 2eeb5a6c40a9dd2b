#include "core/engine/shares.h"

#include <algorithm>
#include <cassert>

namespace voip {

void Shares::add(FlowSlot slot, const IpAddress& address) {
  std::size_t place = end_;
  for (std::size_t i = 0; i < end_; ++i) {
    if (owners_[i].flows != 0 && owners_[i].address == address) {
      place = i;
      break;
    }
    if (owners_[i].flows == 0) {
      place = std::min(place, i);
    }
  }
  // As many owners as slots, and this slot has none yet, so there is room.
  end_ = std::max(end_, place + 1);
  owners_.at(place).address = address;
  ++owners_[place].flows;
  owner_of_.at(slot) = place;
}

void Shares::remove(FlowSlot slot) {
  Owner& owner = owners_[owner_of_.at(slot)];
  assert(owner.flows != 0);
  --owner.flows;
  while (end_ != 0 && owners_[end_ - 1].flows == 0) {
    --end_;
  }
}

std::size_t Shares::of(const IpAddress& address) const {
  const auto end = owners_.begin() + static_cast<std::ptrdiff_t>(end_);
  const auto found =
      std::find_if(owners_.begin(), end, [&](const Owner& owner) { return owner.flows != 0 && owner.address == address; });
  return found == end ? 0 : found->flows;
}

}  // namespace voip
