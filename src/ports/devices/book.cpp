#include "ports/devices/book.h"

#include <algorithm>
#include <set>
#include <utility>

namespace voip {
namespace {

// The kernel keeps 1024 of a family itself (net.ipv4.neigh.default.gc_thresh3).
constexpr std::size_t most_neighbours = 4096;
constexpr std::size_t most_hardware_addresses = 16;  // of one host name: it moves from radio to cable

bool has_name(const HostEntry& entry, const std::string& hostname) {
  return std::any_of(entry.names.begin(), entry.names.end(),
                     [&](const std::string& name) { return is_same_host(hostname, name); });
}

}  // namespace

DeviceBook::DeviceBook(const std::vector<DeviceSettings>& devices) : devices_(devices) {
  learn_hardware();
}

bool DeviceBook::is_needed() const {
  return std::any_of(devices_.begin(), devices_.end(),
                     [](const DeviceSettings& device) { return !device.mac.empty() || !device.hostname.empty(); });
}

bool DeviceBook::wants(const HostEntry& entry) const {
  return entry.is_lease || std::any_of(devices_.begin(), devices_.end(), [&](const DeviceSettings& device) {
           return !device.hostname.empty() && has_name(entry, device.hostname);
         });
}

void DeviceBook::see(const Neighbour& neighbour, std::vector<Event>& events) {
  if (neighbours_.size() >= most_neighbours && !neighbours_.contains(neighbour.address)) {
    neighbours_.erase(neighbours_.begin());
  }
  neighbours_[neighbour.address] = neighbour.hardware;
  look_at(neighbour.address, events);
}

void DeviceBook::set_hosts(std::vector<HostEntry> hosts, std::vector<Event>& events) {
  hosts_.clear();
  for (HostEntry& entry : hosts) {
    const IpAddress address = entry.address;
    hosts_.emplace(address, std::move(entry));
  }
  learn_hardware();
  std::set<IpAddress> addresses;
  const auto add = [&](const auto& known) { addresses.insert(known.first); };
  std::for_each(hosts_.begin(), hosts_.end(), add);
  std::for_each(neighbours_.begin(), neighbours_.end(), add);
  std::for_each(told_.begin(), told_.end(), add);
  for (const IpAddress& address : addresses) {
    look_at(address, events);
  }
}

void DeviceBook::learn_hardware() {
  hardware_.assign(devices_.size(), {});
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    std::vector<HardwareAddress>& known = hardware_[i];
    if (const auto own = parse_hardware_address(devices_[i].mac)) {
      known.push_back(*own);
    }
    if (devices_[i].hostname.empty()) {
      continue;
    }
    for (const auto& [address, entry] : hosts_) {
      if (entry.hardware && known.size() < most_hardware_addresses && has_name(entry, devices_[i].hostname) &&
          std::find(known.begin(), known.end(), *entry.hardware) == known.end()) {
        known.push_back(*entry.hardware);
      }
    }
  }
}

std::optional<HardwareAddress> DeviceBook::hardware_at(const IpAddress& address) const {
  if (const auto neighbour = neighbours_.find(address); neighbour != neighbours_.end()) {
    return neighbour->second;
  }
  const auto [first, last] = hosts_.equal_range(address);
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second.hardware) {
      return entry->second.hardware;
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> DeviceBook::owner_of(const IpAddress& address) const {
  const auto hardware = hardware_at(address);
  const auto [first, last] = hosts_.equal_range(address);
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    if (hardware && std::find(hardware_[i].begin(), hardware_[i].end(), *hardware) != hardware_[i].end()) {
      return i;
    }
    // A lease whose hardware address is not the one that is there has been overtaken.
    const bool is_named = !devices_[i].hostname.empty() && std::any_of(first, last, [&, i](const auto& entry) {
      return (!entry.second.hardware || entry.second.hardware == hardware) && has_name(entry.second, devices_[i].hostname);
    });
    if (is_named) {
      return i;
    }
  }
  return std::nullopt;
}

bool DeviceBook::is_strangers(const IpAddress& address, const Told& told) const {
  const auto hardware = hardware_at(address);
  if (!devices_[told.device].mac.empty()) {
    return hardware.has_value();
  }
  if (hardware && told.hardware && *hardware != *told.hardware) {
    return true;
  }
  const auto [first, last] = hosts_.equal_range(address);
  return std::any_of(first, last, [&](const auto& entry) { return entry.second.is_lease && !entry.second.names.empty(); });
}

void DeviceBook::look_at(const IpAddress& address, std::vector<Event>& events) {
  const auto owner = owner_of(address);
  auto told = told_.find(address);
  if (!owner) {
    if (told != told_.end() && is_strangers(address, told->second)) {
      told_.erase(told);
      events.emplace_back(DeviceLost{address});
    }
    return;
  }
  if (told != told_.end() && told->second.device == *owner) {
    told->second.hardware = hardware_at(address);
    return;
  }
  if (told == told_.end() && told_.size() >= most_found_addresses) {
    // It is told again when it is seen again.
    const auto oldest = std::min_element(told_.begin(), told_.end(),
                                         [](const auto& a, const auto& b) { return a.second.order < b.second.order; });
    events.emplace_back(DeviceLost{oldest->first});
    told_.erase(oldest);
  }
  told_[address] = {*owner, hardware_at(address), ++last_order_};
  events.emplace_back(DeviceFound{*owner, address});
}

std::vector<HardwareAddress> DeviceBook::hardware_addresses() const {
  std::set<HardwareAddress> all;
  for (const auto& known : hardware_) {
    all.insert(known.begin(), known.end());
  }
  return {all.begin(), all.end()};
}

std::vector<IpAddress> DeviceBook::told_addresses() const {
  std::vector<IpAddress> addresses;
  for (const auto& [address, told] : told_) {
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace voip
