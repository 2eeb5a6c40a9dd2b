// The names that OpenWrt gives to its interfaces, which are not those of devices.
#pragma once

#include <string>

#include "ports/network/network.h"

namespace voip {

// What can be known of the interface of that name: netifd is asked by ubus, which takes half a second at most. Empty where there
// is no OpenWrt.
OpenWrt read_openwrt(const std::string& interface);

}  // namespace voip
