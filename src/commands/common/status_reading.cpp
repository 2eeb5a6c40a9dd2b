#include "commands/common/status_reading.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/printable.h"

namespace voip {
namespace {

using Json = nlohmann::json;

// Names and errors were written by others.
std::string text(const Json& json) {
  return printable(json.get_ref<const std::string&>());
}

std::string text_or_nothing(const Json& json) {
  return json.is_null() ? std::string() : text(json);
}

// Whatever number stands there: no daemon of ours sends one that does not fit.
std::int64_t number(const Json& json, double scale = 1) {
  constexpr double most = 1e15;
  return std::llround(std::clamp(json.get<double>() * scale, -most, most));
}

Rates rates_of(const Json& json) {
  const auto packets = [&json](const char* key) {
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(number(json.at(key)), 0, most));
  };
  return {number(json.at("up_kbit"), 1000), number(json.at("down_kbit"), 1000), packets("up_pps"), packets("down_pps"), 1};
}

SeenCall call_of(const Json& json) {
  return {number(json.at("id")),         text(json.at("device")), text(json.at("remote")),
          number(json.at("duration_s")), rates_of(json),          text(json.at("reason"))};
}

SeenFlow flow_of(const Json& json) {
  return {text(json.at("flow")),        text(json.at("device")), json.at("in_call"), number(json.at("score")),
          number(json.at("threshold")), json.at("has_counters"), rates_of(json),     text(json.at("reason"))};
}

SeenStatus status_of(const Json& json) {
  SeenStatus status;
  status.version = text(json.at("version"));
  status.instance = number(json.at("instance"));
  const Json& settings = json.at("settings");
  status.detector = text(settings.at("detector"));
  status.sensitivity = text(settings.at("sensitivity"));
  status.actuator = text(settings.at("actuator"));
  status.time = text(json.at("time"));
  if (!json.at("qos").is_null()) {
    status.is_on = json.at("qos") == "ON";
  }
  status.is_wanted = json.at("wanted") == "ON";
  status.mode = text(json.at("mode"));
  status.reason = text(json.at("reason"));
  if (!json.at("override_until").is_null()) {
    status.override_until = text(json.at("override_until"));
  }
  status.sight = text(json.at("detector"));
  status.sight_reason = text_or_nothing(json.at("detector_reason"));
  status.error = text_or_nothing(json.at("error"));
  if (json.contains("remark")) {  // a daemon that was not restarted after an upgrade has none
    status.remark = text_or_nothing(json.at("remark"));
  }
  status.calls = number(json.at("calls"));
  for (const Json& call : json.at("call_list")) {
    status.call_list.push_back(call_of(call));
  }
  for (const Json& device : json.at("devices")) {
    status.devices.push_back({text(device.at("name")), number(device.at("calls"))});
  }
  for (const Json& flow : json.at("flow_list")) {
    status.flow_list.push_back(flow_of(flow));
  }
  status.flows_left_out = static_cast<std::size_t>(std::max<std::int64_t>(0, number(json.at("flows_left_out"))));
  status.flows_without_counters = number(json.at("flows_without_counters"));
  const Json& totals = json.at("totals");
  status.calls_seen = number(totals.at("calls_seen"));
  status.switches = number(totals.at("switches"));
  status.flows_seen = number(totals.at("flows_seen"));
  status.events_lost = number(totals.at("events_lost"));
  if (json.contains("order")) {
    status.order = SeenOrder{text(json.at("order").at("result")), text_or_nothing(json.at("order").at("error"))};
  }
  return status;
}

}  // namespace

Result<SeenStatus> read_status(std::string_view json) {
  try {
    const Json status = Json::parse(json);
    if (status.is_object() && status.contains("error") && status.size() == 1) {
      return Error{"the daemon refused: " + text(status.at("error"))};
    }
    return status_of(status);
  } catch (const Json::exception& error) {
    return Error{"understand the daemon's answer: " + printable(error.what()) + "; is it of another version?"};
  }
}

}  // namespace voip
