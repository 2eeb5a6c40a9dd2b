// What a network device has sent and received, as /proc/net/dev lists it (net/core/net-procfs.c).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/model.h"

namespace voip {

struct DeviceCounters {
  Counters received;
  Counters sent;  // bytes of both with the header of the link, where it has one
};

// Of the device in such a listing; empty: it is not there, or the listing is none.
std::optional<DeviceCounters> parse_device_counters(std::string_view listing, std::string_view device);
Result<DeviceCounters> read_device_counters(const std::string& device);

// What the kernel counts of each packet before its IP header: 14 with Ethernet, 0 with ppp and tun.
std::uint32_t link_header_of(const std::string& device);

}  // namespace voip
