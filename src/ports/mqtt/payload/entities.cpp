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

void add_call(Entities& entities, const std::string& state) {
  // No device class: none says of "off" that nobody is on a call, and "running" says in German that it is out of order.
  entities.add("binary_sensor", "call", "Call",
               {{"state_topic", state},
                {"value_template", "{{ 'ON' if value_json.call_active else 'OFF' }}"},
                {"icon", "mdi:phone-in-talk"}});
  entities.add("sensor", "call_since", "Call since",
               {{"device_class", "timestamp"}, {"state_topic", state}, {"value_template", "{{ value_json.call_started }}"}});
  entities.add("sensor", "active_calls", "Active calls",
               {{"state_class", "measurement"},
                {"state_topic", state},
                {"value_template", "{{ value_json.calls }}"},
                {"icon", "mdi:phone"}});
}

void add_usage(Entities& entities, const std::string& usage) {
  entities.add("sensor", "upload", "Upload of calls",
               measured("data_rate", "kbit/s", usage, "{{ value_json.up_kbit }}", {{"icon", "mdi:upload-network"}}));
  entities.add("sensor", "download", "Download of calls",
               measured("data_rate", "kbit/s", usage, "{{ value_json.down_kbit }}", {{"icon", "mdi:download-network"}}));
}

// A file may go further than an order; Home Assistant complains of a value outside of the limits that it was told. What is in a
// file may be no whole number of minutes.
void add_duration(Entities& entities, const MqttTopics& topics, const char* key, const char* name, Duration least, Duration most,
                  Duration configured, bool is_in_minutes, const char* icon) {
  const Duration unit = is_in_minutes ? Duration(1min) : Duration(1s);
  Json keys{{"device_class", "duration"},
            {"unit_of_measurement", is_in_minutes ? "min" : "s"},
            {"min", std::min(least, configured) / unit},
            {"max", (std::max(most, configured) + unit - Duration(1)) / unit},
            {"step", 1},
            {"mode", "box"},
            {"state_topic", topics.of(key)},
            {"command_topic", topics.of(std::string(key) + "/set")},
            {"entity_category", "config"},
            {"icon", icon}};
  if (is_in_minutes) {
    keys["value_template"] = "{{ (value | int / 60) | round(1) | string | replace('.0', '') }}";
    keys["command_template"] = "{{ (value * 60) | round | int }}";
  }
  entities.add("number", key, name, keys);
}

// Home Assistant lets administrators alone publish over MQTT; everybody may press a button and choose an option.
void add_buttons(Entities& entities, const std::string& order) {
  const auto add = [&](const char* key, const char* name, const char* payload, const char* icon) {
    entities.add("button", key, name, {{"command_topic", order}, {"payload_press", payload}, {"icon", icon}});
  };
  add("on_30_minutes", "On for 30 minutes", R"({"state":"ON","for":"30m"})", "mdi:timer-play-outline");
  add("off_30_minutes", "Off for 30 minutes", R"({"state":"OFF","for":"30m"})", "mdi:timer-off-outline");
  add("automatic", "Automatic again", "AUTO", "mdi:autorenew");
  // For automations, which know how long.
  entities.add("notify", "on_for", "On for",
               {{"command_topic", order},
                {"command_template", "{{ {'state': 'ON', 'for': value} | tojson }}"},
                {"icon", "mdi:timer-edit-outline"}});
}

void add_controls(Entities& entities, const MqttTopics& topics, const Settings& settings) {
  // The template gives "None", which is unknown, as long as nothing was observed.
  entities.add("switch", "qos", nullptr,
               {{"state_topic", topics.state()},
                {"value_template", "{{ value_json.qos }}"},
                {"command_topic", topics.of("qos/set")},
                {"icon", "mdi:phone-lock"}});
  // The mode to which an order for some time gives way; "Status" tells of that order.
  const HomeAssistantWords modes{
      {to_string(Mode::automatic), "Automatic"}, {to_string(Mode::on), "Always on"}, {to_string(Mode::off), "Always off"}};
  entities.add("select", "mode", "Mode",
               {{"options", modes.shown()},
                {"state_topic", topics.state()},
                {"value_template", modes.to_show("value_json.lasting_mode")},
                {"command_topic", topics.of("mode/set")},
                {"command_template", modes.to_say("value")},
                {"icon", "mdi:tune-variant"}});
  add_buttons(entities, topics.of("qos/set"));
  add_duration(entities, topics, "release_after", "Release delay", Duration::zero(), longest_release,
               settings.policy.release_after, false, "mdi:timer-sand");
  add_duration(entities, topics, "override_for", "Override time", shortest_override, longest_override,
               settings.policy.override_for, true, "mdi:timer-cog-outline");
  if (settings.detector.use == "calls") {
    const HomeAssistantWords sensitivities{
        {to_string(Sensitivity::low), "Low"}, {to_string(Sensitivity::normal), "Normal"}, {to_string(Sensitivity::high), "High"}};
    entities.add("select", "sensitivity", "Sensitivity",
                 {{"options", sensitivities.shown()},
                  {"state_topic", topics.of("sensitivity")},
                  {"value_template", sensitivities.to_show("value")},
                  {"command_topic", topics.of("sensitivity/set")},
                  {"command_template", sensitivities.to_say("value")},
                  {"entity_category", "config"},
                  {"icon", "mdi:ear-hearing"}});
  }
  entities.add("button", "recheck", "Look again",
               {{"command_topic", topics.of("recheck/set")}, {"entity_category", "diagnostic"}, {"icon", "mdi:refresh"}});
}

// What stands in the place of the controls where commands are off.
void add_read_only(Entities& entities, const MqttTopics& topics) {
  entities.add("binary_sensor", "qos_state", nullptr,
               {{"state_topic", topics.state()}, {"value_template", "{{ value_json.qos }}"}, {"icon", "mdi:phone-lock"}});
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
    add_controls(node, topics, settings);
  } else {
    add_read_only(node, topics);
  }
  add_call(node, topics.state());
  add_usage(node, topics.usage());
  add_insight(node, topics, settings);
  add_line(node, topics.line());
  // A slug holds no hyphen, so that no configured device has this object.
  devices.push_back({"the-node",
                     {{"identifiers", {id}},
                      {"name", "VoIP QoS " + node_name},
                      {"manufacturer", "voip-qosd"},
                      {"model", "QoS for calls"},
                      {"model_id", settings.qos.actuator},
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
    add_usage(entities, topics.of_device(device_slug, "usage"));
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
