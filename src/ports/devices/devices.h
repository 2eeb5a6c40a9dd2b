// Finds the devices that are configured by hardware address or host name: which addresses are theirs now, told to the engine as
// DeviceFound and DeviceLost. It follows the kernel's neighbour table and the lease files of the DHCP server; it polls nothing
// and sends nothing to the network. Where no device needs it, it opens nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/settings.h"
#include "system/port.h"

namespace voip {

std::unique_ptr<Port> make_devices(const Settings& settings);

// The same with other lease and hosts files than the system's; see HostFiles for how they are written.
std::unique_ptr<Port> make_devices(const Settings& settings, std::vector<std::string> files);

}  // namespace voip
