#include "commands/doctor/broker.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/ip_address.h"

namespace voip {
namespace {

std::string home_assistant_topic(const Settings& settings) {
  return settings.home_assistant.prefix + "/status";
}

// What is kept there; empty: nothing.
std::string kept(const MqttTrial& trial, const std::string& topic) {
  const auto found = trial.retained.find(topic);
  return found == trial.retained.end() ? "" : found->second;
}

std::string fix_for(const MqttTrial& trial) {
  const MqttAddress broker = parse_mqtt_uri(trial.uri);
  const std::string place = broker.host + " " + std::to_string(broker.port);
  const std::array<std::pair<std::string_view, std::string>, 9> fixes{{
      {"hangs", "restart the broker; or correct the scheme and the port in mqtt.uri: mqtt:// is without TLS, mqtts:// with it"},
      {"user name or password", "correct mqtt.username, and the first line of the file mqtt.password_file"},
      {"certificate", "correct mqtt.ca_file, mqtt.cert_file and mqtt.key_file; see: openssl s_client -connect " + broker.host +
                          ":" + std::to_string(broker.port)},
      {"TLS", "correct the scheme in mqtt.uri: mqtt:// is without TLS, mqtts:// with it"},
      {"no answer from the name server", "see: cat /etc/resolv.conf; nslookup " + broker.host},
      {"no address for the name", "correct the name in mqtt.uri, or the name server: nslookup " + broker.host},
      {"connection refused",
       "start the broker there, let it listen to more than localhost, or correct mqtt.uri; see: nc -v " + place},
      {"no route", IpAddress::parse(broker.host)
                       ? "ip route get " + broker.host
                       : "getent ahosts " + broker.host + "; and for an address of these: ip route get ADDRESS"},
      {"no answer", "switch it on, or open its firewall for us; see: nc -v " + place},
  }};
  for (const auto& [words, fix] : fixes) {
    if (trial.why.find(words) != std::string::npos) {
      return fix;
    }
  }
  return "correct [mqtt] in the configuration; the broker's log says more";
}

Check judge_connected(const MqttTrial& trial, const BrokerFacts& facts, const Settings& settings) {
  if (!trial.refused.empty()) {
    return {"broker", CheckResult::warning, trial.uri + " accepts us, but its access list forbids: " + trial.refused.front(),
            "allow it there (integrations/mosquitto shows a list for one router)"};
  }
  if (!trial.lacks.empty()) {
    return {"broker", CheckResult::warning, trial.uri + " accepts us, but it " + trial.lacks.front(),
            "change its configuration: in mosquitto.conf retain_available, max_qos, max_packet_size"};
  }
  const MqttTopics topics(settings);
  const std::string topic = topics.status();
  const bool has_online = kept(trial, topic) == "online";
  if (has_online && kept(trial, topics.state()).find(twin_problem(settings)) != std::string::npos) {
    const Complaint complaint = split_advice(twin_problem(settings));
    return {"broker", CheckResult::warning, trial.uri + " accepts us, but " + complaint.what, complaint.advice};
  }
  if (has_online && facts.daemon_is_known && !facts.daemon_runs) {
    return {
        "broker", CheckResult::warning,
        trial.uri + " accepts us; " + topic + " is \"online\" although no daemon runs here: is there another node of that id?",
        "give each router its own node.id"};
  }
  if (sends_password_in_clear(settings.mqtt) && !parse_mqtt_uri(trial.uri).has_tls) {
    return {"broker", CheckResult::note, trial.uri + " accepts us; the password goes readable over the network",
            "use mqtts:// (integrations/mosquitto shows how)"};
  }
  return {"broker", CheckResult::ok, trial.uri + " accepts us" + (has_online ? ", and has the daemon's \"online\"" : "")};
}

}  // namespace

std::vector<std::string> topics_of_interest(const Settings& settings) {
  const MqttTopics ours(settings);
  std::vector<std::string> topics{ours.status(), ours.state()};
  if (settings.home_assistant.discovery) {
    topics.push_back(home_assistant_topic(settings));
  }
  return topics;
}

Checks judge_brokers(const BrokerFacts& facts, const Settings& settings, const Platform& platform) {
  if (settings.mqtt.uri.empty()) {
    return {{"broker", CheckResult::note, "no mqtt.uri is configured: nothing is told over MQTT, and switching needs none"}};
  }
  if (!facts.problem.empty()) {
    const Complaint complaint = split_advice(facts.problem);
    return {{"broker", CheckResult::failed, facts.problem,
             complaint.advice.empty() ? "correct [mqtt] in the configuration" : complaint.advice}};
  }
  const auto accepts = [](const MqttTrial& trial) { return trial.why.empty(); };
  const bool has_one = std::any_of(facts.trials.begin(), facts.trials.end(), accepts);
  Checks checks;
  bool has_online = false;
  for (const MqttTrial& trial : facts.trials) {
    has_online = has_online || kept(trial, MqttTopics(settings).status()) == "online";
    if (accepts(trial)) {
      checks.push_back(judge_connected(trial, facts, settings));
    } else {
      checks.push_back(
          {"broker", has_one ? CheckResult::warning : CheckResult::failed, trial.uri + ": " + trial.why, fix_for(trial)});
    }
  }
  // Then "online" may be there all the same.
  const bool is_hidden = std::any_of(facts.trials.begin(), facts.trials.end(),
                                     [](const MqttTrial& t) { return !t.refused.empty() || !t.lacks.empty(); });
  if (has_one && !has_online && !is_hidden && facts.daemon_is_known && facts.daemon_runs) {
    checks.push_back({"broker", CheckResult::warning, "none has \"online\" from the daemon that runs here: it is not connected",
                      platform.is_openwrt ? "see why: logread -e voip-qosd" : "see why: journalctl -u voip-qosd"});
  }
  return checks;
}

Checks judge_home_assistant(const BrokerFacts& facts, const Settings& settings) {
  if (settings.mqtt.uri.empty()) {
    return {};
  }
  if (!settings.home_assistant.discovery) {
    return {{"home_assistant", CheckResult::note,
             "home_assistant.discovery is off: Home Assistant does not find this router by itself",
             "set home_assistant.discovery = true"}};
  }
  const auto connected = std::find_if(facts.trials.begin(), facts.trials.end(), [](const MqttTrial& t) { return t.why.empty(); });
  if (connected == facts.trials.end()) {
    return {{"home_assistant", CheckResult::note, "not looked at: no broker accepts us"}};
  }
  const std::string topic = home_assistant_topic(settings);
  const std::string said = kept(*connected, topic);
  if (said == "online") {
    return {{"home_assistant", CheckResult::ok, "it is online (" + topic + "), and discovery is on"}};
  }
  if (said == "offline") {
    return {{"home_assistant", CheckResult::warning, topic + " is \"offline\": Home Assistant is not connected to this broker",
             "start it, or set up its MQTT integration with this broker"}};
  }
  return {{"home_assistant", CheckResult::ok,
           "discovery is on, below " + settings.home_assistant.prefix +
               "/; whether Home Assistant is there is not kept at the broker"}};
}

}  // namespace voip
