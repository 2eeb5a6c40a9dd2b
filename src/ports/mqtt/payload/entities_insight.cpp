#include "ports/mqtt/payload/entity_list.h"

namespace voip {

void add_insight(Entities& entities) {
  // One sentence of what is seen, why, and for how long. Home Assistant knows the household's clock.
  entities.add(
      "sensor", "summary", "Status",
      R"j({"state_topic":"@/state",)j"
      R"j("value_template":"{% set until = value_json.override_until | as_datetime | as_local if value_json.override_until else none %}{% if value_json.qos is none %}Not known yet{% elif value_json.qos != value_json.wanted %}@going{% elif until is not none %}{{ value_json.qos | capitalize }} until {{ until.strftime('%H:%M' if until.date() == now().date() else '%Y-%m-%d %H:%M') }}{% elif value_json.reason == 'manual' %}Always {{ value_json.qos | lower }}{% else %}{{ value_json.qos | capitalize }}: {{ @reasons }}{% endif %}",)j"
      R"j("icon":"mdi:phone-lock-outline"})j");
  entities.add(
      "sensor", "reason", "Reason",
      R"j({"device_class":"enum",)j"
      R"j("options":["No call","Somebody is on a call","A call has just ended","It was on at the start","Ordered by hand","It was on for too long","Waiting a moment","The service is ending"],)j"
      R"j("state_topic":"@/state",)j"
      R"j("value_template":"{{ @reasons }}",)j"
      R"j("icon":"mdi:help-circle-outline"})j");
  entities.add("sensor", "override_until", "Order ends",
               R"j({"device_class":"timestamp",)j"
               R"j("state_topic":"@/state",)j"
               R"j("value_template":"{{ value_json.override_until }}"})j");
  entities.add("sensor", "on_the_phone", "On the phone",
               R"j({"state_topic":"@/state",)j"
               R"j("value_template":"{{ (value_json.in_call | join(', '))[:200] or 'Nobody' }}",)j"
               R"j("icon":"mdi:account-voice"})j");
  entities.add(
      "sensor", "last_call", "Last call",
      R"j({"state_topic":"@/last_call",)j"
      R"j("value_template":"{{ value_json.device[:200] ~ ', %d:%02d min' | format(value_json.duration_s // 60, value_json.duration_s % 60) }}",)j"
      R"j("json_attributes_topic":"@/last_call",)j"
      R"j("icon":"mdi:phone-log-outline"})j");
  entities.add("sensor", "call_quality", "Call quality",
               R"j({"device_class":"enum",)j"
               R"j("options":["Good","Fair","Bad","Unknown"],)j"
               R"j("state_topic":"@/quality",)j"
               R"j("value_template":"{{ value_json.grade | capitalize }}",)j"
               R"j("json_attributes_topic":"@/quality",)j"
               R"j("icon":"mdi:phone-check-outline"})j");
  // Other events go over the same topic; an empty result is ignored, an unknown type would be warned about. Home Assistant tells
  // the last event again when an event entity comes back, so this one never goes.
  entities.add(
      "event", "call_event", "Calls",
      R"j({"event_types":["Call started","Call ended"],)j"
      R"j("state_topic":"@/event",)j"
      R"j("value_template":"{{ dict(value_json, event_type={'call_started': 'Call started', 'call_ended': 'Call ended'}[value_json.event_type]) | tojson if value_json.event_type in ['call_started', 'call_ended'] else '' }}",)j"
      R"j("availability":[],)j"
      R"j("icon":"mdi:phone-log"})j");
  // What has happened, what that means for calls, and what can be done; the details stand beside it.
  entities.add(
      "binary_sensor", "problem", "Problem",
      R"j({"device_class":"problem",)j"
      R"j("state_topic":"@/state",)j"
      R"j("value_template":"{{ 'ON' if value_json.error else 'OFF' }}",)j"
      R"j("json_attributes_topic":"@/state",)j"
      R"j("json_attributes_template":"{% set meaning %}{% if 'node id' in value_json.error | string %}Two routers have the same name, so what is shown here may be of either. Give each its own node.id.{% elif value_json.error and value_json.wanted == 'ON' %}The router could not switch QoS on. Calls work, but may break up while somebody uploads or downloads. It tries again by itself; if this stays, restart the router, or run: voip-qosd doctor{% elif value_json.error %}The router could not switch QoS off. Calls are fine, but uploads and downloads may be slower. It tries again by itself; if this stays, restart the router, or run: voip-qosd doctor{% endif %}{% endset %}{{ {'meaning': meaning | string | trim or none, 'error': value_json.error} | tojson }}",)j"
      R"j("entity_category":"diagnostic"})j");
  // Of the node, not of what it says: it never goes itself.
  entities.add("binary_sensor", "connection", "Connection",
               R"j({"device_class":"connectivity",)j"
               R"j("state_topic":"@/status",)j"
               R"j("payload_on":"online",)j"
               R"j("payload_off":"offline",)j"
               R"j("availability":[],)j"
               R"j("entity_category":"diagnostic"})j");
  entities.add(
      "sensor", "detector", "Call detection",
      R"j({"device_class":"enum",)j"
      R"j("options":["All calls are seen","Some calls may be missed","No call can be seen"],)j"
      R"j("state_topic":"@/state",)j"
      R"j("value_template":"{{ {'ok': 'All calls are seen', 'limited': 'Some calls may be missed', 'blind': 'No call can be seen'}[value_json.detector] }}",)j"
      R"j("json_attributes_topic":"@/state",)j"
      R"j("json_attributes_template":"{{ {'reason': value_json.detector_reason} | tojson }}",)j"
      R"j("entity_category":"diagnostic",)j"
      R"j("icon":"mdi:eye-outline"})j");
}

void add_line(Entities& entities) {
  entities.add("sensor", "line_upload", "Line upload",
               R"j({"device_class":"data_rate",)j"
               R"j("state_class":"measurement",)j"
               R"j("unit_of_measurement":"kbit/s",)j"
               R"j("suggested_display_precision":0,)j"
               R"j("state_topic":"@/line",)j"
               R"j("value_template":"{{ value_json.up_kbit }}",)j"
               R"j("icon":"mdi:upload"})j");
  entities.add("sensor", "line_download", "Line download",
               R"j({"device_class":"data_rate",)j"
               R"j("state_class":"measurement",)j"
               R"j("unit_of_measurement":"kbit/s",)j"
               R"j("suggested_display_precision":0,)j"
               R"j("state_topic":"@/line",)j"
               R"j("value_template":"{{ value_json.down_kbit }}",)j"
               R"j("icon":"mdi:download"})j");
  entities.add("sensor", "line_upload_queue", "Upload queue",
               R"j({"device_class":"duration",)j"
               R"j("state_class":"measurement",)j"
               R"j("unit_of_measurement":"ms",)j"
               R"j("suggested_display_precision":0,)j"
               R"j("state_topic":"@/line",)j"
               R"j("value_template":"{{ value_json.up_queue_ms }}",)j"
               R"j("entity_category":"diagnostic",)j"
               R"j("icon":"mdi:tray-arrow-up"})j");
  entities.add("sensor", "line_download_queue", "Download queue",
               R"j({"device_class":"duration",)j"
               R"j("state_class":"measurement",)j"
               R"j("unit_of_measurement":"ms",)j"
               R"j("suggested_display_precision":0,)j"
               R"j("state_topic":"@/line",)j"
               R"j("value_template":"{{ value_json.down_queue_ms }}",)j"
               R"j("entity_category":"diagnostic",)j"
               R"j("icon":"mdi:tray-arrow-down"})j");
  entities.add(
      "sensor", "bottleneck", "Bottleneck",
      R"j({"device_class":"enum",)j"
      R"j("options":["Nowhere","The upload","The download","The home network","The far end","Not known"],)j"
      R"j("state_topic":"@/line",)j"
      R"j("value_template":"{{ {'none': 'Nowhere', 'upload': 'The upload', 'download': 'The download', 'home': 'The home network', 'far_end': 'The far end', 'unknown': 'Not known'}[value_json.bottleneck] }}",)j"
      R"j("json_attributes_topic":"@/line",)j"
      R"j("json_attributes_template":"{{ {'blocker': value_json.blocker} | tojson }}",)j"
      R"j("entity_category":"diagnostic",)j"
      R"j("icon":"mdi:pipe-valve"})j");
}

}  // namespace voip
