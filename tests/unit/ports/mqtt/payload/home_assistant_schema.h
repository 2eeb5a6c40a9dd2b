// What Home Assistant accepts on its discovery topics (its platforms' schemas of 2024.12 to 2026), and what it accepts but should
// not, as tables and as checks of a test.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace voip::home_assistant_schema {

using Json = nlohmann::ordered_json;
using Names = std::set<std::string>;

inline const Names common_keys{"qos",
                               "encoding",
                               "availability",
                               "availability_topic",
                               "availability_mode",
                               "availability_template",
                               "payload_available",
                               "payload_not_available",
                               "device",
                               "origin",
                               "enabled_by_default",
                               "entity_category",
                               "entity_picture",
                               "icon",
                               "json_attributes_topic",
                               "json_attributes_template",
                               "default_entity_id",
                               "unique_id",
                               "name",
                               "platform"};

struct PlatformRule {
  Names required;
  Names optional;
  Names categories;
};

inline const std::map<std::string, PlatformRule> platform_rules{
    {"sensor",
     {{"state_topic"},
      {"value_template", "device_class", "state_class", "unit_of_measurement", "options", "suggested_display_precision",
       "expire_after", "force_update", "last_reset_value_template"},
      {"diagnostic"}}},
    {"binary_sensor",
     {{"state_topic"},
      {"value_template", "device_class", "payload_on", "payload_off", "off_delay", "expire_after", "force_update"},
      {"diagnostic"}}},
    {"switch",
     {{"command_topic"},
      {"state_topic", "value_template", "command_template", "payload_on", "payload_off", "state_on", "state_off", "device_class",
       "optimistic"},
      {"config"}}},
    {"select", {{"command_topic", "options"}, {"state_topic", "value_template", "command_template", "optimistic"}, {"config"}}},
    {"number",
     {{"command_topic"},
      {"state_topic", "value_template", "command_template", "min", "max", "step", "mode", "device_class", "unit_of_measurement",
       "payload_reset", "optimistic"},
      {"config"}}},
    {"button", {{"command_topic"}, {"command_template", "payload_press", "device_class"}, {"config", "diagnostic"}}},
    {"notify", {{"command_topic"}, {"command_template"}, {"config", "diagnostic"}}},
    {"event", {{"state_topic", "event_types"}, {"value_template", "device_class"}, {"diagnostic"}}}};

// "running" is not among them: of "off" it says in German that the thing is out of order.
inline const Names binary_classes{"connectivity", "problem"};
inline const std::map<std::string, Names> sensor_units{
    {"data_rate", {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "B/s", "kB/s", "MB/s", "GB/s", "KiB/s", "MiB/s", "GiB/s"}},
    {"duration", {"d", "h", "min", "s", "ms"}},
    {"timestamp", {}},
    {"enum", {}}};
inline const Names device_keys{"identifiers",       "connections", "name",       "manufacturer",  "model",
                               "model_id",          "hw_version",  "sw_version", "serial_number", "suggested_area",
                               "configuration_url", "via_device"};
inline const Names origin_keys{"name", "sw_version", "support_url"};
inline const Names root_keys{"device", "origin", "components", "state_topic", "command_topic", "qos", "encoding", "availability"};

inline void expect_keys(const Json& object, const Names& allowed, const std::string& where) {
  for (const auto& [key, value] : object.items()) {
    EXPECT_TRUE(allowed.count(key) == 1) << where << ": unknown key " << key;
  }
}

