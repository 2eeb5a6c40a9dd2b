// Who is in the home, of all that leases, hosts(5) and the neighbour table name. Pure but for usual_host_files(), which is a
// list.
#pragma once

#include <string>
#include <vector>

#include "ports/devices/devices.h"
#include "ports/devices/parse.h"

namespace voip {

// Of OpenWrt's dnsmasq and odhcpd (older and newer), other systems' dnsmasq, and what was written by hand.
std::vector<std::string> usual_host_files();

// One for each hardware address. A name that a lease or hosts(5) gives to one of its addresses is its name.
std::vector<SeenHost> join_hosts(const std::vector<Neighbour>& neighbours, const std::vector<HostEntry>& entries);

}  // namespace voip
