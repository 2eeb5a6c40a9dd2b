#include "ports/mqtt/payload/home_assistant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "source_dir.h"
#include "unit/ports/mqtt/payload/home_assistant_schema.h"

namespace voip {
namespace {

using home_assistant_schema::check_device_and_origin;
using home_assistant_schema::check_entity;
using home_assistant_schema::expect_keys;
using home_assistant_schema::Json;
using home_assistant_schema::Names;
using home_assistant_schema::root_keys;

Settings with_phone() {
  Settings settings;
  settings.node.name = "Attic";
  settings.qos.actuator = "tc";
  DeviceSettings phone;
  phone.name = "Kitchen phone";
  settings.devices = {phone};
  return settings;
}

std::vector<Settings> all_kinds() {
  std::vector<Settings> kinds;
  for (const bool device_style : {true, false}) {
    for (const bool commands : {true, false}) {
      Settings settings = with_phone();
      settings.home_assistant.device_style = device_style;
      settings.mqtt.commands = commands;
      settings.node.id = device_style ? "router" : "Up-stairs_2";
      kinds.push_back(settings);
    }
  }
  return kinds;
}

TEST(HomeAssistant, AcceptsEveryMessageThatIsSent) {
  for (const Settings& settings : all_kinds()) {
    Names ids;
    Names entity_ids;
    for (const MqttMessage& message : discovery_messages(settings, "1.2.3")) {
      EXPECT_TRUE(message.is_retained);
      EXPECT_EQ(message.qos, 1);
      EXPECT_TRUE(is_own_discovery(settings, message.topic)) << message.topic;
      const Json payload = Json::parse(message.payload);
      check_device_and_origin(payload, message.topic);
      std::map<std::string, Json> entities;
      if (settings.home_assistant.device_style) {
        expect_keys(payload, root_keys, message.topic);
        for (const auto& [key, component] : payload.at("components").items()) {
          entities[key] = component;
          check_entity(component.at("platform"), component, message.topic + " " + key);
        }
      } else {
        const std::string rest = message.topic.substr(settings.home_assistant.prefix.size() + 1);
        entities[rest] = payload;
        EXPECT_FALSE(payload.contains("platform"));
        check_entity(rest.substr(0, rest.find('/')), payload, message.topic);
      }
      for (const auto& [key, entity] : entities) {
        EXPECT_TRUE(ids.insert(entity.at("unique_id")).second) << entity.at("unique_id");
        EXPECT_TRUE(entity_ids.insert(entity.at("default_entity_id")).second) << entity.at("default_entity_id");
      }
    }
    EXPECT_EQ(ids.size(), settings.mqtt.commands ? 35U : 26U);
  }
}

TEST(HomeAssistant, BothStylesOfferTheSameEntities) {
  Settings settings = with_phone();
  std::map<std::string, Json> devices_entities;
  for (const MqttMessage& message : discovery_messages(settings, "1")) {
    const Json payload = Json::parse(message.payload);
    for (const auto& [key, component] : payload["components"].items()) {
      devices_entities[component["unique_id"]] = component;
    }
  }
  settings.home_assistant.device_style = false;
  for (const MqttMessage& message : discovery_messages(settings, "1")) {
    Json payload = Json::parse(message.payload);
    Json expected = devices_entities.at(payload["unique_id"]);
    for (const char* shared : {"device", "origin", "availability", "qos"}) {
      if (!expected.contains(shared)) {
        payload.erase(shared);
      }
    }
    expected.erase("platform");
    EXPECT_TRUE(nlohmann::json(payload) == nlohmann::json(expected)) << payload << expected;
    devices_entities.erase(payload["unique_id"]);
  }
  EXPECT_TRUE(devices_entities.empty());
}

// The whole text, as a reader of the protocol sees it. After a deliberate change: take the actual text from the failure.
TEST(HomeAssistant, SaysExactlyWhatTheGoldenFileSays) {
  Json actual = Json::object();
  for (const MqttMessage& message : discovery_messages(with_phone(), "1.2.3")) {
    actual[message.topic] = Json::parse(message.payload);
  }
  std::ifstream file(VOIP_SOURCE_DIR "/tests/unit/ports/mqtt/payload/home_assistant_golden.json");
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(actual.dump(1) + "\n", golden.str());
}

TEST(HomeAssistant, NumbersAllowWhatTheFileSaysAndWhatCanBeOrdered) {
  Settings settings;
  settings.policy.release_after = 20min;
  settings.policy.override_for = 5s;
  const Json components = Json::parse(discovery_messages(settings, "1")[0].payload)["components"];
  EXPECT_EQ(components["release_after"]["min"], 0);
  EXPECT_EQ(components["release_after"]["max"], 1200);
  EXPECT_EQ(components["override_for"]["min"], 0) << "minutes";
  EXPECT_EQ(components["override_for"]["max"], 1440);
}

TEST(HomeAssistant, OptionsOfEnumsAreComplete) {
  const Json payload = Json::parse(discovery_messages(with_phone(), "1")[0].payload);
  const Json& options = payload["components"]["reason"]["options"];
  EXPECT_EQ(options.size(), all_reasons.size());
  const auto templ = payload["components"]["reason"]["value_template"].get<std::string>();
  for (const Reason reason : all_reasons) {
    EXPECT_NE(templ.find("'" + std::string(to_string(reason)) + "': '"), std::string::npos) << templ;
  }
}

// An administrator's right is needed for mqtt.publish; and each word is one that a household reads.
TEST(HomeAssistant, EverybodyMayGiveTheOrders) {
  const Json components = Json::parse(discovery_messages(with_phone(), "1")[0].payload)["components"];
  const std::map<std::string, std::string> payloads{{"on_30_minutes", R"({"state":"ON","for":"30m"})"},
                                                    {"off_30_minutes", R"({"state":"OFF","for":"30m"})"},
                                                    {"automatic", "AUTO"}};
  for (const auto& [key, payload] : payloads) {
    EXPECT_EQ(components[key]["platform"], "button");
    EXPECT_EQ(components[key]["payload_press"], payload);
    EXPECT_EQ(components[key]["command_topic"], "voip-qos/router/qos/set");
  }
  EXPECT_EQ(components["mode"]["options"], Json({"Automatic", "Always on", "Always off"}));
  for (const auto& [key, component] : components.items()) {
    for (const char* list : {"options", "event_types"}) {
      for (const Json& word : component.value(list, Json::array())) {
        const auto text = word.get<std::string>();
        EXPECT_TRUE(std::isupper(static_cast<unsigned char>(text.front())) != 0 && text.find('_') == std::string::npos) << text;
      }
    }
  }
}

TEST(HomeAssistant, ARouterThatOnlyWatchesIsNotAboutToSwitch) {
  Settings settings = with_phone();
  const auto summary = [&settings] {
    return Json::parse(discovery_messages(settings, "1")[0].payload)["components"]["summary"]["value_template"]
        .get<std::string>();
  };
  EXPECT_NE(summary().find("'Being switched '"), std::string::npos) << summary();
  settings.qos.actuator = "none";
  EXPECT_EQ(summary().find("'Being switched '"), std::string::npos) << summary();
  EXPECT_NE(summary().find("this router only watches"), std::string::npos) << summary();
}

// Home Assistant tells the last event again whenever an event entity comes back, and of a node that is gone only one entity says
// so.
TEST(HomeAssistant, SomeEntitiesNeverGo) {
  for (const MqttMessage& message : discovery_messages(with_phone(), "1")) {
    const Json components = Json::parse(message.payload)["components"];
    for (const auto& [key, component] : components.items()) {
      const bool stays = key == "call_event" || key == "connection";
      EXPECT_EQ(component.contains("availability"), stays) << key;
      EXPECT_TRUE(component.value("availability", Json::array()).empty()) << key;
    }
  }
}

TEST(HomeAssistant, TheLineIsUnknownWhereNothingIsKnownOfIt) {
  const Json components = Json::parse(discovery_messages(with_phone(), "1")[0].payload)["components"];
  const std::map<std::string, std::string> values{{"line_upload", "up_kbit"},
                                                  {"line_download", "down_kbit"},
                                                  {"line_upload_queue", "up_queue_ms"},
                                                  {"line_download_queue", "down_queue_ms"}};
  for (const auto& [key, value] : values) {
    EXPECT_EQ(components[key]["state_topic"], "voip-qos/router/line") << key;
    // Null becomes "None", which is unknown: there is no filter, and no other word, between them.
    EXPECT_EQ(components[key]["value_template"], "{{ value_json." + value + " }}") << key;
    EXPECT_EQ(components[key].contains("entity_category"), key != "line_upload" && key != "line_download") << key;
  }
  EXPECT_EQ(components["bottleneck"]["options"].size(), 6U);
}

TEST(HomeAssistant, DevicesHangBehindTheNode) {
  const auto messages = discovery_messages(with_phone(), "1");
  ASSERT_EQ(messages.size(), 2U);
  const Json node = Json::parse(messages[0].payload);
  const Json phone = Json::parse(messages[1].payload);
  EXPECT_EQ(node["device"]["name"], "VoIP QoS Attic");
  EXPECT_EQ(phone["device"]["name"], "Kitchen phone");
  EXPECT_EQ(phone["device"]["via_device"], node["device"]["identifiers"][0]);
}

TEST(HomeAssistant, ANodeOfAnotherIdHasOtherIds) {
  Settings other = with_phone();
  other.node.id = "Attic-1";
  const Json payload = Json::parse(discovery_messages(other, "1")[0].payload);
  EXPECT_EQ(payload["components"]["qos"]["default_entity_id"], "switch.voip_qos_attic_1");
  EXPECT_EQ(payload["components"]["qos"]["unique_id"], "voip_qosd_Attic-1_qos");
}

TEST(HomeAssistant, KnowsItsOwnTopics) {
  const Settings settings;
  EXPECT_EQ(discovery_filter(settings), "homeassistant/+/voip_qosd_router/+/config");
  EXPECT_TRUE(is_own_discovery(settings, "homeassistant/sensor/voip_qosd_router/the-node-call/config"));
  for (const char* foreign : {"homeassistant/status", "homeassistant/sensor/voip_qosd_router2/x/config", "homeassistant/config",
                              "homeassistant/device/x/config", "other/device/voip_qosd_router/x/config", ""}) {
    EXPECT_FALSE(is_own_discovery(settings, foreign)) << foreign;
  }
}

// ---- What an earlier run left behind ----

std::map<std::string, std::string> as_found(const Settings& settings) {
  std::map<std::string, std::string> found;
  for (const MqttMessage& message : discovery_messages(settings, "0.9")) {
    found[message.topic] = message.payload;
  }
  return found;
}

TEST(HomeAssistant, NothingIsTakenBackWhenNothingChanged) {
  for (const Settings& settings : all_kinds()) {
    const DiscoveryPlan plan = plan_discovery(settings, "1.0", as_found(settings));
    EXPECT_EQ(plan.now, discovery_messages(settings, "1.0"));
    EXPECT_TRUE(plan.later.empty());
  }
}

TEST(HomeAssistant, AnotherStyleTakesTheEntitiesOverInBothDirections) {
  for (const bool to_device : {true, false}) {
    Settings before = with_phone();
    before.home_assistant.device_style = !to_device;
    Settings after = before;
    after.home_assistant.device_style = to_device;
    const auto found = as_found(before);
    const DiscoveryPlan plan = plan_discovery(after, "1.0", found);
    const auto messages = discovery_messages(after, "1.0");
    ASSERT_EQ(plan.now.size(), found.size() + messages.size());
    for (std::size_t i = 0; i < found.size(); ++i) {  // first of all, and not retained
      EXPECT_EQ(found.count(plan.now[i].topic), 1U);
      EXPECT_EQ(plan.now[i].payload, R"({"migrate_discovery":true})");
      EXPECT_FALSE(plan.now[i].is_retained);
    }
    ASSERT_EQ(plan.later.size(), found.size());
    for (const MqttMessage& message : plan.later) {
      EXPECT_EQ(found.count(message.topic), 1U);
      EXPECT_TRUE(message.payload.empty() && message.is_retained);
    }
  }
}

TEST(HomeAssistant, ADeviceThatIsNoLongerConfiguredGoes) {
  Settings after = with_phone();
  after.devices.clear();
  const DiscoveryPlan plan = plan_discovery(after, "1.0", as_found(with_phone()));
  ASSERT_EQ(plan.now.size(), 2U);
  EXPECT_EQ(plan.now[0], (MqttMessage{"homeassistant/device/voip_qosd_router/kitchen_phone/config", "", 1, true}));
  EXPECT_TRUE(plan.later.empty());
}

TEST(HomeAssistant, AComponentThatIsNoLongerOfferedIsTakenBackFirst) {
  Settings after = with_phone();
  after.mqtt.commands = false;
  const DiscoveryPlan plan = plan_discovery(after, "1.0", as_found(with_phone()));
  ASSERT_EQ(plan.now.size(), 3U);
  EXPECT_FALSE(plan.now[0].is_retained);
  const Json components = Json::parse(plan.now[0].payload)["components"];
  EXPECT_EQ(components["qos"].dump(), R"({"platform":"switch"})");
  EXPECT_EQ(components["mode"].dump(), R"({"platform":"select"})");
  EXPECT_EQ(components["recheck"].dump(), R"({"platform":"button"})");
  EXPECT_EQ(components["release_after"].dump(), R"({"platform":"number"})");
  EXPECT_EQ(components["call"]["unique_id"], "voip_qosd_router_call");
  EXPECT_EQ(plan.now[1].topic, plan.now[0].topic);
  EXPECT_FALSE(Json::parse(plan.now[1].payload)["components"].contains("qos"));

  after.home_assistant.device_style = false;
  Settings before = with_phone();
  before.home_assistant.device_style = false;
  EXPECT_EQ(plan_discovery(after, "1.0", as_found(before)).now[0],
            (MqttMessage{"homeassistant/button/voip_qosd_router/the-node-automatic/config", "", 1, true}));
}

TEST(HomeAssistant, GarbageOnItsTopicsIsRemoved) {
  const Settings settings;
  for (const char* garbage : {"garbage", "[1]", "{\"components\":3}", "{\"components\":{\"x\":1}}", "null", "\xff"}) {
    const DiscoveryPlan plan = plan_discovery(settings, "1",
                                              {{"homeassistant/x/voip_qosd_router/y/config", garbage},
                                               {"homeassistant/device/voip_qosd_router/the-node/config", garbage}});
    ASSERT_EQ(plan.now.size(), 2U) << garbage;
    EXPECT_EQ(plan.now[0], (MqttMessage{"homeassistant/x/voip_qosd_router/y/config", "", 1, true}));
  }
}

}  // namespace
}  // namespace voip