inline void check_sensor(const Json& entity, const std::string& where) {
  const std::string device_class = entity.value("device_class", "");
  const std::string unit = entity.value("unit_of_measurement", "");
  if (!device_class.empty()) {
    ASSERT_EQ(sensor_units.count(device_class), 1U) << where;
    const Names& units = sensor_units.at(device_class);
    EXPECT_EQ(units.count(unit), units.empty() ? 0U : 1U) << where << ": unit " << unit;
  }
  if (device_class == "enum") {
    EXPECT_TRUE(!entity.value("options", Json::array()).empty()) << where;
    EXPECT_FALSE(entity.contains("state_class")) << where;
  } else {
    EXPECT_FALSE(entity.contains("options")) << where;
  }
  if (entity.contains("state_class")) {
    EXPECT_EQ(Names({"measurement", "total", "total_increasing"}).count(entity["state_class"]), 1U) << where;
  }
}

inline void check_entity(const std::string& platform, const Json& entity, const std::string& where) {
  ASSERT_EQ(platform_rules.count(platform), 1U) << where;
  const PlatformRule& rule = platform_rules.at(platform);
  Names allowed = common_keys;
  allowed.insert(rule.required.begin(), rule.required.end());
  allowed.insert(rule.optional.begin(), rule.optional.end());
  expect_keys(entity, allowed, where);
  for (const std::string& key : rule.required) {
    EXPECT_TRUE(entity.contains(key)) << where << ": " << key << " is missing";
  }
  EXPECT_TRUE(entity.contains("unique_id") && entity.contains("name")) << where;
  EXPECT_EQ(entity.value("default_entity_id", "").rfind(platform + ".", 0), 0U) << where;
  if (entity.contains("entity_category")) {
    EXPECT_EQ(rule.categories.count(entity["entity_category"]), 1U) << where;
  }
  EXPECT_EQ(entity.value("icon", "mdi:x").rfind("mdi:", 0), 0U) << where;
  for (const auto& [key, value] : entity.items()) {
    if (key.size() > 6 && key.substr(key.size() - 6) == "_topic") {
      const auto topic = value.get<std::string>();
      EXPECT_FALSE(topic.empty()) << where;
      EXPECT_EQ(topic.find_first_of("+#"), std::string::npos) << where << ": wildcard in " << key;
    }
    if (key.size() > 9 && key.substr(key.size() - 9) == "_template") {
      const auto text = value.get<std::string>();
      EXPECT_TRUE(text.starts_with("{{ ") || text.starts_with("{% ")) << where << ": " << text;
      EXPECT_TRUE(text.ends_with(" }}") || text.ends_with(" %}")) << where << ": " << text;
    }
  }
  if (rule.optional.count("state_topic") == 1) {
    EXPECT_TRUE(entity.contains("state_topic")) << where << ": without a state it would be optimistic";
  }
  if (platform == "sensor") {
    check_sensor(entity, where);
  } else if (platform == "binary_sensor") {
    EXPECT_EQ(binary_classes.count(entity.value("device_class", "problem")), 1U) << where;
  } else if (platform == "number") {
    EXPECT_LT(entity.at("min"), entity.at("max")) << where;
    EXPECT_GT(entity.at("step"), 0) << where;
    EXPECT_EQ(sensor_units.at(entity.at("device_class")).count(entity.at("unit_of_measurement")), 1U) << where;
    EXPECT_EQ(Names({"auto", "box", "slider"}).count(entity.value("mode", "auto")), 1U) << where;
  } else if (platform == "event" || platform == "select") {
    EXPECT_FALSE(entity.at(platform == "event" ? "event_types" : "options").empty()) << where;
  }
}

inline void check_device_and_origin(const Json& payload, const std::string& where) {
  ASSERT_TRUE(payload.contains("device") && payload.contains("origin")) << where;
  expect_keys(payload["device"], device_keys, where);
  EXPECT_FALSE(payload["device"].value("identifiers", Json::array()).empty()) << where;
  expect_keys(payload["origin"], origin_keys, where);
  EXPECT_TRUE(payload["origin"].contains("name")) << where;
  for (const Json& item : payload.at("availability")) {
    expect_keys(item, {"topic", "payload_available", "payload_not_available", "value_template"}, where);
  }
}

}  // namespace voip::home_assistant_schema
