// Which devices of the home look like telephones: by the names that they gave themselves, and by who made them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/settings.h"
#include "ports/devices/devices.h"

namespace voip {

// Why it looks like a telephone, in a word or two: "Yealink", "its name". Empty: it does not. Mobile phones do not: most of what
// they carry is no call, and the detector knows their calls by their shape.
std::string why_telephone(const SeenHost& host);

// How it is named in the configuration: its own name without what does not belong there, or its maker or "phone" and the end of
// its hardware address. Different from all those that are `taken`.
std::string device_name(const SeenHost& host, const std::vector<DeviceSettings>& taken);

// A telephone that is proposed.
struct Telephone {
  DeviceSettings device;
  std::string why;
};
// Those of the hosts that are none of the known devices yet.
std::vector<Telephone> find_telephones(const std::vector<SeenHost>& hosts, const std::vector<DeviceSettings>& known);

// The device of that address, to be written: by its hardware address where that is known.
DeviceSettings device_at(const IpAddress& address, const std::vector<SeenHost>& hosts, const std::vector<DeviceSettings>& taken);

bool is_known(const DeviceSettings& device, const std::vector<DeviceSettings>& known);

}  // namespace voip
