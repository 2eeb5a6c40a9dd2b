#include "commands/common/status_reading.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/printable.h"
#include "base/words.h"
#include "system/json.h"

namespace voip {
namespace {

// Takes values out of the daemon's answer, and remembers the first that is not what it should be.
class Reader {
 public:
  [[nodiscard]] const std::string& problem() const { return problem_; }

  const Json& at(const Json& object, const char* key) {
    static const Json nothing;
    const auto found = object.find(key);
    if (found == object.end()) {
      note(key, "is missing");
      return nothing;
    }
    return *found;
  }
  // Names and errors were written by others.
  std::string text(const Json& object, const char* key) {
    const auto* const value = at(object, key).get_ptr<const std::string*>();
    if (value == nullptr) {
      note(key, "is no text");
    }
    return value == nullptr ? std::string() : printable(*value);
  }
  std::string text_or_nothing(const Json& object, const char* key) {
    return at(object, key).is_null() ? std::string() : text(object, key);
  }
  // Whatever number stands there: no daemon of ours sends one that does not fit.
  std::int64_t number(const Json& object, const char* key, double scale = 1) {
    constexpr double most = 1e15;
    const Json& value = at(object, key);
    if (!value.is_number()) {
      note(key, "is no number");
      return 0;
    }
    return std::llround(std::clamp(value.get<double>() * scale, -most, most));
  }
  std::optional<std::int64_t> number_or_nothing(const Json& object, const char* key) {
    return at(object, key).is_null() ? std::nullopt : std::optional(number(object, key));
  }
  bool is_true(const Json& object, const char* key) {
    const auto* const value = at(object, key).get_ptr<const bool*>();
    if (value == nullptr) {
      note(key, "is neither true nor false");
    }
    return value != nullptr && *value;
  }
  // Empty where it is none.
  const Json& list(const Json& object, const char* key) {
    static const Json none = Json::array();
    const Json& value = at(object, key);
    if (!value.is_array()) {
      note(key, "is no list");
    }
    return value.is_array() ? value : none;
  }

 private:
  void note(const char* key, const char* what) {
    if (problem_.empty()) {
      problem_ = quoted(key) + " " + what;
    }
  }

