// How good a call is, and what it is, as it stands on MQTT and in `status --json`.
#pragma once

#include <cstdint>

#include "core/call_quality.h"
#include "core/model.h"
#include "system/json.h"

namespace voip {

// Grade, MOS, missing packets and cause. In percent and MOS with as many digits as they mean something.
inline Json grade_json(const CallQuality& quality) {
  const auto tenths = [](std::uint32_t number) { return Json(static_cast<double>(number) / 10); };
  return {{"grade", to_string(quality.grade)},
          {"mos", quality.mos_hundredths ? tenths((*quality.mos_hundredths + 5) / 10) : Json(nullptr)},
          {"missing_percent", quality.missing_permille ? tenths(*quality.missing_permille) : Json(nullptr)},
          {"delay_ms", quality.delay ? Json(quality.delay->count()) : Json(nullptr)},
          {"cause", quality.cause ? Json(to_string(*quality.cause)) : Json(nullptr)}};
}

// Of a call by itself, with whether QoS was on.
inline Json quality_of_call_json(const Call& call) {
  Json json = grade_json(call.quality);
  json["had_qos"] = call.had_qos;
  return json;
}

inline Json quality_json(const CallQualityReport& report) {
  Json json = grade_json(report.quality);
  json["device"] = report.device.empty() ? Json(nullptr) : Json(report.device);
  return json;
}

// What kind a call is, and whether it is one.
inline void add_certainty(Json& json, const Call& call) {
  json["kind"] = to_string(call.kind);
  json["presumed"] = call.is_presumed;
}

// Of all calls that a report tells of, which may be none.
inline void add_certainty(Json& json, std::int32_t calls, CallKind call_kind, bool is_presumed) {
  json["call_kind"] = calls > 0 ? Json(to_string(call_kind)) : Json(nullptr);
  json["presumed"] = is_presumed;
}

}  // namespace voip
