#include "ports/mqtt/payload/entity_list.h"

#include "core/line_state.h"
#include "core/model.h"

namespace voip {
namespace {

std::string_view shown(Reason reason) {
  switch (reason) {
    case Reason::idle:
      return "No call";
    case Reason::call:
      return "Somebody is on a call";
    case Reason::release:
      return "A call has just ended";
    case Reason::adopted:
      return "It was on at the start";
    case Reason::manual:
      return "Ordered by hand";
    case Reason::too_long:
      return "It was on for too long";
    case Reason::pause:
      return "A pause between two calls";
    case Reason::stopping:
      return "The service is ending";
  }
  return {};
}

HomeAssistantWords reasons() {
  HomeAssistantWords words{};
  for (const Reason reason : all_reasons) {
    words.add(to_string(reason), shown(reason));
  }
  return words;
}

// One sentence of what is seen, why, and for how long: "On until 18:20". Home Assistant knows the household's clock.
std::string summary(const Settings& settings) {
  const std::string going =
      settings.qos.actuator == "none"
          ? "'Off: this router only watches'"
          : "('Cannot be switched ' if value_json.error else 'Being switched ') ~ value_json.wanted | lower";
  return "{% set until = value_json.override_until | as_datetime | as_local if value_json.override_until else none %}"
         "{% if value_json.qos is none %}Not known yet"
         "{% elif value_json.qos != value_json.wanted %}{{ " +
         going +
         " }}"
         "{% elif until is not none %}{{ value_json.qos | capitalize }} until "
         "{{ until.strftime('%H:%M' if until.date() == now().date() else '%Y-%m-%d %H:%M') }}"
         "{% elif value_json.reason == 'manual' %}Always {{ value_json.qos | lower }}"
         "{% else %}{{ value_json.qos | capitalize }}: " +
         reasons().to_show("value_json.reason") + "{% endif %}";
}

// What has happened, what that means for calls, and what can be done; the details stand beside it.
constexpr const char* meaning =
    "{% if 'node id' in value_json.error | string %}Two routers have the same name, so what is shown here may be of either. "
    "Give each its own node.id."
    "{% elif value_json.error and value_json.wanted == 'ON' %}The router could not switch QoS on. Calls work, but may break up "
    "while somebody uploads or downloads. It tries again by itself; if this stays, restart the router, or run: voip-qosd doctor"
    "{% elif value_json.error %}The router could not switch QoS off. Calls are fine, but uploads and downloads may be slower. "
    "It tries again by itself; if this stays, restart the router, or run: voip-qosd doctor{% endif %}";

void add_last_call(Entities& entities, const MqttTopics& topics) {
  entities.add(
      "sensor", "last_call", "Last call",
      {{"state_topic", topics.last_call()},
       {"value_template",
        "{{ value_json.device[:200] ~ ', %d:%02d min' | format(value_json.duration_s // 60, value_json.duration_s % 60) }}"},
       {"json_attributes_topic", topics.last_call()},
       {"icon", "mdi:phone-log-outline"}});
  // Other events go over the same topic; an empty result is ignored, an unknown type would be warned about. Home Assistant tells
  // the last event again when an event entity comes back, so this one never goes.
  entities.add(
      "event", "call_event", "Calls",
      {{"event_types", {"Call started", "Call ended"}},
       {"state_topic", topics.event()},
       {"value_template",
        "{{ dict(value_json, event_type={'call_started': 'Call started', 'call_ended': 'Call ended'}[value_json.event_type]) "
        "| tojson if value_json.event_type in ['call_started', 'call_ended'] else '' }}"},
       {"availability", Json::array()},
       {"icon", "mdi:phone-log"}});
}

}  // namespace

void add_insight(Entities& entities, const MqttTopics& topics, const Settings& settings) {
  const std::string state = topics.state();
  entities.add("sensor", "summary", "Status",
               {{"state_topic", state}, {"value_template", summary(settings)}, {"icon", "mdi:phone-lock-outline"}});
  entities.add("sensor", "reason", "Reason",
               chosen(reasons(), state, "value_json.reason", {{"icon", "mdi:help-circle-outline"}}));
  entities.add("sensor", "override_until", "Order ends",
               {{"device_class", "timestamp"}, {"state_topic", state}, {"value_template", "{{ value_json.override_until }}"}});
  entities.add("sensor", "on_the_phone", "On the phone",
               {{"state_topic", state},
                {"value_template", "{{ (value_json.in_call | join(', '))[:200] or 'Nobody' }}"},
                {"icon", "mdi:account-voice"}});
  add_last_call(entities, topics);
  entities.add("binary_sensor", "problem", "Problem",
               {{"device_class", "problem"},
                {"state_topic", state},
                {"value_template", "{{ 'ON' if value_json.error else 'OFF' }}"},
                {"json_attributes_topic", state},
                {"json_attributes_template", "{% set meaning %}" + std::string(meaning) +
                                                 "{% endset %}{{ {'meaning': meaning | string | trim or none, 'error': "
                                                 "value_json.error} | tojson }}"},
                {"entity_category", "diagnostic"}});
  // Of the node, not of what it says: it never goes itself.
  entities.add("binary_sensor", "connection", "Connection",
               {{"device_class", "connectivity"},
                {"state_topic", topics.status()},
                {"payload_on", "online"},
                {"payload_off", "offline"},
                {"availability", Json::array()},
                {"entity_category", "diagnostic"}});
  entities.add("sensor", "detector", "Call detection",
               chosen({{to_string(Sight::ok), "All calls are seen"},
                       {to_string(Sight::limited), "Some calls may be missed"},
                       {to_string(Sight::blind), "No call can be seen"}},
                      state, "value_json.detector",
                      {{"json_attributes_topic", state},
                       {"json_attributes_template", "{{ {'reason': value_json.detector_reason} | tojson }}"},
                       {"entity_category", "diagnostic"},
                       {"icon", "mdi:eye-outline"}}));
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
  entities.add("sensor", "bottleneck", "Bottleneck",
               chosen({{to_string(Bottleneck::none), "Nowhere"},
                       {to_string(Bottleneck::upload), "The upload"},
                       {to_string(Bottleneck::download), "The download"},
                       {to_string(Bottleneck::home), "The home network"},
                       {to_string(Bottleneck::far_end), "The far end"},
                       {to_string(Bottleneck::unknown), "Not known"}},
                      line, "value_json.bottleneck",
                      {{"json_attributes_topic", line},
                       {"json_attributes_template", "{{ {'blocker': value_json.blocker} | tojson }}"},
                       {"entity_category", "diagnostic"},
                       {"icon", "mdi:pipe-valve"}}));
}

}  // namespace voip
