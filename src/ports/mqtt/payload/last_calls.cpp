#include "ports/mqtt/payload/last_calls.h"

#include <algorithm>
#include <utility>

#include "system/quality_json.h"

namespace voip {
namespace {

constexpr std::size_t longest_text = 200;
constexpr const char* before = "before";

bool is_text(const Json& call, const char* key) {
  const auto found = call.find(key);
  return found != call.end() && found->is_string() && found->get_ref<const std::string&>().size() <= longest_text;
}

// As one that we have written.
bool is_call(const Json& call) {
  return call.is_object() && is_text(call, "device") && is_text(call, "started") && call.contains("duration_s") &&
         call["duration_s"].is_number_unsigned();
}

Json brief(const Json& call) {
  return {{"device", call["device"]}, {"started", call["started"]}, {"duration_s", call["duration_s"]}};
}

}  // namespace

Json ended_call_json(const Call& call, const Calendar& calendar) {
  const Instant ended = call.ended.value_or(call.started);
  Json json{{"device", call.device},
            {"remote", call.first_flow.server.address.to_string()},
            {"duration_s", seconds_since(call.started, ended)},
            {"up_kbit", kbit(call.rates.up_bit_per_s)},
            {"down_kbit", kbit(call.rates.down_bit_per_s)},
            {"up_pps", call.rates.up_packets_per_s},
            {"down_pps", call.rates.down_packets_per_s},
            {"started", calendar(call.started)},
            {"ended", calendar(ended)},
            {"was_none", call.was_none}};
  json["kind"] = to_string(call.kind);
  json.update(quality_of_call_json(call));
  return json;
}

MqttLastCalls::MqttLastCalls(const Settings& settings, Calendar calendar)
    : topic_(MqttTopics(settings).last_call()), calendar_(std::move(calendar)) {}

void MqttLastCalls::add(const Call& ended) {
  if (ended.was_none) {
    return;
  }
  calls_.push_front(ended_call_json(ended, calendar_));
  calls_.resize(std::min(calls_.size(), most));
}

void MqttLastCalls::take_up(std::string_view payload) {
  if (std::exchange(has_taken_up_, true)) {
    return;
  }
  const Json found = parse_json(payload);
  if (!is_call(found)) {
    return;
  }
  calls_.push_back(found);
  calls_.back().erase(before);
  if (const auto list = found.find(before); list != found.end() && list->is_array()) {
    for (const Json& call : *list) {
      if (calls_.size() < most && is_call(call)) {
        calls_.push_back(brief(call));
      }
    }
  }
  calls_.resize(std::min(calls_.size(), most));
}

MqttMessage MqttLastCalls::message() const {
  Json json = calls_.front();
  Json& list = json[before] = Json::array();
  for (std::size_t i = 1; i < calls_.size(); ++i) {
    list.push_back(brief(calls_[i]));
  }
  return {topic_, text_of(json), 1, true};
}

}  // namespace voip
