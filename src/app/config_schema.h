// Every key of the configuration file, and the setting that it goes into.
#pragma once

#include <span>
#include <string_view>

#include "app/config_node.h"
#include "app/config_value.h"

namespace voip {

struct ConfigKey {
  std::string_view name;
  void (*read)(ConfigValue&, Settings&);
};

struct ConfigSection {
  std::string_view name;  // "qos.tc"
  std::span<const ConfigKey> keys;
};

struct DeviceKey {
  std::string_view name;
  void (*read)(ConfigValue&, DeviceSettings&);
};

std::span<const ConfigSection> config_sections();
std::span<const DeviceKey> device_keys();  // of each [[device]]

// Reads all that is known and notes a problem for all that is not.
void read_settings(const ConfigNode& file, ConfigReading& reading);

}  // namespace voip
