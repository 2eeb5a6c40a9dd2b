// Which devices and entities there are, and what Home Assistant is told of each. A new one is a line here; its id, once released,
// never changes. Only for ports/mqtt/payload/home_assistant.cpp and its tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/settings.h"
#include "system/json.h"

namespace voip {

struct HomeAssistantEntity {
  std::string key;       // [a-z_]+, unique within its device
  std::string platform;  // "switch", "sensor", ...
  Json keys;             // unique_id, name, topics and so on
};

struct HomeAssistantDevice {
  std::string object;  // last part but one of its topic
  Json about;
  std::vector<HomeAssistantEntity> entities;
};

// "voip_qosd_<node id>": identifies the node's device, and stands in its discovery topics.
std::string home_assistant_id(const Settings& settings);

// The node first, then the configured devices.
std::vector<HomeAssistantDevice> home_assistant_devices(const Settings& settings, std::string_view version);

}  // namespace voip
