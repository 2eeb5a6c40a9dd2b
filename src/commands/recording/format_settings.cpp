#include "commands/recording/format_settings.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

#include "base/printable.h"
#include "system/json.h"

namespace voip {
namespace {

constexpr std::array<std::string_view, 3> sensitivities{"low", "normal", "high"};
constexpr std::array<std::string_view, 4> directions{"either", "up", "down", "both"};
constexpr std::array<std::string_view, 3> link_layers{"ethernet", "atm", "ptm"};
constexpr std::size_t most_devices = 4096;
constexpr std::int64_t most_watched_flows = 65'536;

std::string dump(const Json& value) {
  // A recording may go to a terminal.
  return printable_json(text_of(value));
}

// Reads values of one object and remembers the first that is wrong.
class Values {
 public:
  Values(const Json& object, std::string name, std::string& problem)
      : object_(object), name_(std::move(name)), problem_(problem) {}

  template <typename Number>
  void number(const char* key, Number& value, std::int64_t least, std::int64_t most) {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      return;
    }
    if (!found->is_number_integer() || found->template get<std::int64_t>() < least ||
        found->template get<std::int64_t>() > most) {
      wrong(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
      return;
    }
    value = Number(found->template get<std::int64_t>());
  }

  void duration(const char* key, Duration& value, Duration least, Duration most = 24h * 366) {
    std::int64_t milliseconds = value.count();
    number(key, milliseconds, least.count(), most.count());
    value = Duration(milliseconds);
  }

  std::optional<std::string> text(const char* key) {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      return std::nullopt;
    }
    if (!found->is_string()) {
      wrong(key, "a text");
      return std::nullopt;
    }
    return found->get<std::string>();
  }

  template <typename Word, std::size_t count>
  void word(const char* key, Word& value, const std::array<std::string_view, count>& words) {
    if (const auto given = text(key)) {
      const auto found = std::find(words.begin(), words.end(), *given);
      if (found == words.end()) {
        wrong(key, "a word that is known");
        return;
      }
      value = static_cast<Word>(found - words.begin());
    }
  }

  void ports(const char* key, std::vector<std::uint16_t>& value) {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      return;
    }
    value.clear();
    for (const Json& port : *found) {
      const auto number = whole_number(port, UINT16_MAX);
      if (!number) {
        wrong(key, "a list of ports");
        return;
      }
      value.push_back(static_cast<std::uint16_t>(*number));
    }
  }

  void wrong(const char* key, const std::string& expected) {
    if (problem_.empty()) {
      problem_ = "\"" + name_ + "." + key + "\" must be " + expected;
    }
  }

 private:
  const Json& object_;
  std::string name_;
  std::string& problem_;
};

void read_device(const Json& object, DeviceSettings& device, std::string& problem) {
  Values values(object, "devices", problem);
  device.name = values.text("name").value_or("");
  if (const auto address = values.text("address")) {
    device.address = IpPrefix::parse(*address);
    if (!device.address) {
      values.wrong("address", "an address or a network");
    }
  }
  if (const auto role = values.text("role")) {
    if (const auto parsed = parse_role(*role)) {
      device.role = *parsed;
    } else {
      values.wrong("role", "any, phone or never");
    }
  }
}

}  // namespace

std::string json_text(std::string_view text) {
  return dump(std::string(text));
}

std::string recorded_settings(const Settings& settings) {
  const auto ms = [](Duration duration) { return duration.count(); };
  const ThresholdSettings& threshold = settings.detector.threshold;
  const CallsSettings& calls = settings.detector.calls;
  Json all;
  all["monitor"] = {{"interval_ms", ms(settings.monitor.interval)},
                    {"fast_interval_ms", ms(settings.monitor.fast_interval)},
                    {"max_watched_flows", settings.monitor.max_watched_flows},
                    {"audit_interval_ms", ms(settings.monitor.audit_interval)}};
  all["detector"] = {{"use", settings.detector.use}};
  all["calls"] = {{"sensitivity", sensitivities.at(static_cast<std::size_t>(calls.sensitivity))},
                  {"voip_ports", calls.voip_ports},
                  {"never_ports", calls.never_ports}};
  all["threshold"] = {{"direction", directions.at(static_cast<std::size_t>(threshold.direction))},
                      {"packets_per_s", threshold.packets_per_s},
                      {"on_after_steps", threshold.on_after_steps},
                      {"off_after_steps", threshold.off_after_steps},
                      {"step_ms", ms(threshold.step)},
                      {"udp_only", threshold.udp_only ? 1 : 0}};
  if (threshold.kbit_per_s) {
    all["threshold"]["kbit_per_s"] = *threshold.kbit_per_s;
  }
  all["devices"] = Json::array();
  for (const DeviceSettings& device : settings.devices) {
    Json one{{"name", device.name}, {"role", to_string(device.role)}};
    if (device.address) {
      one["address"] = device.address->to_string();
    }
    all["devices"].push_back(one);
  }
  all["policy"] = {{"mode", to_string(settings.policy.mode)},
                   {"release_after_ms", ms(settings.policy.release_after)},
                   {"min_on_ms", ms(settings.policy.min_on)},
                   {"min_off_ms", ms(settings.policy.min_off)},
                   {"max_on_ms", ms(settings.policy.max_on)}};
  // In which bytes the line is counted.
  const TcSettings& line = settings.qos.tc;
  all["line"] = {
      {"overhead", line.overhead}, {"mpu", line.mpu}, {"link_layer", link_layers.at(static_cast<std::size_t>(line.link_layer))}};
  if (settings.policy.compare_every != 0) {
    all["policy"]["compare_every"] = settings.policy.compare_every;
  }
  return dump(all);
}

