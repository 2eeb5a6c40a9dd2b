// What the node has left with the broker and says no more: the retained topics and the Home Assistant devices of a name that it
// bore before (node.id, mqtt.base_topic, home_assistant.prefix), and the states of devices that the configuration has no more.
// The name under which it was last announced is kept in node.state_dir; on the next connection what is there under another one is
// taken away.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/settings.h"
#include "ports/mqtt/connection.h"
#include "ports/mqtt/payload/commands.h"
#include "ports/mqtt/payload/topics.h"
#include "system/loop.h"

namespace voip {

// All that retained topics begin with. Without discovery there is no prefix.
struct MqttName {
  std::string base_topic;
  std::string node_id;
  std::string prefix;
  friend bool operator==(const MqttName&, const MqttName&) = default;
};

MqttName mqtt_name(const Settings& settings);
// As it stands in the file; what is no such text gives nothing.
std::string to_text(const MqttName& name);
std::optional<MqttName> parse_mqtt_name(std::string_view text);

class MqttPast {
 public:
  // `say` publishes.
  MqttPast(const Settings& settings, Loop& loop, std::function<void(MqttMessage)> say);
  ~MqttPast() { lost(); }
  MqttPast(const MqttPast&) = delete;
  MqttPast& operator=(const MqttPast&) = delete;

  void connected(MqttConnection& connection);
  void lost();
  // True if the message is of the past, and nothing that anybody else need look at.
  bool take(const MqttIncoming& incoming);

 private:
  using Timer = std::optional<Loop::TimerId>;
  void set(Duration after, std::function<void()> due);
  void clear();
  void keep_name();
  [[nodiscard]] bool is_of_the_old_name(const std::string& topic) const;
  [[nodiscard]] bool is_gone_device(const std::string& topic) const;

  Settings settings_;
  Loop& loop_;
  std::function<void(MqttMessage)> say_;
  MqttTopics topics_;
  std::set<std::string> device_states_;  // that are said
  std::optional<MqttName> kept_;         // none: never announced, or nobody knows
  std::optional<Settings> old_;          // with that name, where it is another
  std::set<std::string> found_;
  bool is_old_name_in_use_ = false;
  bool has_waited_ = false;  // for the broker to miss us there
  bool has_failed_ = false;
  Timer timer_;
};

}  // namespace voip
