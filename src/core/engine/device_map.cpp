#include "core/engine/device_map.h"

#include <cassert>
#include <iterator>

namespace voip {
bool is_single_machine(const DeviceSettings& device) {
  const auto& prefix = device.address;
  return !prefix || prefix->length() == (prefix->address().is_v6() ? 128U : 32U);
}

DeviceMap::DeviceMap(const std::vector<DeviceSettings>& devices) : devices_(devices) {}

void DeviceMap::found(std::int32_t device, const IpAddress& address) {
  assert(device >= 0 && static_cast<std::size_t>(device) < devices_.size());
  if (const auto known = by_address_.find(address); known != by_address_.end()) {
    known->second->device = device;
    found_.splice(found_.end(), found_, known->second);
    return;
  }
  if (found_.size() >= most_found_addresses) {
    lost(IpAddress(found_.front().address));
  }
  found_.push_back({address, device});
  by_address_.emplace(address, std::prev(found_.end()));
}

void DeviceMap::lost(const IpAddress& address) {
  if (const auto known = by_address_.find(address); known != by_address_.end()) {
    found_.erase(known->second);
    by_address_.erase(known);
  }
}

std::int32_t DeviceMap::device_of(const IpAddress& address) const {
  std::int32_t best = no_device;
  unsigned longest = 0;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    const auto& prefix = devices_[i].address;
    if (prefix && prefix->contains(address) && (best == no_device || prefix->length() > longest)) {
      best = static_cast<std::int32_t>(i);
      longest = prefix->length();
    }
  }
  const auto known = by_address_.find(address);
  if (known == by_address_.end()) {
    return best;
  }
  const std::int32_t found = known->second->device;
  return best != no_device && is_single(best) && best < found ? best : found;
}

bool DeviceMap::is_single(std::int32_t device) const {
  return device != no_device && is_single_machine(devices_.at(static_cast<std::size_t>(device)));
}

Role DeviceMap::role_of(std::int32_t device) const {
  return device == no_device ? Role::any : devices_.at(static_cast<std::size_t>(device)).role;
}

}  // namespace voip