std::string read_recorded_settings(const Json& object, Settings& settings) {
  std::string problem;
  for (const char* part : {"monitor", "detector", "calls", "threshold", "policy"}) {
    if (!object.is_object() || !object.value(part, Json()).is_object()) {
      return std::string("\"settings\" must have the object \"") + part + "\"";
    }
  }
  Values monitor(object.at("monitor"), "monitor", problem);
  monitor.duration("interval_ms", settings.monitor.interval, 10ms, 1h);
  monitor.duration("fast_interval_ms", settings.monitor.fast_interval, 10ms, 1h);
  monitor.number("max_watched_flows", settings.monitor.max_watched_flows, 1, most_watched_flows);
  monitor.duration("audit_interval_ms", settings.monitor.audit_interval, 1s);
  settings.detector.use = Values(object.at("detector"), "detector", problem).text("use").value_or("calls");
  if (settings.detector.use != "calls" && settings.detector.use != "threshold") {
    problem = "\"detector.use\" must be a detector that is known";
  }
  CallsSettings& calls = settings.detector.calls;
  Values of_calls(object.at("calls"), "calls", problem);
  of_calls.word("sensitivity", calls.sensitivity, sensitivities);
  of_calls.ports("voip_ports", calls.voip_ports);
  of_calls.ports("never_ports", calls.never_ports);
  ThresholdSettings& threshold = settings.detector.threshold;
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  Values of_threshold(object.at("threshold"), "threshold", problem);
  of_threshold.word("direction", threshold.direction, directions);
  of_threshold.number("packets_per_s", threshold.packets_per_s, 0, most);
  of_threshold.number("on_after_steps", threshold.on_after_steps, 1, most);
  of_threshold.number("off_after_steps", threshold.off_after_steps, 1, most);
  of_threshold.duration("step_ms", threshold.step, 10ms, 1h);
  of_threshold.number("udp_only", threshold.udp_only, 0, 1);
  if (object.at("threshold").contains("kbit_per_s")) {
    of_threshold.number("kbit_per_s", threshold.kbit_per_s.emplace(), 0, most);
  }
  if (const auto devices = object.find("devices"); devices != object.end() && devices->is_array()) {
    if (devices->size() > most_devices) {
      return "\"devices\" are too many";
    }
    for (const Json& device : *devices) {
      read_device(device, settings.devices.emplace_back(), problem);
    }
  }
  Values policy(object.at("policy"), "policy", problem);
  if (const auto mode = policy.text("mode")) {
    settings.policy.mode = parse_mode(*mode).value_or(Mode::automatic);
  }
  policy.duration("release_after_ms", settings.policy.release_after, 0ms);
  policy.duration("min_on_ms", settings.policy.min_on, 0ms);
  policy.duration("min_off_ms", settings.policy.min_off, 0ms);
  policy.duration("max_on_ms", settings.policy.max_on, 1s);
  policy.number("compare_every", settings.policy.compare_every, 0, 100);
  if (const auto found = object.find("line"); found != object.end() && found->is_object()) {
    Values line(*found, "line", problem);
    line.number("overhead", settings.qos.tc.overhead, 0, 256);
    line.number("mpu", settings.qos.tc.mpu, 0, 256);
    line.word("link_layer", settings.qos.tc.link_layer, link_layers);
  }
  return problem;
}

}  // namespace voip
