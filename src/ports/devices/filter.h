// The kernel's socket filter for neighbour messages: only those wake us that can matter. On a busy LAN every neighbour changes
// its state a few times a minute, and a bridge tells each port of each station besides.
#pragma once

#include <linux/filter.h>

#include <span>
#include <vector>

#include "base/ip_address.h"
#include "ports/devices/parse.h"

namespace voip {

// Lets through: answers to a dump, and news of an IPv4 or IPv6 neighbour that has a hardware address, if that is one of
// `hardware` or its address is one of `addresses`. With more of them than a filter can hold, news of every neighbour.
std::vector<sock_filter> neighbour_filter(std::span<const HardwareAddress> hardware, std::span<const IpAddress> addresses);

}  // namespace voip
