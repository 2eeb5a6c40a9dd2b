// How the node introduces itself to Home Assistant (MQTT discovery): one device, one more for each configured device behind it,
// and their entities. Pure. The rules of that protocol: one unknown key in device, origin or root and the whole message is
// refused; ids are for ever; what is no longer offered must be taken back.
// https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/settings.h"
#include "ports/mqtt/payload/topics.h"

namespace voip {

// Every retained message that introduces the node, in the style of the settings: one for each device, or one for each entity.
std::vector<MqttMessage> discovery_messages(const Settings& settings, std::string_view version);

// Matches all of the node's own discovery topics in either style, and nobody else's.
std::string discovery_filter(const Settings& settings);
bool is_own_discovery(const Settings& settings, std::string_view topic);

struct DiscoveryPlan {
  std::vector<MqttMessage> now;
  std::vector<MqttMessage> later;  // some seconds afterwards, when Home Assistant has moved its entities over
};

// discovery_messages() and, before them, what takes back whatever `found` (topic -> payload, as the broker holds it of an earlier
// run) says beyond them: entities of the other style are moved over with their history, others are removed.
DiscoveryPlan plan_discovery(const Settings& settings, std::string_view version, const std::map<std::string, std::string>& found);

}  // namespace voip
