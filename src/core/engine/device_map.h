// Which configured device an address belongs to: the most specific of what the file says and of what was found (a hardware
// address or a host name seen at that address). A found address counts like the prefix of a single host; of equals the first in
// the file wins. Holds a bounded number of found addresses and forgets the one that was told longest ago.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "base/ip_address.h"
#include "core/events.h"
#include "core/settings.h"

namespace voip {

constexpr std::int32_t no_device = -1;

// Whether the setting means one machine, whatever its addresses, and not a network of them.
bool is_single_machine(const DeviceSettings& device);

class DeviceMap {
 public:
  explicit DeviceMap(const std::vector<DeviceSettings>& devices);
  DeviceMap(const DeviceMap&) = delete;  // by_address_ points into found_
  DeviceMap& operator=(const DeviceMap&) = delete;
  ~DeviceMap() = default;

  void found(std::int32_t device, const IpAddress& address);
  void lost(const IpAddress& address);
  // An index into Settings::devices, or no_device.
  [[nodiscard]] std::int32_t device_of(const IpAddress& address) const;
  [[nodiscard]] bool is_single(std::int32_t device) const;
  [[nodiscard]] Role role_of(std::int32_t device) const;
  [[nodiscard]] std::size_t found_addresses() const { return found_.size(); }

 private:
  struct Found {
    IpAddress address;
    std::int32_t device = no_device;
  };

  std::vector<DeviceSettings> devices_;
  std::list<Found> found_;  // told longest ago first
  std::unordered_map<IpAddress, std::list<Found>::iterator> by_address_;
};

}  // namespace voip
