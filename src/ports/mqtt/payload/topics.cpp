#include "ports/mqtt/payload/topics.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "core/setting_orders.h"
#include "ports/mqtt/payload/last_calls.h"
#include "system/json.h"
#include "system/line_json.h"
#include "system/quality_json.h"

namespace voip {
namespace {

bool has_letters(std::string_view name) {
  return std::any_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

// Home Assistant knows a device by its slug for ever. So it is made of the name alone, of which each device has its own, and
// never of the place in the file: where the letters do not tell devices apart, a hash of the name does.
std::vector<std::string> unique_slugs(const std::vector<DeviceSettings>& devices) {
  std::map<std::string, int> alike;
  for (const DeviceSettings& device : devices) {
    alike[slug(device.name)] += has_letters(device.name) ? 1 : 0;
  }
  std::vector<std::string> slugs;
  for (const DeviceSettings& device : devices) {
    const std::string plain = slug(device.name);
    const bool is_told_apart = has_letters(device.name) && alike[plain] == 1;
    slugs.push_back(is_told_apart ? plain : plain + "_" + short_hash(device.name));
  }
  return slugs;
}

}  // namespace

// FNV-1a: the same on every machine and in every version, which std::hash is not.
std::string short_hash(std::string_view text) {
  std::uint32_t hash = 0x811C9DC5;
  for (const char c : text) {
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x01000193U;
  }
  std::string digits(8, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, hash >>= 4U) {
    *digit = "0123456789abcdef"[hash & 0xFU];
  }
  return digits;
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

MqttMessage MqttPayloads::info(std::string_view version, std::string_view machine, Instant started) const {
  Json devices = Json::array();
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    devices.push_back({{"name", devices_[i].name}, {"slug", topics_.device_slugs()[i]}, {"role", to_string(devices_[i].role)}});
  }
  const Json json{{"version", version},    {"schema", 1},
                  {"node", node_.id},      {"name", node_.name.empty() ? node_.id : node_.name},
                  {"actuator", actuator_}, {"detector", detector_},
                  {"commands", commands_}, {"devices", devices},
                  {"machine", machine},    {"started", calendar_(started)}};
  return {topics_.of("info"), text_of(json), 1, true};
}

std::vector<MqttMessage> MqttPayloads::report(const Report& report) const {
  // Draining is the first second of on; what was not seen yet is not told as off.
  const Json qos = report.observed ? Json(on_or_off(*report.observed != Qos::off)) : Json(nullptr);
  Json state{{"qos", qos},
             {"wanted", on_or_off(report.wanted)},
             {"mode", to_string(report.mode)},
             {"lasting_mode", to_string(report.lasting_mode)},
             {"reason", to_string(report.reason)},
             {"override_until", instant_or_null(report.override_until, calendar_)},
             {"call_active", report.calls > 0},
             {"calls", report.calls},
             {"in_call", report.in_call},
             {"call_started", instant_or_null(report.call_started, calendar_)},
             {"detector", to_string(report.sight)},
             {"detector_reason", or_null(report.sight_reason)},
             {"error", or_null(report.error)},
             {"remark", or_null(report.remark)}};
  add_certainty(state, report.calls, report.call_kind, report.is_presumed);
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
    Json json{{"name", device.name},
              {"call_active", device.calls > 0},
              {"calls", device.calls},
              {"call_started", instant_or_null(device.call_started, calendar_)}};
    add_certainty(json, device.calls, device.call_kind, device.is_presumed);
    messages.push_back({topics_.of_device(topics_.device_slugs()[i], "state"), text_of(json), 1, true});
  }
  return messages;
}

MqttMessage MqttPayloads::line(const LineState& line) const {
  return {topics_.line(), text_of(line_json(line, calendar_)), 1, true};
}

MqttMessage MqttPayloads::quality(const CallQualityReport& report) const {
  return {topics_.of("quality"), text_of(quality_json(report)), 1, true};
}

std::optional<MqttMessage> MqttPayloads::event(const Action& action) const {
  using Said = std::optional<MqttMessage>;
  return std::visit(Overloaded{[this](const CallStarted& started) -> Said { return call_started(started.call); },
                               [this](const CallEnded& ended) -> Said { return call_ended(ended.call); },
                               [this](const CallTurnedBad& bad) -> Said { return call_bad(bad.call); },
                               [this](const QosSwitched& switched) -> Said { return qos_switched(switched); },
                               [this](const QosFailed& failed) -> Said { return qos_failed(failed); },
                               [](const auto& /*other*/) -> Said { return std::nullopt; }},
                    action);
}

MqttMessage MqttPayloads::call_started(const Call& call) const {
  Json json{{"event_type", "call_started"},
            {"device", call.device},
            {"remote", call.first_flow.server.address.to_string()},
            {"up_kbit", kbit(call.rates.up_bit_per_s)},
            {"down_kbit", kbit(call.rates.down_bit_per_s)},
            {"started", calendar_(call.started)},
            {"reason", call.reason}};
  add_certainty(json, call);
  return {topics_.event(), text_of(json), 1, false};
}

MqttMessage MqttPayloads::call_ended(const Call& call) const {
  Json json{{"event_type", "call_ended"}};
  json.update(ended_call_json(call, calendar_));
  return {topics_.event(), text_of(json), 1, false};
}

MqttMessage MqttPayloads::call_bad(const Call& call) const {
  Json json{{"event_type", "call_bad"},
            {"device", call.device},
            {"remote", call.first_flow.server.address.to_string()},
            {"started", calendar_(call.started)}};
  json.update(quality_of_call_json(call));
  return {topics_.event(), text_of(json), 1, false};
}

MqttMessage MqttPayloads::qos_switched(const QosSwitched& switched) const {
  const Json json{{"event_type", switched.is_on ? "qos_on" : "qos_off"},
                  {"reason", switched.by_others ? std::string_view("others") : to_string(switched.reason)}};
  return {topics_.event(), text_of(json), 1, false};
}

MqttMessage MqttPayloads::qos_failed(const QosFailed& failed) const {
  return {topics_.event(), text_of(Json{{"event_type", "qos_failed"}, {"error", failed.error}}), 1, false};
}

}  // namespace voip
