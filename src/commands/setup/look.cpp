#include "commands/setup/look.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "actuators/actuators.h"
#include "base/system_error.h"
#include "base/unique_fd.h"
#include "base/words.h"
#include "ports/mqtt/mqtt.h"

namespace voip {
namespace {

constexpr Duration look_limit = 5s;
constexpr Duration patience = 2s;           // with one of the places where a broker may be, before the others are let be
constexpr std::uint32_t any_kbit = 10'000;  // to see whether tc would do, whatever its rates will be

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A file in memory with the password alone, since nothing is written before it was shown.
Result<UniqueFd> in_memory(const std::string& password) {
  UniqueFd file(::memfd_create("mqtt-password", MFD_CLOEXEC));
  const auto size = static_cast<ssize_t>(password.size());
  if (!file || ::fchmod(file.get(), S_IRUSR | S_IWUSR) != 0 || ::write(file.get(), password.data(), password.size()) != size) {
    return system_error("keep the password in memory");
  }
  return file;
}

BrokerFinding finding_of(const MqttTrial& trial) {
  return {.uri = trial.uri, .why_not = trial.why, .wants_password = has(trial.why, "user name or password")};
}

// Without which there is nothing of it.
std::string main_program(const QosSettings& qos) {
  return qos.actuator == "qos-scripts"   ? qos.qos_scripts.start
         : qos.actuator == "sqm-scripts" ? qos.sqm_scripts.run
         : qos.actuator == "qosify"      ? "ubus"
                                         : "tc";
}

ActuatorFinding judge(const ActuatorFacts& facts, const QosSettings& qos) {
  ActuatorFinding finding{.name = facts.name, .is_installed = is_program(main_program(qos))};
  if (!finding.is_installed) {
    finding.why_not = "not installed";
  } else if (!facts.problem.empty()) {
    finding.why_not = facts.problem;
  } else if (!facts.refusal.empty()) {
    finding.why_not = facts.refusal;
  } else if (!facts.missing_programs.empty()) {
    finding.why_not = "not installed: " + facts.missing_programs.front();
  } else if (!facts.missing_parts.empty()) {
    finding.why_not = "the kernel has no " + facts.missing_parts.front();
  } else if (!facts.is_allowed) {
    finding.why_not = "cannot be looked at without root";
  }
  return finding;
}

TcRates known_rates(const TcSettings& tc) {
  const auto known = [](std::uint32_t kbit, bool is_auto) { return is_auto ? std::nullopt : std::optional(kbit); };
  return {known(tc.upload_kbit, tc.upload_is_auto), known(tc.download_kbit, tc.download_is_auto)};
}

// 0 there: not known.
TcRates known_rates(const LineRates& rates) {
  const auto known = [](std::uint32_t kbit) { return kbit == 0 ? std::nullopt : std::optional(kbit); };
  return {known(rates.upload_kbit), known(rates.download_kbit)};
}

// In the place of those that are to be learnt, and where there are none.
void with_some_rates(TcSettings& tc) {
  const bool has_none = !tc.upload_is_auto && !tc.download_is_auto && tc.upload_kbit == 0 && tc.download_kbit == 0;
  tc.upload_kbit = tc.upload_is_auto || has_none ? any_kbit : tc.upload_kbit;
  tc.download_kbit = tc.download_is_auto || has_none ? any_kbit : tc.download_kbit;
}

std::string output_of(CommandLoop& commands, std::vector<std::string> argv) {
  const std::string program = argv.front();
  return is_program(program) ? commands.run({.argv = std::move(argv)}, look_limit).output : "";
}

}  // namespace

Settings settings_with(const Settings& now, const Answers& answers) {
  Settings settings = now;
  settings.qos.wan = answers.wan;
  settings.monitor.lan = answers.lan;
  settings.devices.insert(settings.devices.end(), answers.new_devices.begin(), answers.new_devices.end());
  return settings;
}

std::string find_netifd_wan(const NetworkFacts& facts) {
  if (!look_at_platform().is_openwrt) {
    return "";
  }
  Settings settings;
  settings.qos.wan = "wan";
  const auto network = read_network(settings);
  const bool is_there = network && std::any_of(facts.interfaces.begin(), facts.interfaces.end(),
                                               [&](const Interface& one) { return one.name == network->wan; });
  return is_there ? network->wan : "";
}

BrokerFinding try_broker(const Settings& now, const BrokerAnswer& broker, CommandLoop& commands) {
  Settings settings = now;
  settings.mqtt.uri = {broker.uri};
  settings.mqtt.username = broker.username;
  settings.mqtt.password_file.clear();
  UniqueFd password;
  if (!broker.password.empty()) {
    auto file = in_memory(broker.password);
    if (!file) {
      return {.uri = broker.uri, .why_not = file.error()};
    }
    password = std::move(*file);
    settings.mqtt.password_file = "/proc/self/fd/" + std::to_string(password.get());
  }
  const auto trials = try_brokers(settings, {}, commands);
  if (!trials) {
    return {.uri = broker.uri, .why_not = trials.error()};
  }
  return trials->empty() ? BrokerFinding{.uri = broker.uri, .why_not = "interrupted"} : finding_of(trials->front());
}

std::vector<BrokerFinding> find_brokers(const Settings& now, CommandLoop& commands) {
  // This machine first: it answers at once. Then what Home Assistant and brokers are called in most homes.
  constexpr std::array<const char*, 4> places{"localhost", "homeassistant", "homeassistant.local", "mosquitto"};
  std::vector<BrokerFinding> found;
  for (const char* place : places) {
    const Instant before = commands.loop().now();
    found.push_back(try_broker(now, {.uri = std::string("mqtt://") + place + ":1883"}, commands));
    // A name server that is slow, or is not there, is it for the other names too.
    if (found.back().why_not.empty() || commands.is_interrupted() || commands.loop().now() - before > patience) {
      break;
    }
  }
  return found;
}

ActuatorFindings look_at_actuators(const Settings& now, const Answers& answers, CommandLoop& commands) {
  Settings settings = settings_with(now, answers);
  ActuatorFindings findings;
  const auto network = read_network(settings);
  if (!network) {
    return findings;
  }
  const std::string device = network->wan;
  const std::string sqm = output_of(commands, {"uci", "-q", "show", "sqm"});
  const std::string qos = output_of(commands, {"uci", "-q", "show", "qos"});
  findings.rates = {known_rates(now.qos.tc), why_no_headers()};
  for (const LineRates& rates : {rates_of_sqm(sqm, device), rates_of_qos_scripts(qos, now.qos.qos_scripts.interface)}) {
    findings.rates.known = findings.rates.is_any_known() ? findings.rates.known : known_rates(rates);
  }
  findings.cake_rates = rates_of_cake(output_of(commands, {"tc", "qdisc", "show"}), device);
  for (const Actuator* actuator : all_actuators()) {
    // What somebody has written himself cannot be found, only kept.
    if (!actuator->switches || actuator->name == "exec" || commands.is_interrupted()) {
      continue;
    }
    settings.qos = now.qos;
    settings.qos.wan = answers.wan;
    settings.qos.actuator = actuator->name;
    if (actuator->name == "tc") {
      with_some_rates(settings.qos.tc);
    }
    if (actuator->name == "cake-rate" && now.qos.actuator != "cake-rate") {
      settings.qos.cake_rate = cake_rate_settings(findings.cake_rates);
    }
    ActuatorFinding finding = judge(look_at_actuator(settings, *network, own_rights().administers, commands), settings.qos);
    if (actuator->name == "cake-rate" && now.qos.actuator != "cake-rate" && findings.cake_rates == LineRates{}) {
      finding.why_not = "no CAKE with a bandwidth is on the line now";
    }
    findings.all.push_back(std::move(finding));
  }
  return findings;
}

std::string uci_advice(const std::string& uci_text, const std::string& file) {
  if (uci_text.empty()) {
    return "";
  }
  for (const std::string_view line : lines_of(uci_text)) {
    const auto words = words_of(line);
    if (words.size() >= 3 && words[0] == "option" && words[1] == "file") {
      std::string_view value = words[2];
      const bool is_quoted = value.size() >= 2 && (value.front() == '\'' || value.front() == '"');
      value = is_quoted ? value.substr(1, value.size() - 2) : value;
      if (value == file) {
        return "";
      }
    }
  }
  return "The service runs with what stands in UCI, unless a file is named there:\n"
         "  uci set voip-qosd.main.file=" +
         file +
         "\n"
         "  uci commit voip-qosd\n"
         "  /etc/init.d/voip-qosd reload\n"
         "Then nothing else in UCI counts but \"enabled\".";
}

}  // namespace voip
