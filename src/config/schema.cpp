#include "config/schema.h"

#include <algorithm>
#include <array>

#include "actuators/actuators.h"
#include "detectors/detectors.h"

namespace voip {
namespace {

using V = ConfigValue;
template <typename T>
using Word = std::pair<std::string_view, T>;

constexpr std::array sensitivities{Word<Sensitivity>{"low", Sensitivity::low}, Word<Sensitivity>{"normal", Sensitivity::normal},
                                   Word<Sensitivity>{"high", Sensitivity::high}};
constexpr std::array directions{
    Word<ThresholdDirection>{"either", ThresholdDirection::either}, Word<ThresholdDirection>{"up", ThresholdDirection::up},
    Word<ThresholdDirection>{"down", ThresholdDirection::down}, Word<ThresholdDirection>{"both", ThresholdDirection::both}};
constexpr std::array protocols{Word<bool>{"udp", true}, Word<bool>{"any", false}};
constexpr std::array styles{Word<bool>{"device", true}, Word<bool>{"entity", false}};
constexpr std::array modes{Word<Mode>{"auto", Mode::automatic}, Word<Mode>{"on", Mode::on}, Word<Mode>{"off", Mode::off}};
constexpr std::array foreigns{Word<Foreign>{"stop", Foreign::stop}, Word<Foreign>{"leave", Foreign::leave}};
constexpr std::array exits{Word<OnExit>{"off", OnExit::off}, Word<OnExit>{"leave", OnExit::leave}};
constexpr std::array drains{Word<Drain>{"off", Drain::off}, Word<Drain>{"fixed", Drain::fixed},
                            Word<Drain>{"measured", Drain::measured}};
constexpr std::array link_layers{Word<LinkLayer>{"ethernet", LinkLayer::ethernet}, Word<LinkLayer>{"atm", LinkLayer::atm},
                                 Word<LinkLayer>{"ptm", LinkLayer::ptm}};
constexpr std::array roles{Word<Role>{"phone", Role::phone}, Word<Role>{"any", Role::any}, Word<Role>{"never", Role::never}};

constexpr std::array kernel_events{Word<KernelEvents>{"all", KernelEvents::all},
                                   Word<KernelEvents>{"candidates", KernelEvents::candidates}};

template <typename T, std::size_t n>
void word(V& v, T& out, const std::array<Word<T>, n>& words) {
  v.word(out, std::span<const Word<T>>(words));
}

std::vector<std::string_view> detector_names() {
  std::vector<std::string_view> names;
  for (const DetectorKind* kind : all_detectors()) {
    names.push_back(kind->name);
  }
  return names;
}

std::vector<std::string_view> actuator_names() {
  std::vector<std::string_view> names;
  for (const Actuator* actuator : all_actuators()) {
    names.push_back(actuator->name);
  }
  return names;
}

constexpr std::uint32_t most_kbit = 10'000'000;
constexpr std::uint32_t most_steps = 600;
constexpr std::uint32_t most_kept_calls = 500;
constexpr std::uint32_t most_overhead = 256;  // as with CAKE

constexpr std::array<ConfigKey, 4> node_keys{{
    {"id", [](V& v, Settings& s) { v.node_id(s.node.id); }},
    {"name", [](V& v, Settings& s) { v.optional_line(s.node.name); }},
    {"state_dir", [](V& v, Settings& s) { v.path(s.node.state_dir); }},
    {"keep_calls", [](V& v, Settings& s) { v.number(s.node.keep_calls, 0, most_kept_calls); }},
}};
constexpr std::array<ConfigKey, 7> monitor_keys{{
    {"lan", [](V& v, Settings& s) { v.lan(s.monitor.lan); }},
    {"interval", [](V& v, Settings& s) { v.duration(s.monitor.interval, 100ms, 10s); }},
    {"fast_interval", [](V& v, Settings& s) { v.duration(s.monitor.fast_interval, 50ms, 10s); }},
    {"max_watched_flows", [](V& v, Settings& s) { v.number(s.monitor.max_watched_flows, 16, 65'536); }},
    {"enable_accounting", [](V& v, Settings& s) { v.boolean(s.monitor.enable_accounting); }},
    {"audit_interval", [](V& v, Settings& s) { v.duration(s.monitor.audit_interval, 10s, 24h); }},
    {"kernel_events", [](V& v, Settings& s) { word(v, s.monitor.kernel_events, kernel_events); }},
}};
constexpr std::array<ConfigKey, 1> detector_keys{{
    {"use", [](V& v, Settings& s) { v.one_of(s.detector.use, detector_names()); }},
}};
constexpr std::array<ConfigKey, 3> calls_keys{{
    {"sensitivity", [](V& v, Settings& s) { word(v, s.detector.calls.sensitivity, sensitivities); }},
    {"voip_ports", [](V& v, Settings& s) { v.ports(s.detector.calls.voip_ports); }},
    {"never_ports", [](V& v, Settings& s) { v.ports(s.detector.calls.never_ports); }},
}};
constexpr std::array<ConfigKey, 7> threshold_keys{{
    {"direction", [](V& v, Settings& s) { word(v, s.detector.threshold.direction, directions); }},
    {"packets_per_s", [](V& v, Settings& s) { v.number(s.detector.threshold.packets_per_s, 1, 100'000); }},
    {"kbit_per_s", [](V& v, Settings& s) { v.number(s.detector.threshold.kbit_per_s, 1, most_kbit); }},
    {"on_after_steps", [](V& v, Settings& s) { v.number(s.detector.threshold.on_after_steps, 1, most_steps); }},
    {"off_after_steps", [](V& v, Settings& s) { v.number(s.detector.threshold.off_after_steps, 1, most_steps); }},
    {"step", [](V& v, Settings& s) { v.duration(s.detector.threshold.step, 100ms, 1min); }},
    {"protocol", [](V& v, Settings& s) { word(v, s.detector.threshold.udp_only, protocols); }},
}};
constexpr std::array<ConfigKey, 8> policy_keys{{
    {"mode", [](V& v, Settings& s) { word(v, s.policy.mode, modes); }},
    {"release_after", [](V& v, Settings& s) { v.duration(s.policy.release_after, 0s, 1h); }},
    {"min_on", [](V& v, Settings& s) { v.duration(s.policy.min_on, 0s, 1h); }},
    {"min_off", [](V& v, Settings& s) { v.duration(s.policy.min_off, 0s, 1h); }},
    {"max_on", [](V& v, Settings& s) { v.duration(s.policy.max_on, 10s, 24h * 7); }},
    {"override_for", [](V& v, Settings& s) { v.duration(s.policy.override_for, 1s, 24h * 7); }},
    {"on_exit", [](V& v, Settings& s) { word(v, s.policy.on_exit, exits); }},
    {"compare", [](V& v, Settings& s) { v.every_nth_call(s.policy.compare_every); }},
}};
constexpr std::array<ConfigKey, 7> qos_keys{{
    {"actuator", [](V& v, Settings& s) { v.one_of(s.qos.actuator, actuator_names()); }},
    {"wan", [](V& v, Settings& s) { v.link_name(s.qos.wan); }},
    {"timeout", [](V& v, Settings& s) { v.duration(s.qos.timeout, 1s, 10min); }},
    {"retries", [](V& v, Settings& s) { v.number(s.qos.retries, 0, 20); }},
    {"mark_calls", [](V& v, Settings& s) { v.boolean(s.qos.mark_calls); }},
    {"call_mark", [](V& v, Settings& s) { v.mark(s.qos.call_mark); }},
    {"queue_target", [](V& v, Settings& s) { v.duration(s.qos.queue_target, 0s, 200ms); }},
}};
constexpr std::array<ConfigKey, 10> tc_keys{{
    {"upload_kbit", [](V& v, Settings& s) { v.number_or_auto(s.qos.tc.upload_kbit, s.qos.tc.upload_is_auto, 0, most_kbit); }},
    {"download_kbit",
     [](V& v, Settings& s) { v.number_or_auto(s.qos.tc.download_kbit, s.qos.tc.download_is_auto, 0, most_kbit); }},
    {"bulk_percent", [](V& v, Settings& s) { v.number(s.qos.tc.bulk_percent, 5, 95); }},
    {"drain", [](V& v, Settings& s) { word(v, s.qos.tc.drain, drains); }},
    {"drain_for", [](V& v, Settings& s) { v.duration(s.qos.tc.drain_for, 100ms, 30s); }},
    {"drain_percent", [](V& v, Settings& s) { v.number(s.qos.tc.drain_percent, 1, 95); }},
    {"overhead", [](V& v, Settings& s) { v.number(s.qos.tc.overhead, 0, most_overhead); }},
    {"mpu", [](V& v, Settings& s) { v.number(s.qos.tc.mpu, 0, most_overhead); }},
    {"link_layer", [](V& v, Settings& s) { word(v, s.qos.tc.link_layer, link_layers); }},
    {"lan", [](V& v, Settings& s) { v.link_names(s.qos.tc.lan); }},
}};
constexpr std::array<ConfigKey, 3> exec_keys{{
    {"on", [](V& v, Settings& s) { v.command(s.qos.exec.on); }},
    {"off", [](V& v, Settings& s) { v.command(s.qos.exec.off); }},
    {"observe", [](V& v, Settings& s) { v.command(s.qos.exec.observe); }},
}};
constexpr std::array<ConfigKey, 4> qos_scripts_keys{{
    {"start", [](V& v, Settings& s) { v.program(s.qos.qos_scripts.start); }},
    {"stop", [](V& v, Settings& s) { v.program(s.qos.qos_scripts.stop); }},
    {"interface", [](V& v, Settings& s) { v.link_name(s.qos.qos_scripts.interface); }},
    {"foreign", [](V& v, Settings& s) { word(v, s.qos.qos_scripts.foreign, foreigns); }},
}};
constexpr std::array<ConfigKey, 3> sqm_scripts_keys{{
    {"run", [](V& v, Settings& s) { v.program(s.qos.sqm_scripts.run); }},
    {"state_dir", [](V& v, Settings& s) { v.path(s.qos.sqm_scripts.state_dir); }},
    {"interface", [](V& v, Settings& s) { v.optional_link_name(s.qos.sqm_scripts.interface); }},
}};
constexpr std::array<ConfigKey, 5> cake_rate_keys{{
    {"upload_kbit",
     [](V& v, Settings& s) { v.number_or_auto(s.qos.cake_rate.upload_kbit, s.qos.cake_rate.upload_is_auto, 0, most_kbit); }},
    {"download_kbit",
     [](V& v, Settings& s) { v.number_or_auto(s.qos.cake_rate.download_kbit, s.qos.cake_rate.download_is_auto, 0, most_kbit); }},
    {"idle_upload_kbit", [](V& v, Settings& s) { v.number(s.qos.cake_rate.idle_upload_kbit, 0, most_kbit); }},
    {"idle_download_kbit", [](V& v, Settings& s) { v.number(s.qos.cake_rate.idle_download_kbit, 0, most_kbit); }},
    {"download_device", [](V& v, Settings& s) { v.optional_link_name(s.qos.cake_rate.download_device); }},
}};
constexpr std::array<ConfigKey, 2> qosify_keys{{
    {"dscp", [](V& v, Settings& s) { v.node_id(s.qos.qosify.dscp); }},
    {"timeout", [](V& v, Settings& s) { v.duration(s.qos.qosify.timeout, 60s, 1h); }},
}};
constexpr std::array<ConfigKey, 14> mqtt_keys{{
    {"uri", [](V& v, Settings& s) { v.broker_uris(s.mqtt.uri); }},
    {"username", [](V& v, Settings& s) { v.optional_line(s.mqtt.username); }},
    {"password_file", [](V& v, Settings& s) { v.secret_path(s.mqtt.password_file); }},
    {"client_id", [](V& v, Settings& s) { v.optional_line(s.mqtt.client_id); }},
    {"version", [](V& v, Settings& s) { v.number(s.mqtt.version, 3, 5); }},
    {"keep_alive", [](V& v, Settings& s) { v.duration(s.mqtt.keep_alive, 5s, 1h); }},
    {"max_reconnect_delay", [](V& v, Settings& s) { v.duration(s.mqtt.max_reconnect_delay, 1s, 1h); }},
    {"ca_file", [](V& v, Settings& s) { v.optional_path(s.mqtt.ca_file); }},
    {"cert_file", [](V& v, Settings& s) { v.optional_path(s.mqtt.cert_file); }},
    {"key_file", [](V& v, Settings& s) { v.secret_path(s.mqtt.key_file); }},
    {"verify_hostname", [](V& v, Settings& s) { v.boolean(s.mqtt.verify_hostname); }},
    {"base_topic", [](V& v, Settings& s) { v.topic(s.mqtt.base_topic); }},
    {"commands", [](V& v, Settings& s) { v.boolean(s.mqtt.commands); }},
    {"response_topics", [](V& v, Settings& s) { v.topics(s.mqtt.response_topics); }},
}};
constexpr std::array<ConfigKey, 3> home_assistant_keys{{
    {"discovery", [](V& v, Settings& s) { v.boolean(s.home_assistant.discovery); }},
    {"prefix", [](V& v, Settings& s) { v.topic(s.home_assistant.prefix); }},
    {"style", [](V& v, Settings& s) { word(v, s.home_assistant.device_style, styles); }},
}};
constexpr std::array<ConfigKey, 2> control_keys{{
    {"socket", [](V& v, Settings& s) { v.socket_path(s.control.socket); }},
    {"group", [](V& v, Settings& s) { v.optional_line(s.control.group); }},
}};
constexpr std::array<ConfigKey, 3> log_keys{{
    {"level",
     [](V& v, Settings& s) {
       v.one_of(s.log.level, {"debug", "info", "warning", "error"});
     }},
    {"target",
     [](V& v, Settings& s) {
       v.one_of(s.log.target, {"stderr", "syslog", "file"});
     }},
    {"file", [](V& v, Settings& s) { v.path(s.log.file); }},
}};
constexpr std::array<DeviceKey, 5> all_device_keys{{
    {"name", [](V& v, DeviceSettings& d) { v.line(d.name); }},
    {"address", [](V& v, DeviceSettings& d) { v.prefix(d.address); }},
    {"mac", [](V& v, DeviceSettings& d) { v.mac(d.mac); }},
    {"hostname", [](V& v, DeviceSettings& d) { v.hostname(d.hostname); }},
    {"role", [](V& v, DeviceSettings& d) { word(v, d.role, roles); }},
}};
constexpr std::array<ConfigSection, 17> all_sections{{
    {"node", node_keys},
    {"monitor", monitor_keys},
    {"detector", detector_keys},
    {"detector.calls", calls_keys},
    {"detector.threshold", threshold_keys},
    {"policy", policy_keys},
    {"qos", qos_keys},
    {"qos.tc", tc_keys},
    {"qos.exec", exec_keys},
    {"qos.qos-scripts", qos_scripts_keys},
    {"qos.sqm-scripts", sqm_scripts_keys},
    {"qos.cake-rate", cake_rate_keys},
    {"qos.qosify", qosify_keys},
    {"mqtt", mqtt_keys},
    {"home_assistant", home_assistant_keys},
    {"control", control_keys},
    {"log", log_keys},
}};

}  // namespace

std::span<const ConfigSection> config_sections() {
  return all_sections;
}

std::span<const DeviceKey> device_keys() {
  return all_device_keys;
}

}  // namespace voip
