// Who has which address, from all that was seen: neighbours, leases, hosts(5). Pure: it takes in what was seen and gives the
// events that the engine is to know.
// - A hardware address owns what the neighbour table shows at it, and where that shows nothing (yet) what was leased to it.
// - A host name owns the addresses that leases and hosts(5) give it, and those of the hardware address that leases give it: so
// the
//   IPv6 addresses which a device takes for itself are known too.
// - An address stays with its device until somebody else is seen there: entries expire while a phone sleeps, and a lease file
// that
//   is being rewritten is empty for a moment.
// - Of several devices that could own an address it is the first in the file's order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/events.h"
#include "core/settings.h"
#include "ports/devices/parse.h"

namespace voip {

class DeviceBook {
 public:
  explicit DeviceBook(const std::vector<DeviceSettings>& devices);

  // Whether any device is given by hardware address or host name. Otherwise there is nothing to be seen.
  [[nodiscard]] bool is_needed() const;
  // Whether an entry of a lease or hosts file can matter: leases do always, as they show who else has an address.
  [[nodiscard]] bool wants(const HostEntry& entry) const;

  // Each appends DeviceFound and DeviceLost for what has changed.
  void see(const Neighbour& neighbour, std::vector<Event>& events);
  // All entries of all files, as they are now.
  void set_hosts(std::vector<HostEntry> hosts, std::vector<Event>& events);

  // The hardware addresses that belong to a device, and the addresses that were told: no other neighbour can matter.
  [[nodiscard]] std::vector<HardwareAddress> hardware_addresses() const;
  [[nodiscard]] std::vector<IpAddress> told_addresses() const;

 private:
  struct Told {
    std::size_t device = 0;
    std::optional<HardwareAddress> hardware;
    std::uint64_t order = 0;  // of telling
  };

  [[nodiscard]] std::optional<HardwareAddress> hardware_at(const IpAddress& address) const;
  [[nodiscard]] std::optional<std::size_t> owner_of(const IpAddress& address) const;
  [[nodiscard]] bool is_strangers(const IpAddress& address, const Told& told) const;
  void look_at(const IpAddress& address, std::vector<Event>& events);
  void learn_hardware();

  std::vector<DeviceSettings> devices_;
  std::vector<std::vector<HardwareAddress>> hardware_;  // of each device
  std::map<IpAddress, HardwareAddress> neighbours_;
  std::multimap<IpAddress, HostEntry> hosts_;
  std::map<IpAddress, Told> told_;
  std::uint64_t last_order_ = 0;
};

}  // namespace voip
