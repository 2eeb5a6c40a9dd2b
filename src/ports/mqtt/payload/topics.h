// Everything that the node says over MQTT, as values: which topic, which payload, retained or not. Pure; ports/mqtt/mqtt.cpp
// sends it, ports/mqtt/payload/rates.h writes the rates, ports/mqtt/payload/commands.h reads what comes back. docs/mqtt.md says
// the same to users.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/events.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

struct MqttMessage {
  std::string topic;
  std::string payload;
  std::uint8_t qos = 1;
  bool is_retained = false;
  friend bool operator==(const MqttMessage&, const MqttMessage&) = default;
};

// Lower-case letters, digits and underlines; never empty: what is left of nothing is "device".
std::string slug(std::string_view name);

// Eight hexadecimal digits, of any text the same for ever.
std::string short_hash(std::string_view text);

// The names under "<base_topic>/<node id>".
class MqttTopics {
 public:
  explicit MqttTopics(const Settings& settings);

  [[nodiscard]] const std::string& base() const { return base_; }
  [[nodiscard]] std::string of(std::string_view name) const { return base_ + "/" + std::string(name); }
  [[nodiscard]] std::string status() const { return of("status"); }
  [[nodiscard]] std::string state() const { return of("state"); }
  [[nodiscard]] std::string rates() const { return of("rates"); }
  [[nodiscard]] std::string usage() const { return of("usage"); }
  [[nodiscard]] std::string last_call() const { return of("last_call"); }
  [[nodiscard]] std::string line() const { return of("line"); }
  [[nodiscard]] std::string event() const { return of("event"); }
  [[nodiscard]] std::string response(std::string_view what) const { return of("response/" + std::string(what)); }
  // Of the configured devices, in their order; unique, and the same wherever the device stands in the file.
  [[nodiscard]] const std::vector<std::string>& device_slugs() const { return device_slugs_; }
  [[nodiscard]] std::string of_device(std::string_view device_slug, std::string_view name) const;

 private:
  std::string base_;
  std::vector<std::string> device_slugs_;
};

// What every kind of message carries. Numbers with a unit in their name; null where there is nothing to say.
class MqttPayloads {
 public:
  MqttPayloads(const Settings& settings, Calendar calendar);

  [[nodiscard]] const MqttTopics& topics() const { return topics_; }

  [[nodiscard]] MqttMessage online() const;
  [[nodiscard]] MqttMessage offline() const;  // also the will
  [[nodiscard]] MqttMessage info(std::string_view version, std::string_view machine, Instant started) const;
  // `state`, `qos`, `mode`, the settings that can be ordered (where commands are taken) and each device's `state`, all retained.
  [[nodiscard]] std::vector<MqttMessage> report(const Report& report) const;
  [[nodiscard]] MqttMessage line(const LineState& line) const;               // `line`, retained
  [[nodiscard]] MqttMessage quality(const CallQualityReport& report) const;  // `quality`, retained

  // Of what has happened; empty for everything that is no event over MQTT.
  [[nodiscard]] std::optional<MqttMessage> event(const Action& action) const;
  [[nodiscard]] MqttMessage call_started(const Call& call) const;
  [[nodiscard]] MqttMessage call_ended(const Call& call) const;
  [[nodiscard]] MqttMessage call_bad(const Call& call) const;
  [[nodiscard]] MqttMessage qos_switched(const QosSwitched& switched) const;
  [[nodiscard]] MqttMessage qos_failed(const QosFailed& failed) const;

 private:
  MqttTopics topics_;
  NodeSettings node_;
  std::string detector_;
  std::string actuator_;
  std::vector<DeviceSettings> devices_;
  bool commands_ = true;
  Calendar calendar_;
};

}  // namespace voip
