#include "ports/mqtt/payload/entities.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/live_settings.h"
#include "core/model.h"
#include "ports/mqtt/payload/topics.h"

namespace voip {
namespace {

// Adds what all entities of one device have in common.
class Entities {
 public:
  // `unique` and `entity` begin the unique ids and the entity ids.
  Entities(std::string unique, std::string entity) : unique_(std::move(unique)), entity_(std::move(entity)) {}

  // Without a name it is the main feature and bears the device's.
  void add(const std::string& platform, const std::string& key, const char* name, const Json& rest) {
    const std::string entity_id = name == nullptr ? entity_ : entity_ + "_" + key;
    Json keys{{"unique_id", unique_ + "_" + key},
              {"default_entity_id", platform + "." + entity_id},
              {"name", name == nullptr ? Json(nullptr) : Json(name)}};
    keys.update(rest);
    list_.push_back({key, platform, std::move(keys)});
  }

  std::vector<HomeAssistantEntity> take() { return std::move(list_); }

 private:
  std::string unique_;
  std::string entity_;
  std::vector<HomeAssistantEntity> list_;
};

void add_call(Entities& entities, const std::string& state) {
  entities.add("binary_sensor", "call", "Call",
               {{"device_class", "running"},
                {"state_topic", state},
                {"value_template", "{{ 'ON' if value_json.call_active else 'OFF' }}"},
                {"icon", "mdi:phone-in-talk"}});
}

// Drawn as a curve, in whole numbers. A template gives "None", which is unknown, where the value is null.
Json measured(const char* device_class, const char* unit, const std::string& topic, const char* value, const Json& rest) {
  Json keys{{"device_class", device_class},     {"state_class", "measurement"}, {"unit_of_measurement", unit},
            {"suggested_display_precision", 0}, {"state_topic", topic},         {"value_template", value}};
  keys.update(rest);
  return keys;
}

void add_rates(Entities& entities, const std::string& rates) {
  entities.add("sensor", "upload", "VoIP upload",
               measured("data_rate", "kbit/s", rates, "{{ value_json.up_kbit }}", {{"icon", "mdi:upload-network"}}));
  entities.add("sensor", "download", "VoIP download",
               measured("data_rate", "kbit/s", rates, "{{ value_json.down_kbit }}", {{"icon", "mdi:download-network"}}));
  entities.add("sensor", "call_duration", "Call duration",
               measured("duration", "s", rates, "{{ value_json.call_s }}", Json::object()));
}

void add_active_calls(Entities& entities, const std::string& state) {
  entities.add("sensor", "active_calls", "Active calls",
               {{"state_class", "measurement"},
                {"state_topic", state},
                {"value_template", "{{ value_json.calls }}"},
                {"icon", "mdi:phone"}});
}

// A file may go further than an order; Home Assistant complains of a value outside of the limits that it was told.
void add_duration(Entities& entities, const MqttTopics& topics, const char* key, const char* name, Duration least, Duration most,
                  Duration configured, const char* icon) {
  const auto seconds = [](Duration duration) { return duration.count() / 1000; };
  entities.add("number", key, name,
               {{"device_class", "duration"},
                {"unit_of_measurement", "s"},
                {"min", seconds(std::min(least, configured))},
                {"max", seconds(std::max(most, configured))},
                {"step", 1},
                {"mode", "box"},
                {"state_topic", topics.of(key)},
                {"command_topic", topics.of(std::string(key) + "/set")},
                {"entity_category", "config"},
                {"icon", icon}});
}

void add_controls(Entities& entities, const MqttTopics& topics, const PolicySettings& policy) {
  // The template gives "None", which is unknown, as long as nothing was observed.
  entities.add("switch", "qos", nullptr,
               {{"state_topic", topics.state()},
                {"value_template", "{{ value_json.qos }}"},
                {"command_topic", topics.of("qos/set")},
                {"icon", "mdi:phone-lock"}});
  entities.add("select", "mode", "Mode",
               {{"options", {"auto", "on", "off"}},
                {"state_topic", topics.state()},
                {"value_template", "{{ value_json.mode }}"},
                {"command_topic", topics.of("mode/set")},
                {"icon", "mdi:tune-variant"}});
  add_duration(entities, topics, "release_after", "Release delay", Duration::zero(), longest_release, policy.release_after,
               "mdi:timer-sand");
  add_duration(entities, topics, "override_for", "Override time", shortest_override, longest_override, policy.override_for,
               "mdi:timer-cog-outline");
  entities.add("button", "recheck", "Re-check",
               {{"command_topic", topics.of("recheck/set")}, {"entity_category", "diagnostic"}, {"icon", "mdi:refresh"}});
}

// What stands in the place of the controls where commands are off.
void add_read_only(Entities& entities, const MqttTopics& topics) {
  entities.add("binary_sensor", "qos_state", nullptr,
               {{"device_class", "running"},
                {"state_topic", topics.state()},
                {"value_template", "{{ value_json.qos }}"},
                {"icon", "mdi:phone-lock"}});
}

void add_insight(Entities& entities, const MqttTopics& topics) {
  Json reasons = Json::array();
  for (const Reason reason : all_reasons) {
    reasons.push_back(to_string(reason));
  }
  entities.add("sensor", "reason", "Reason",
               {{"device_class", "enum"},
                {"options", reasons},
                {"state_topic", topics.state()},
                {"value_template", "{{ value_json.reason }}"},
                {"icon", "mdi:help-circle-outline"}});
  entities.add(
      "sensor", "override_until", "Override until",
      {{"device_class", "timestamp"}, {"state_topic", topics.state()}, {"value_template", "{{ value_json.override_until }}"}});
  // Other events go over the same topic; an empty result is ignored, an unknown type would be warned about.
  entities.add("event", "call_event", "Call",
               {{"event_types", {"call_started", "call_ended"}},
                {"state_topic", topics.event()},
                {"value_template", "{{ value if value_json.event_type in ['call_started', 'call_ended'] else '' }}"},
                {"icon", "mdi:phone-log"}});
  entities.add("binary_sensor", "problem", "QoS problem",
               {{"device_class", "problem"},
                {"state_topic", topics.state()},
                {"value_template", "{{ 'ON' if value_json.error else 'OFF' }}"},
                {"json_attributes_topic", topics.state()},
                {"json_attributes_template", "{{ {'error': value_json.error} | tojson }}"},
                {"entity_category", "diagnostic"}});
  Json sights = Json::array();
  for (const Sight sight : {Sight::ok, Sight::limited, Sight::blind}) {
    sights.push_back(to_string(sight));
  }
  entities.add("sensor", "detector", "Detector",
               {{"device_class", "enum"},
                {"options", sights},
                {"state_topic", topics.state()},
                {"value_template", "{{ value_json.detector }}"},
                {"json_attributes_topic", topics.state()},
                {"json_attributes_template", "{{ {'reason': value_json.detector_reason} | tojson }}"},
                {"entity_category", "diagnostic"},
                {"icon", "mdi:eye-outline"}});
}

void add_line(Entities& entities, const std::string& line) {
  entities.add("sensor", "line_upload", "Line upload",
               measured("data_rate", "kbit/s", line, "{{ value_json.up_kbit }}", {{"icon", "mdi:upload"}}));
  entities.add("sensor", "line_download", "Line download",
               measured("data_rate", "kbit/s", line, "{{ value_json.down_kbit }}", {{"icon", "mdi:download"}}));
  entities.add("sensor", "line_upload_queue", "Upload queue",
               measured("duration", "ms", line, "{{ value_json.up_queue_ms }}",
                        {{"entity_category", "diagnostic"}, {"icon", "mdi:tray-arrow-up"}}));
  entities.add("sensor", "line_download_queue", "Download queue",
               measured("duration", "ms", line, "{{ value_json.down_queue_ms }}",
                        {{"entity_category", "diagnostic"}, {"icon", "mdi:tray-arrow-down"}}));
  Json places = Json::array();
  for (const Bottleneck place :
       {Bottleneck::none, Bottleneck::upload, Bottleneck::download, Bottleneck::home, Bottleneck::far_end, Bottleneck::unknown}) {
    places.push_back(to_string(place));
  }
  entities.add("sensor", "bottleneck", "Bottleneck",
               {{"device_class", "enum"},
                {"options", places},
                {"state_topic", line},
                {"value_template", "{{ value_json.bottleneck }}"},
                {"json_attributes_topic", line},
                {"json_attributes_template", "{{ {'blocker': value_json.blocker} | tojson }}"},
                {"entity_category", "diagnostic"},
                {"icon", "mdi:pipe-valve"}});
}

// The shipped dashboard is written for the default node id; others get theirs into the entity ids.
std::string entity_prefix(const Settings& settings) {
  return settings.node.id == NodeSettings{}.id ? "voip_qos" : "voip_qos_" + slug(settings.node.id);
}

}  // namespace

std::string home_assistant_id(const Settings& settings) {
  return "voip_qosd_" + settings.node.id;
}

std::vector<HomeAssistantDevice> home_assistant_devices(const Settings& settings, std::string_view version) {
  const MqttTopics topics(settings);
  const std::string id = home_assistant_id(settings);
  const std::string& node_name = settings.node.name.empty() ? settings.node.id : settings.node.name;

  std::vector<HomeAssistantDevice> devices;
  Entities node(id, entity_prefix(settings));
  if (settings.mqtt.commands) {
    add_controls(node, topics, settings.policy);
  } else {
    add_read_only(node, topics);
  }
  add_call(node, topics.state());
  add_rates(node, topics.rates());
  add_active_calls(node, topics.state());
  add_insight(node, topics);
  add_line(node, topics.line());
  // A slug holds no hyphen, so that no configured device has this object.
  devices.push_back({"the-node",
                     {{"identifiers", {id}},
                      {"name", "VoIP QoS " + node_name},
                      {"manufacturer", "voip-qosd"},
                      {"model", "QoS for calls, actuator " + settings.qos.actuator},
                      {"sw_version", version}},
                     node.take()});

  for (std::size_t i = 0; i < settings.devices.size(); ++i) {
    const std::string& device_slug = topics.device_slugs()[i];
    // A node id may hold what a slug may; the colon keeps node "a_b" apart from device "b" of node "a".
    std::string device_id = id;
    device_id.append(":").append(device_slug);
    std::string entity = entity_prefix(settings);
    entity.append("_").append(device_slug);
    Entities entities(device_id, entity);
    add_call(entities, topics.of_device(device_slug, "state"));
    add_rates(entities, topics.of_device(device_slug, "rates"));
    add_active_calls(entities, topics.of_device(device_slug, "state"));
    devices.push_back({device_slug,
                       {{"identifiers", {device_id}},
                        {"name", settings.devices[i].name},
                        {"manufacturer", "voip-qosd"},
                        {"model", "Device watched for calls"},
                        {"via_device", id}},
                       entities.take()});
  }
  return devices;
}

}  // namespace voip
