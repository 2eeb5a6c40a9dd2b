// How entities are written down, for the files that name them: what all of one device have in common, words in the place of a
// program's, measurements.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/settings.h"
#include "ports/mqtt/payload/entities.h"
#include "ports/mqtt/payload/topics.h"
#include "system/json.h"

namespace voip {

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

// Pairs of what stands on MQTT and what a household reads: Home Assistant cannot translate what comes over MQTT, and shows it.
class HomeAssistantWords {
 public:
  using Pair = std::pair<std::string_view, std::string_view>;
  HomeAssistantWords(std::initializer_list<Pair> pairs) : pairs_(pairs) {}
  void add(std::string_view said, std::string_view shown) { pairs_.emplace_back(said, shown); }

  // Those that can be shown, for "options".
  [[nodiscard]] Json shown() const {
    Json words = Json::array();
    for (const Pair& pair : pairs_) {
      words.push_back(pair.second);
    }
    return words;
  }
  // A template that gives the word to be shown for the value of an expression, and one for the way back.
  [[nodiscard]] std::string to_show(const std::string& expression) const { return lookup(expression, true); }
  [[nodiscard]] std::string to_say(const std::string& expression) const { return lookup(expression, false); }

 private:
  [[nodiscard]] std::string lookup(const std::string& expression, bool shows) const {
    std::string text = "{{ {";
    for (const auto& [said, shown] : pairs_) {
      text += text.back() == '{' ? "'" : ", '";
      text.append(shows ? said : shown).append("': '").append(shows ? shown : said) += '\'';
    }
    return text + "}[" + expression + "] }}";
  }

  std::vector<Pair> pairs_;
};

// One of some words.
inline Json chosen(const HomeAssistantWords& words, const std::string& topic, const std::string& expression, const Json& rest) {
  Json keys{{"device_class", "enum"},
            {"options", words.shown()},
            {"state_topic", topic},
            {"value_template", words.to_show(expression)}};
  keys.update(rest);
  return keys;
}

// Drawn as a curve, in whole numbers. A template gives "None", which is unknown, where the value is null.
inline Json measured(const char* device_class, const char* unit, const std::string& topic, const char* value, const Json& rest) {
  Json keys{{"device_class", device_class},     {"state_class", "measurement"}, {"unit_of_measurement", unit},
            {"suggested_display_precision", 0}, {"state_topic", topic},         {"value_template", value}};
  keys.update(rest);
  return keys;
}

// What the node has besides calls and controls: why QoS is on or off, what was last, what is wrong, and the line.
void add_insight(Entities& entities, const MqttTopics& topics, const Settings& settings);
void add_line(Entities& entities, const std::string& line);

}  // namespace voip
