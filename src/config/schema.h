// Every key of the configuration file, and the setting that it goes into.
#pragma once

#include <span>
#include <string_view>

#include "config/config.h"
#include "config/node.h"
#include "config/value.h"

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

// What no single value can tell: settings that contradict each other.
void check_contradictions(ConfigReading& reading);
// Password, certificates and scripts that the settings name: readable, and the password for nobody else. Opens them. What the
// daemon makes itself takes the place of nothing else, nor of the configuration, which is `file`.
void check_named_files(ConfigReading& reading, const std::string& file, NamedFiles named_files);

}  // namespace voip
