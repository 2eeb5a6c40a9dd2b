// Finds the devices that are configured by hardware address or host name: which addresses are theirs now, told to the engine as
// DeviceFound and DeviceLost. It follows the kernel's neighbour table and the lease files of the DHCP server; it polls nothing
// and sends nothing to the network. Where no device needs it, it opens nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "core/settings.h"
#include "system/port.h"

namespace voip {

std::unique_ptr<Port> make_devices(const Settings& settings);

// The same with other lease and hosts files than the system's; see HostFiles for how they are written.
std::unique_ptr<Port> make_devices(const Settings& settings, std::vector<std::string> files);

// ---- For commands ----

// Somebody whom the neighbour table or a lease names.
struct SeenHost {
  std::string mac;     // "00:11:22:aa:bb:cc"
  std::string name{};  // as it called itself; empty: it did not. Others wrote it: anything may stand in it
  std::vector<IpAddress> addresses{};
  friend bool operator==(const SeenHost&, const SeenHost&) = default;
};

// Whoever is known now, in the order of their hardware addresses. It sends nothing to the network.
Result<std::vector<SeenHost>> list_hosts(Loop& loop);

}  // namespace voip
