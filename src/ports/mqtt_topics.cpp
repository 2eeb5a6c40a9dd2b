#include "ports/mqtt_topics.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>

#include "ports/json_text.h"
#include "ports/setting_orders.h"

namespace voip {
namespace {

std::int64_t seconds_since(const std::optional<Instant>& started, Instant now) {
  return started ? std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(now - *started).count()) : 0;
}

std::size_t length_of_sequence(unsigned char first) {
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xc2 && first < 0xe0) {
    return 2;
  }
  if (first >= 0xe0 && first < 0xf0) {
    return 3;
  }
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

// RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_second_byte_allowed(unsigned char first, unsigned char second) {
  switch (first) {
    case 0xe0:
      return second >= 0xa0;
    case 0xed:
      return second < 0xa0;
    case 0xf0:
      return second >= 0x90;
    case 0xf4:
      return second < 0x90;
    default:
      return true;
  }
}

std::vector<std::string> unique_slugs(const std::vector<DeviceSettings>& devices) {
  std::vector<std::string> slugs;
  for (const DeviceSettings& device : devices) {
    const std::string wanted = slug(device.name);
    std::string free = wanted;
    for (int number = 2; std::find(slugs.begin(), slugs.end(), free) != slugs.end(); ++number) {
      free = wanted + "_" + std::to_string(number);
    }
    slugs.push_back(free);
  }
  return slugs;
}

}  // namespace

std::string iso_8601(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), length};
}

std::string slug(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      out += c;
    } else if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') {
    out.pop_back();
  }
  return out.empty() ? "device" : out;
}

bool is_text(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const std::size_t length = first == 0 ? 0 : length_of_sequence(first);
    if (length == 0 || length > bytes.size() - at) {
      return false;
    }
    for (std::size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(bytes[at + i]);
      if ((next & 0xc0U) != 0x80U || (i == 1 && !is_second_byte_allowed(first, next))) {
        return false;
      }
    }
    at += length;
  }
  return true;
}

MqttTopics::MqttTopics(const Settings& settings)
    : base_(settings.mqtt.base_topic + "/" + settings.node.id), device_slugs_(unique_slugs(settings.devices)) {}

std::string MqttTopics::of_device(std::string_view device_slug, std::string_view name) const {
  return of("device/" + std::string(device_slug) + "/" + std::string(name));
}

MqttPayloads::MqttPayloads(const Settings& settings, Calendar calendar)
    : topics_(settings),
      node_(settings.node),
      detector_(settings.detector.use),
      actuator_(settings.qos.actuator),
      devices_(settings.devices),
      commands_(settings.mqtt.commands),
      calendar_(std::move(calendar)) {}

MqttMessage MqttPayloads::online() const {
  return {topics_.status(), "online", 1, true};
}

MqttMessage MqttPayloads::offline() const {
  return {topics_.status(), "offline", 1, true};
}

MqttMessage MqttPayloads::info(std::string_view version, Instant started) const {
  Json devices = Json::array();
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    devices.push_back({{"name", devices_[i].name}, {"slug", topics_.device_slugs()[i]}, {"role", to_string(devices_[i].role)}});
  }
  const Json json{{"version", version},
                  {"schema", 1},
                  {"node", node_.id},
                  {"name", node_.name.empty() ? node_.id : node_.name},
                  {"actuator", actuator_},
                  {"detector", detector_},
                  {"commands", commands_},
                  {"devices", devices},
                  {"started", calendar_(started)}};
  return {topics_.of("info"), text_of(json), 1, true};
}

std::vector<MqttMessage> MqttPayloads::report(const Report& report) const {
  // Draining is the first second of on; what was not seen yet is not told as off.
  const Json qos = report.observed ? Json(on_or_off(*report.observed != Qos::off)) : Json(nullptr);
  const Json state{{"qos", qos},
                   {"wanted", on_or_off(report.wanted)},
                   {"mode", to_string(report.mode)},
                   {"reason", to_string(report.reason)},
                   {"override_until", instant_or_null(report.override_until, calendar_)},
                   {"call_active", report.calls > 0},
                   {"calls", report.calls},
                   {"call_started", instant_or_null(report.call_started, calendar_)},
                   {"detector", to_string(report.sight)},
                   {"detector_reason", or_null(report.sight_reason)},
                   {"error", or_null(report.error)}};
  std::vector<MqttMessage> messages{
      {topics_.state(), text_of(state), 1, true},
      {topics_.of("qos"), report.observed ? on_or_off(*report.observed != Qos::off) : "UNKNOWN", 1, true},
      {topics_.of("mode"), std::string(to_string(report.mode)), 1, true}};
  if (commands_) {
    for (auto& [name, text] : setting_texts(report.settings)) {
      messages.push_back({topics_.of(name), std::move(text), 1, true});
    }
  }
  const std::size_t known = std::min(report.devices.size(), topics_.device_slugs().size());
  for (std::size_t i = 0; i < known; ++i) {
    const DeviceReport& device = report.devices[i];
    const Json json{{"name", device.name},
                    {"call_active", device.calls > 0},
                    {"calls", device.calls},
                    {"call_started", instant_or_null(device.call_started, calendar_)}};
    messages.push_back({topics_.of_device(topics_.device_slugs()[i], "state"), text_of(json), 1, true});
  }
  return messages;
}

MqttMessage MqttPayloads::call_started(const Call& call) const {
  const Json json{{"event_type", "call_started"},
                  {"device", call.device},
                  {"remote", call.first_flow.server.address.to_string()},
                  {"up_kbit", kbit(call.rates.up_bit_per_s)},
                  {"down_kbit", kbit(call.rates.down_bit_per_s)},
                  {"started", calendar_(call.started)},
                  {"reason", call.reason}};
  return {topics_.event(), text_of(json), 1, false};
}

MqttMessage MqttPayloads::call_ended(const Call& call) const {
  const Instant ended = call.ended.value_or(call.started);
  const Json json{{"event_type", "call_ended"},
                  {"device", call.device},
                  {"remote", call.first_flow.server.address.to_string()},
                  {"duration_s", seconds_since(call.started, ended)},
                  {"up_kbit", kbit(call.rates.up_bit_per_s)},
                  {"down_kbit", kbit(call.rates.down_bit_per_s)},
                  {"up_pps", call.rates.up_packets_per_s},
                  {"down_pps", call.rates.down_packets_per_s},
                  {"started", calendar_(call.started)},
                  {"ended", calendar_(ended)}};
  return {topics_.event(), text_of(json), 1, false};
}

MqttMessage MqttPayloads::qos_switched(const QosSwitched& switched) const {
  const Json json{{"event_type", switched.is_on ? "qos_on" : "qos_off"}, {"reason", to_string(switched.reason)}};
  return {topics_.event(), text_of(json), 1, false};
}

MqttMessage MqttPayloads::qos_failed(const QosFailed& failed) const {
  return {topics_.event(), text_of(Json{{"event_type", "qos_failed"}, {"error", failed.error}}), 1, false};
}

}  // namespace voip
