#include "ports/mqtt/payload/home_assistant.h"

#include <cstddef>
#include <set>
#include <utility>

#include "ports/mqtt/payload/entities.h"
#include "system/json.h"

namespace voip {
namespace {

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string topic_of(const Settings& settings, const std::string& component, const std::string& object) {
  return settings.home_assistant.prefix + "/" + component + "/" + home_assistant_id(settings) + "/" + object + "/config";
}

Json shared_keys(const Settings& settings, const HomeAssistantDevice& device, std::string_view version) {
  return Json{{"device", device.about},
              {"origin", {{"name", "voip-qosd"}, {"sw_version", version}}},
              {"availability", Json::array({{{"topic", MqttTopics(settings).status()}}})},
              {"qos", 1}};
}

MqttMessage device_message(const Settings& settings, const HomeAssistantDevice& device, std::string_view version) {
  Json payload = shared_keys(settings, device, version);
  Json components = Json::object();
  for (const HomeAssistantEntity& entity : device.entities) {
    Json component{{"platform", entity.platform}};
    component.update(entity.keys);
    components[entity.key] = std::move(component);
  }
  payload["components"] = std::move(components);
  return {topic_of(settings, "device", device.object), text_of(payload), 1, true};
}

MqttMessage entity_message(const Settings& settings, const HomeAssistantDevice& device, const HomeAssistantEntity& entity,
                           std::string_view version) {
  Json payload = shared_keys(settings, device, version);
  payload.update(entity.keys);  // which may have an availability of its own
  // Neither a slug nor a key holds a hyphen, so no two entities share an object.
  return {topic_of(settings, entity.platform, device.object + "-" + entity.key), text_of(payload), 1, true};
}

void add_unique_id(const Json& component, std::set<std::string>& ids) {
  if (component.is_object() && component.contains("unique_id") && component["unique_id"].is_string()) {
    ids.insert(component["unique_id"].get<std::string>());
  }
}

std::set<std::string> unique_ids(const Json& payload) {
  std::set<std::string> ids;
  add_unique_id(payload, ids);
  if (payload.is_object() && payload.contains("components") && payload["components"].is_object()) {
    for (const auto& component : payload["components"]) {
      add_unique_id(component, ids);
    }
  }
  return ids;
}

bool shares_any(const std::set<std::string>& a, const std::set<std::string>& b) {
  for (const std::string& one : a) {
    if (b.count(one) != 0) {
      return true;
    }
  }
  return false;
}

// The new message with a bare platform for each component that is gone, which is how one is taken back; empty if none is.
std::string with_tombstones(const std::string& old_payload, const std::string& new_payload) {
  const Json before = parse_json(old_payload);
  Json after = parse_json(new_payload);
  if (!before.is_object() || !before.contains("components") || !before["components"].is_object() ||
      !after.contains("components")) {
    return {};
  }
  bool has_any = false;
  for (const auto& [key, component] : before["components"].items()) {
    if (!after["components"].contains(key) && component.is_object() && component.contains("platform")) {
      after["components"][key] = Json{{"platform", component["platform"]}};
      has_any = true;
    }
  }
  return has_any ? text_of(after) : std::string();
}

}  // namespace

std::vector<MqttMessage> discovery_messages(const Settings& settings, std::string_view version) {
  std::vector<MqttMessage> messages;
  for (const HomeAssistantDevice& device : home_assistant_devices(settings, version)) {
    if (settings.home_assistant.device_style) {
      messages.push_back(device_message(settings, device, version));
      continue;
    }
    for (const HomeAssistantEntity& entity : device.entities) {
      messages.push_back(entity_message(settings, device, entity, version));
    }
  }
  return messages;
}

std::string discovery_filter(const Settings& settings) {
  return topic_of(settings, "+", "+");
}

bool is_own_discovery(const Settings& settings, std::string_view topic) {
  const std::string prefix = settings.home_assistant.prefix + "/";
  const std::string middle = "/" + home_assistant_id(settings) + "/";
  constexpr std::string_view end = "/config";
  if (topic.substr(0, prefix.size()) != prefix || topic.size() < end.size() || topic.substr(topic.size() - end.size()) != end) {
    return false;
  }
  const std::size_t component_end = topic.find('/', prefix.size());
  return component_end != std::string_view::npos && topic.substr(component_end, middle.size()) == middle;
}

DiscoveryPlan plan_discovery(const Settings& settings, std::string_view version,
                             const std::map<std::string, std::string>& found) {
  const std::vector<MqttMessage> messages = discovery_messages(settings, version);
  std::map<std::string, const MqttMessage*> offered;
  std::set<std::string> offered_ids;
  for (const MqttMessage& message : messages) {
    offered.emplace(message.topic, &message);
    offered_ids.merge(unique_ids(parse_json(message.payload)));
  }
  DiscoveryPlan plan;
  for (const auto& [topic, payload] : found) {
    if (payload.empty()) {
      continue;
    }
    if (const auto known = offered.find(topic); known != offered.end()) {
      if (std::string tombstones = with_tombstones(payload, known->second->payload); !tombstones.empty()) {
        plan.now.push_back({topic, std::move(tombstones), 1, false});
      }
    } else if (shares_any(unique_ids(parse_json(payload)), offered_ids)) {
      plan.now.push_back({topic, R"({"migrate_discovery":true})", 1, false});
      plan.later.push_back({topic, {}, 1, true});
    } else {
      plan.now.push_back({topic, {}, 1, true});
    }
  }
  plan.now.insert(plan.now.end(), messages.begin(), messages.end());
  return plan;
}

}  // namespace voip
