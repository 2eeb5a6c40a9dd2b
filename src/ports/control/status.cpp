#include "ports/control/status.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "system/json.h"
#include "system/line_json.h"
#include "system/quality_json.h"

namespace voip {
namespace {

Json qos_json(const std::optional<Qos>& qos) {
  if (!qos) {
    return nullptr;
  }
  return on_or_off(*qos != Qos::off);
}

void add_rates(Json& json, const Rates& rates) {
  json["up_kbit"] = kbit(rates.up_bit_per_s);
  json["down_kbit"] = kbit(rates.down_bit_per_s);
  json["up_pps"] = rates.up_packets_per_s;
  json["down_pps"] = rates.down_packets_per_s;
}

std::string_view to_string(OrderTaken::Result result) {
  constexpr std::array<std::string_view, 3> words{"done", "going_on", "failed"};
  return words.at(static_cast<std::size_t>(result));
}

Json call_json(const Call& call, Instant now, const Calendar& calendar) {
  Json json{{"id", call.id},
            {"device", call.device},
            {"client", call.client.to_string()},
            {"remote", call.first_flow.server.address.to_string()},
            {"started", calendar(call.started)},
            {"duration_s", seconds_since(call.started, now)}};
  add_rates(json, call.rates);
  json["flows"] = call.rates.flows;
  add_certainty(json, call);
  json["reason"] = call.reason;
  return json;
}

Json flow_json(const FlowReport& flow) {
  Json json{{"flow", to_string(flow.key)}, {"device", flow.device},       {"in_call", flow.in_call},
            {"score", flow.score},         {"threshold", flow.threshold}, {"has_counters", flow.has_counters}};
  add_rates(json, flow.rates);
  json["reason"] = flow.reason;
  return json;
}

Json flow_list(const std::vector<FlowReport>& flows, std::size_t most) {
  std::vector<const FlowReport*> order;
  order.reserve(flows.size());
  for (const FlowReport& flow : flows) {
    order.push_back(&flow);
  }
  std::stable_sort(order.begin(), order.end(), [](const FlowReport* a, const FlowReport* b) {
    return std::pair(a->in_call, a->score) > std::pair(b->in_call, b->score);
  });
  order.resize(std::min(order.size(), most));
  Json list = Json::array();
  for (const FlowReport* flow : order) {
    list.push_back(flow_json(*flow));
  }
  return list;
}

}  // namespace

std::string status_json(const FullStatus& status, const DaemonFacts& facts, Instant now, const Calendar& calendar,
                        std::size_t most_flows, const OrderTaken* order) {
  most_flows = std::min(most_flows, most_flows_listed);
  const Report& report = status.report;
  Json rates = Json::object();
  add_rates(rates, status.rates);
  rates["flows"] = status.rates.flows;
  Json devices = Json::array();
  for (const DeviceReport& device : report.devices) {
    devices.push_back(
        {{"name", device.name}, {"calls", device.calls}, {"call_started", instant_or_null(device.call_started, calendar)}});
    add_certainty(devices.back(), device.calls, device.call_kind, device.is_presumed);
  }
  Json calls = Json::array();
  for (const Call& call : status.calls) {
    calls.push_back(call_json(call, now, calendar));
  }
  Json json({{"version", facts.version},
             {"uptime_s", seconds_since(facts.since, now)},
             {"instance", facts.since.time_since_epoch().count()},
             {"settings",
              {{"detector", facts.detector},
               {"sensitivity", to_string(report.settings.sensitivity)},
               {"actuator", facts.actuator},
               {"release_after_s", std::chrono::duration_cast<std::chrono::seconds>(report.settings.release_after).count()}}},
             {"time", calendar(now)},
             {"qos", qos_json(report.observed)},
             {"wanted", on_or_off(report.wanted)},
             {"mode", to_string(report.mode)},
             {"reason", to_string(report.reason)},
             {"override_until", instant_or_null(report.override_until, calendar)},
             {"call_active", report.calls > 0},
             {"calls", report.calls},
             {"in_call", report.in_call},
             {"call_started", instant_or_null(report.call_started, calendar)},
             {"detector", to_string(report.sight)},
             {"detector_reason", or_null(report.sight_reason)},
             {"error", or_null(report.error)},
             {"remark", or_null(report.remark)},
             {"rates", std::move(rates)},
             {"line", line_json(status.line, calendar)},
             {"quality", quality_json(status.quality)},
             {"devices", std::move(devices)},
             {"call_list", std::move(calls)},
             {"flow_list", flow_list(status.flows, most_flows)},
             {"flows_left_out", status.flows.size() - std::min(status.flows.size(), most_flows)},
             {"flows_without_counters",
              std::count_if(status.flows.begin(), status.flows.end(), [](const FlowReport& flow) { return !flow.has_counters; })},
             {"totals",
              {{"flows_seen", status.flows_seen},
               {"events_lost", status.events_lost},
               {"calls_seen", status.calls_seen},
               {"switches", status.switches}}}});
  add_certainty(json, report.calls, report.call_kind, report.is_presumed);
  if (order != nullptr) {
    json["order"] = {{"result", to_string(order->result)}, {"error", or_null(order->error)}};
  }
  return text_of(json);
}

std::string error_json(std::string_view error) {
  return text_of({{"error", error}});
}

}  // namespace voip