  std::string problem_;
};

Rates rates_of(Reader& reader, const Json& json) {
  const auto packets = [&](const char* key) {
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(reader.number(json, key), 0, most));
  };
  return {reader.number(json, "up_kbit", 1000), reader.number(json, "down_kbit", 1000), packets("up_pps"), packets("down_pps"),
          1};
}

SeenCall call_of(Reader& reader, const Json& json) {
  SeenCall call{reader.number(json, "id"),         reader.text(json, "device"), reader.text(json, "remote"),
                reader.number(json, "duration_s"), rates_of(reader, json),      reader.text(json, "reason")};
  // A daemon that was not restarted after an upgrade may not tell it.
  if (json.contains("kind")) {
    call.kind = reader.text(json, "kind");
    call.is_presumed = reader.is_true(json, "presumed");
  }
  return call;
}

SeenDevice device_of(Reader& reader, const Json& json) {
  return {reader.text(json, "name"), reader.number(json, "calls")};
}

SeenLine line_of(Reader& reader, const Json& json) {
  return {reader.number_or_nothing(json, "up_kbit"),
          reader.number_or_nothing(json, "down_kbit"),
          reader.number_or_nothing(json, "up_queue_ms"),
          reader.number_or_nothing(json, "down_queue_ms"),
          reader.text(json, "bottleneck"),
          reader.text_or_nothing(json, "learnt"),
          reader.text_or_nothing(json, "blocker"),
          reader.text_or_nothing(json, "up_learnt"),
          reader.text_or_nothing(json, "down_learnt"),
          reader.number_or_nothing(json, "up_calm_kbit"),
          reader.number_or_nothing(json, "down_calm_kbit"),
          reader.text_or_nothing(json, "step")};
}

// As system/quality_json.h writes it; MOS and percent have one digit there.
CallQualityReport quality_of(Reader& reader, const Json& json) {
  CallQualityReport report;
  const auto scaled = [&](const char* key, double scale) -> std::optional<std::uint32_t> {
    constexpr std::int64_t most = 1000;
    return reader.at(json, key).is_null()
               ? std::nullopt
               : std::optional(static_cast<std::uint32_t>(std::clamp<std::int64_t>(reader.number(json, key, scale), 0, most)));
  };
  const std::string grade = reader.text(json, "grade");
  for (const Grade each : all_grades) {
    report.quality.grade = grade == to_string(each) ? each : report.quality.grade;
  }
  const std::string cause = reader.text_or_nothing(json, "cause");
  for (const QualityCause each : all_causes) {
    if (cause == to_string(each)) {
      report.quality.cause = each;
    }
  }
  report.quality.mos_hundredths = scaled("mos", 100);
  report.quality.missing_permille = scaled("missing_percent", 10);
  if (const auto delay = reader.number_or_nothing(json, "delay_ms")) {
    report.quality.delay = Duration(*delay);
  }
  report.device = reader.text_or_nothing(json, "device");
  return report;
}

SeenFlow flow_of(Reader& reader, const Json& json) {
  return {reader.text(json, "flow"),    reader.text(json, "device"),      reader.is_true(json, "in_call"),
          reader.number(json, "score"), reader.number(json, "threshold"), reader.is_true(json, "has_counters"),
          rates_of(reader, json),       reader.text(json, "reason")};
}

// As far as it is what it should be: more than a wrong one is not worth the memory.
template <typename One>
std::vector<One> list_of(Reader& reader, const Json& object, const char* key, One (*one_of)(Reader&, const Json&)) {
  std::vector<One> list;
  for (const Json& one : reader.list(object, key)) {
    if (!reader.problem().empty()) {
      break;
    }
    list.push_back(one_of(reader, one));
  }
  return list;
}

SeenStatus status_of(Reader& reader, const Json& json) {
  SeenStatus status;
  status.version = reader.text(json, "version");
  status.instance = reader.number(json, "instance");
  const Json& settings = reader.at(json, "settings");
  status.detector = reader.text(settings, "detector");
  status.sensitivity = reader.text(settings, "sensitivity");
  status.actuator = reader.text(settings, "actuator");
  status.time = reader.text(json, "time");
  if (const std::string qos = reader.text_or_nothing(json, "qos"); !qos.empty()) {
    status.is_on = qos == "ON";
  }
  status.is_wanted = reader.text(json, "wanted") == "ON";
  status.mode = reader.text(json, "mode");
  status.reason = reader.text(json, "reason");
  if (const std::string until = reader.text_or_nothing(json, "override_until"); !until.empty()) {
    status.override_until = until;
  }
  status.sight = reader.text(json, "detector");
  status.sight_reason = reader.text_or_nothing(json, "detector_reason");
  status.error = reader.text_or_nothing(json, "error");
  // A daemon that was not restarted after an upgrade has not all of it.
  if (json.contains("remark")) {
    status.remark = reader.text_or_nothing(json, "remark");
  }
  if (json.contains("line")) {
    status.line = line_of(reader, json["line"]);
  }
  if (json.contains("quality")) {
    status.quality = quality_of(reader, json["quality"]);
  }
  status.calls = reader.number(json, "calls");
  status.call_list = list_of(reader, json, "call_list", call_of);
  status.devices = list_of(reader, json, "devices", device_of);
  status.flow_list = list_of(reader, json, "flow_list", flow_of);
  status.flows_left_out = static_cast<std::size_t>(std::max<std::int64_t>(0, reader.number(json, "flows_left_out")));
  status.flows_without_counters = reader.number(json, "flows_without_counters");
  const Json& totals = reader.at(json, "totals");
  status.calls_seen = reader.number(totals, "calls_seen");
  status.switches = reader.number(totals, "switches");
  status.flows_seen = reader.number(totals, "flows_seen");
  status.events_lost = reader.number(totals, "events_lost");
  if (json.contains("order")) {
    const Json& order = reader.at(json, "order");
    status.order = SeenOrder{reader.text(order, "result"), reader.text_or_nothing(order, "error")};
  }
  return status;
}

Error no_status(const std::string& problem) {
  return Error{"understand the daemon's answer: " + problem + "; is it of another version?"};
}

}  // namespace

Result<SeenStatus> read_status(std::string_view json) {
  const Json answer = parse_json(json);
  if (!answer.is_object()) {
    return no_status("it is no JSON object");
  }
  Reader reader;
  if (answer.contains("error") && answer.size() == 1) {
    const std::string refusal = reader.text(answer, "error");
    return reader.problem().empty() ? Error{"the daemon refused: " + refusal} : no_status(reader.problem());
  }
  SeenStatus status = status_of(reader, answer);
  if (!reader.problem().empty()) {
    return no_status(reader.problem());
  }
  return status;
}

}  // namespace voip
