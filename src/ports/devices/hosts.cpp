#include "ports/devices/hosts.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "ports/devices/files.h"
#include "ports/devices/neighbours.h"

namespace voip {
namespace {

constexpr std::size_t most_hosts = 4096;

std::string to_text(const HardwareAddress& hardware) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : hardware) {
    text += text.empty() ? "" : ":";
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

void add(std::vector<IpAddress>& addresses, const IpAddress& address) {
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
    addresses.push_back(address);
  }
}

}  // namespace

std::vector<std::string> usual_host_files() {
  return {"/tmp/dhcp.leases", "/var/lib/misc/dnsmasq.leases", "/tmp/hosts/odhcpd*", "/tmp/odhcpd.leases", "/etc/hosts"};
}

std::vector<SeenHost> join_hosts(const std::vector<Neighbour>& neighbours, const std::vector<HostEntry>& entries) {
  std::map<HardwareAddress, SeenHost> hosts;
  const auto host = [&hosts](const HardwareAddress& hardware) -> SeenHost* {
    const auto found = hosts.find(hardware);
    if (found == hosts.end() && hosts.size() >= most_hosts) {
      return nullptr;
    }
    return &(found == hosts.end() ? hosts.emplace(hardware, SeenHost{.mac = to_text(hardware)}).first : found)->second;
  };
  for (const Neighbour& neighbour : neighbours) {
    if (SeenHost* const seen = host(neighbour.hardware)) {
      add(seen->addresses, neighbour.address);
    }
  }
  for (const HostEntry& entry : entries) {
    SeenHost* const seen = entry.hardware ? host(*entry.hardware) : nullptr;
    if (seen != nullptr) {
      add(seen->addresses, entry.address);
      seen->name = seen->name.empty() && !entry.names.empty() ? entry.names.front() : seen->name;
    }
  }
  std::vector<SeenHost> all;
  for (auto& [hardware, seen] : hosts) {
    for (const HostEntry& entry : entries) {
      const bool is_its = std::find(seen.addresses.begin(), seen.addresses.end(), entry.address) != seen.addresses.end();
      if (seen.name.empty() && is_its && !entry.names.empty()) {
        seen.name = entry.names.front();
      }
    }
    all.push_back(std::move(seen));
  }
  return all;
}

Result<std::vector<SeenHost>> list_hosts(Loop& loop) {
  HostFiles files(usual_host_files());
  std::vector<HostEntry> entries;
  const Status read = files.open(
      loop, [](const HostEntry& /*entry*/) { return true; },
      [&entries](std::vector<HostEntry> found) { entries = std::move(found); });
  if (!read) {
    return Error{read.error()};
  }
  NeighbourTable table;
  std::vector<Neighbour> neighbours;
  const Status listed = table.open(
      loop, [&neighbours](const Neighbour& neighbour) { neighbours.push_back(neighbour); }, [] {});
  if (!listed) {
    return Error{listed.error()};
  }
  return join_hosts(neighbours, entries);
}

}  // namespace voip
