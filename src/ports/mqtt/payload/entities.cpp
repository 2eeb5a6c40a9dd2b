#include "ports/mqtt/payload/entities.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/live_settings.h"
#include "core/model.h"
#include "ports/mqtt/payload/entity_list.h"
#include "ports/mqtt/payload/topics.h"

namespace voip {
namespace {

void replace(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

constexpr std::string_view reasons =
    R"j({'idle': 'No call', 'call': 'Somebody is on a call', 'release': 'A call has just ended', 'adopted': 'It was on at the start', 'manual': 'Ordered by hand', 'too_long': 'It was on for too long', 'pause': 'Waiting a moment', 'stopping': 'The service is ending'}[value_json.reason])j";
constexpr std::string_view going =
    R"j({{ ('Cannot be switched ' if value_json.error else 'Being switched ') ~ value_json.wanted | lower }})j";

void add_call(Entities& entities) {
  // No device class: none says of "off" that nobody is on a call, and "running" says in German that it is out of order.
  entities.add("binary_sensor", "call", "Call",
               R"j({"state_topic":"@/state",)j"
               R"j("value_template":"{{ 'ON' if value_json.call_active else 'OFF' }}",)j"
               R"j("json_attributes_topic":"@/state",)j"
               R"j("json_attributes_template":"{{ {'kind': value_json.call_kind, 'presumed': value_json.presumed} | tojson }}",)j"
               R"j("icon":"mdi:phone-in-talk"})j");
  entities.add("sensor", "call_since", "Call since",
               R"j({"device_class":"timestamp",)j"
               R"j("state_topic":"@/state",)j"
               R"j("value_template":"{{ value_json.call_started }}"})j");
  entities.add("sensor", "active_calls", "Active calls",
               R"j({"state_class":"measurement",)j"
               R"j("state_topic":"@/state",)j"
               R"j("value_template":"{{ value_json.calls }}",)j"
               R"j("icon":"mdi:phone"})j");
  entities.add("sensor", "upload", "Upload of calls",
               R"j({"device_class":"data_rate",)j"
               R"j("state_class":"measurement",)j"
               R"j("unit_of_measurement":"kbit/s",)j"
               R"j("suggested_display_precision":0,)j"
               R"j("state_topic":"@/usage",)j"
               R"j("value_template":"{{ value_json.up_kbit }}",)j"
               R"j("icon":"mdi:upload-network"})j");
  entities.add("sensor", "download", "Download of calls",
               R"j({"device_class":"data_rate",)j"
               R"j("state_class":"measurement",)j"
               R"j("unit_of_measurement":"kbit/s",)j"
               R"j("suggested_display_precision":0,)j"
               R"j("state_topic":"@/usage",)j"
               R"j("value_template":"{{ value_json.down_kbit }}",)j"
               R"j("icon":"mdi:download-network"})j");
}

// A file may go further than an order; Home Assistant complains of a value outside of the limits that it was told.
void set_range(Json& keys, Duration unit, Duration least, Duration most, Duration configured) {
  keys["min"] = std::min(least, configured) / unit;
  keys["max"] = (std::max(most, configured) + unit - Duration(1)) / unit;
}

void add_controls(Entities& entities, const Settings& settings) {
  // The template gives "None", which is unknown, as long as nothing was observed.
  entities.add("switch", "qos", nullptr,
               R"j({"state_topic":"@/state",)j"
               R"j("value_template":"{{ value_json.qos }}",)j"
               R"j("command_topic":"@/qos/set",)j"
               R"j("icon":"mdi:phone-lock"})j");
  // The mode to which an order for some time gives way; "Status" tells of that order.
  entities.add(
      "select", "mode", "Mode",
      R"j({"options":["Automatic","Always on","Always off"],)j"
      R"j("state_topic":"@/state",)j"
      R"j("value_template":"{{ {'auto': 'Automatic', 'on': 'Always on', 'off': 'Always off'}[value_json.lasting_mode] }}",)j"
      R"j("command_topic":"@/mode/set",)j"
      R"j("command_template":"{{ {'Automatic': 'auto', 'Always on': 'on', 'Always off': 'off'}[value] }}",)j"
      R"j("icon":"mdi:tune-variant"})j");
  // Home Assistant lets administrators alone publish over MQTT; everybody may press a button and choose an option.
  entities.add("button", "on_30_minutes", "On for 30 minutes",
               R"j({"command_topic":"@/qos/set",)j"
               R"j("payload_press":"{\"state\":\"ON\",\"for\":\"30m\"}",)j"
               R"j("icon":"mdi:timer-play-outline"})j");
  entities.add("button", "off_30_minutes", "Off for 30 minutes",
               R"j({"command_topic":"@/qos/set",)j"
               R"j("payload_press":"{\"state\":\"OFF\",\"for\":\"30m\"}",)j"
               R"j("icon":"mdi:timer-off-outline"})j");
  entities.add("button", "automatic", "Automatic again",
               R"j({"command_topic":"@/qos/set",)j"
               R"j("payload_press":"AUTO",)j"
               R"j("icon":"mdi:autorenew"})j");
  // For automations, which know how long.
  entities.add("notify", "on_for", "On for",
               R"j({"command_topic":"@/qos/set",)j"
               R"j("command_template":"{{ {'state': 'ON', 'for': value} | tojson }}",)j"
               R"j("icon":"mdi:timer-edit-outline"})j");
  set_range(entities.add("number", "release_after", "Release delay",
                         R"j({"device_class":"duration",)j"
                         R"j("unit_of_measurement":"s",)j"
                         R"j("min":0,)j"
                         R"j("max":600,)j"
                         R"j("step":1,)j"
                         R"j("mode":"box",)j"
                         R"j("state_topic":"@/release_after",)j"
                         R"j("command_topic":"@/release_after/set",)j"
                         R"j("entity_category":"config",)j"
                         R"j("icon":"mdi:timer-sand"})j"),
            1s, Duration::zero(), longest_release, settings.policy.release_after);
  // What is in a file may be no whole number of minutes.
  set_range(entities.add("number", "override_for", "Override time",
                         R"j({"device_class":"duration",)j"
                         R"j("unit_of_measurement":"min",)j"
                         R"j("min":1,)j"
                         R"j("max":1440,)j"
                         R"j("step":1,)j"
                         R"j("mode":"box",)j"
                         R"j("state_topic":"@/override_for",)j"
                         R"j("command_topic":"@/override_for/set",)j"
                         R"j("entity_category":"config",)j"
                         R"j("icon":"mdi:timer-cog-outline",)j"
                         R"j("value_template":"{{ (value | int / 60) | round(1) | string | replace('.0', '') }}",)j"
                         R"j("command_template":"{{ (value * 60) | round | int }}"})j"),
            1min, shortest_override, longest_override, settings.policy.override_for);
  if (settings.detector.use == "calls") {
    entities.add("select", "sensitivity", "Sensitivity",
                 R"j({"options":["Low","Normal","High"],)j"
                 R"j("state_topic":"@/sensitivity",)j"
                 R"j("value_template":"{{ {'low': 'Low', 'normal': 'Normal', 'high': 'High'}[value] }}",)j"
                 R"j("command_topic":"@/sensitivity/set",)j"
                 R"j("command_template":"{{ {'Low': 'low', 'Normal': 'normal', 'High': 'high'}[value] }}",)j"
                 R"j("entity_category":"config",)j"
                 R"j("icon":"mdi:ear-hearing"})j");
  }
  entities.add("button", "recheck", "Look again",
               R"j({"command_topic":"@/recheck/set",)j"
               R"j("entity_category":"diagnostic",)j"
               R"j("icon":"mdi:refresh"})j");
}

// What stands in the place of the controls where commands are off.
void add_read_only(Entities& entities) {
  entities.add("binary_sensor", "qos_state", nullptr,
               R"j({"state_topic":"@/state",)j"
               R"j("value_template":"{{ value_json.qos }}",)j"
               R"j("icon":"mdi:phone-lock"})j");
}

// The shipped dashboard is written for the default node id; others get theirs into the entity ids.
std::string entity_prefix(const Settings& settings) {
  return settings.node.id == NodeSettings{}.id ? "voip_qos" : "voip_qos_" + slug(settings.node.id);
}

Json about_of(const std::string& id, const std::string& name, const char* model) {
  Json about;
  about["identifiers"].push_back(id);
  about["name"] = name;
  about["manufacturer"] = "voip-qosd";
  about["model"] = model;
  return about;
}

}  // namespace

Json& Entities::add(const char* platform, const char* key, const char* name, std::string_view rest) {
  std::string text(rest);
  replace(text, "@going", switches_ ? going : "Off: this router only watches");
  replace(text, "@reasons", reasons);
  replace(text, "@/", base_);
  const std::string id = name == nullptr ? entity_ : entity_ + "_" + key;
  Json keys;
  keys["unique_id"] = unique_ + "_" + key;
  keys["default_entity_id"] = std::string(platform) + "." + id;
  keys["name"] = name == nullptr ? Json(nullptr) : Json(name);
  keys.update(parse_json(text));
  list_.push_back({key, platform, std::move(keys)});
  return list_.back().keys;
}

std::string home_assistant_id(const Settings& settings) {
  return "voip_qosd_" + settings.node.id;
}

std::vector<HomeAssistantDevice> home_assistant_devices(const Settings& settings, std::string_view version) {
  const MqttTopics topics(settings);
  const std::string id = home_assistant_id(settings);
  const std::string& node_name = settings.node.name.empty() ? settings.node.id : settings.node.name;

  std::vector<HomeAssistantDevice> devices;
  Entities node(id, entity_prefix(settings), topics.base(), settings.qos.actuator != "none");
  if (settings.mqtt.commands) {
    add_controls(node, settings);
  } else {
    add_read_only(node);
  }
  add_call(node);
  add_insight(node);
  add_line(node);
  // A slug holds no hyphen, so that no configured device has this object.
  devices.push_back({"the-node", about_of(id, "VoIP QoS " + node_name, "QoS for calls"), node.take()});
  devices.back().about["model_id"] = settings.qos.actuator;
  devices.back().about["sw_version"] = version;

  for (std::size_t i = 0; i < settings.devices.size(); ++i) {
    const std::string& device_slug = topics.device_slugs()[i];
    // A node id may hold what a slug may; the colon keeps node "a_b" apart from device "b" of node "a".
    std::string device_id = id;
    device_id.append(":").append(device_slug);
    std::string entity = entity_prefix(settings);
    entity.append("_").append(device_slug);
    Entities entities(device_id, entity, topics.of("device/" + device_slug), true);
    add_call(entities);
    devices.push_back({device_slug, about_of(device_id, settings.devices[i].name, "Device watched for calls"), entities.take()});
    devices.back().about["via_device"] = id;
  }
  return devices;
}

}  // namespace voip
