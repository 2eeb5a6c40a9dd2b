#include "commands/doctor/doctor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "commands/common/exit_status.h"
#include "commands/doctor/look.h"
#include "commands/doctor/text.h"
#include "config/config.h"
#include "terminal/output.h"
#include "terminal/styled_line.h"

namespace voip {
namespace {

class Findings {
 public:
  explicit Findings(bool as_json) : as_json_(as_json), colour_(colour_of_output()) {}

  void add(const Checks& checks) {
    for (const Check& check : checks) {
      if (!as_json_) {
        print(check_text(check, colour_), colour_);
      }
      all_.push_back(check);
    }
  }
  // False where it could not be written.
  [[nodiscard]] bool finish() const {
    return as_json_ ? print_json(checks_json(all_)) : print(summary_text(all_, colour_), colour_);
  }
  [[nodiscard]] bool has_failed() const {
    return std::any_of(all_.begin(), all_.end(), [](const Check& check) { return check.result == CheckResult::failed; });
  }

 private:
  bool as_json_;
  Colour colour_;
  Checks all_;
};

struct Configuration {
  Settings settings;
  bool is_right = true;
  bool is_known = true;  // else these are the defaults
};

// Where only a file that is named in it is wrong, the rest of it counts.
Configuration go_on_with(const std::optional<std::string>& file) {
  LoadedSettings loaded = file ? load_settings(*file, NamedFiles::ignored) : load_default_settings(NamedFiles::ignored);
  auto* settings = std::get_if<Settings>(&loaded);
  return {
      .settings = settings != nullptr ? std::move(*settings) : Settings{}, .is_right = false, .is_known = settings != nullptr};
}

// The settings, or those to go on with where the file is wrong.
Configuration look_at_configuration(const std::optional<std::string>& file, Findings& report) {
  LoadedSettings loaded = file ? load_settings(*file, to_be_checked_here()) : load_default_settings(to_be_checked_here());
  ConfigFacts facts{.file = file.value_or(default_config_path), .exists = file || ::access(default_config_path, F_OK) == 0};
  if (auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
    facts.problems = std::move(*problems);
    report.add(judge_configuration(facts));
    return go_on_with(file);
  }
  report.add(judge_configuration(facts));
  return {.settings = std::get<Settings>(std::move(loaded))};
}

// In the order in which one thing rests on another; each look may be the last one, if somebody asks for the end.
void look_at_all(const Configuration& configuration, CommandLoop& commands, Findings& report) {
  const Settings& settings = configuration.settings;
  const Platform platform = look_at_platform();
  const RunningDaemon daemon = look_at_daemon(settings.control.socket, VOIP_VERSION);
  report.add(judge_daemon(daemon, settings, platform));
  const KernelFacts kernel = look_at_kernel(settings, daemon);
  report.add(judge_rights(kernel, settings));
  report.add(judge_conntrack(kernel, settings.monitor, platform));
  report.add(judge_forwarding(kernel));
  const NetworkFacts network = look_at_network(settings, commands);
  if (configuration.is_known) {
    report.add(judge_lan(network, settings));
    report.add(judge_devices(network, settings));
  }
  if (!commands.is_interrupted()) {
    report.add(judge_tracking(look_at_tracking(network.network.lan, commands)));
  }
  const ListedFlows flows = look_at_flows(settings.qos.call_mark, network.network.lan, commands);
  report.add(judge_counters(flows, kernel.switches, daemon.status ? std::optional(daemon.status->flows_seen) : std::nullopt));
  if (!commands.is_interrupted()) {
    report.add(judge_offload(look_at_offload(commands), flows, settings.qos, platform));
  }
  if (!configuration.is_known) {
    report.add(
        {{"others", CheckResult::note, "LAN, WAN, actuator and brokers are not looked at: that needs a right configuration"}});
    return;
  }
  report.add(judge_wan(network, settings.qos));
  const LineFacts line = daemon.status ? LineFacts{daemon.status->line, daemon.status->time} : LineFacts{};
  if (network.error.empty() && !commands.is_interrupted()) {
    Settings now = settings;
    now.qos = with_learnt_rates(settings.qos, line.line);
    const ActuatorFacts actuator = look_at_actuator(now, network.network, kernel.own.administers, commands);
    if (!commands.is_interrupted()) {
      report.add(judge_actuator(actuator, now.qos, platform, waits_for_line(settings.qos, line.line)));
    }
  }
  report.add(judge_rates(settings.qos, line));
  if (settings.qos.mark_calls && !commands.is_interrupted()) {
    MarkFacts marks{.foreign = look_at_foreign_marks(commands), .flows = flows};
    marks.calls = settings.detector.use == "calls" && daemon.status ? daemon.status->calls : 0;
    if (!commands.is_interrupted()) {
      report.add(judge_mark(marks, settings.qos));
    }
  }
  report.add(judge_own_files(look_at_own_files(settings, daemon.status.has_value()), settings));
  if (!commands.is_interrupted()) {
    const BrokerFacts brokers = look_at_brokers(settings, daemon, commands);
    if (!commands.is_interrupted()) {
      report.add(judge_brokers(brokers, settings, platform));
      report.add(judge_home_assistant(brokers, settings));
    }
  }
}

}  // namespace

int doctor_command(const DoctorOptions& options) {
  Status started = start_log(LogLevel::error, "stderr", "");
  auto commands = CommandLoop::open();
  if (!started || !commands) {
    complain("voip-qosd: " + (started ? commands.error() : started.error()));
    return exit_failed;
  }
  Findings report(options.as_json);
  const Configuration configuration = look_at_configuration(options.config, report);
  look_at_all(configuration, **commands, report);
  const bool was_written = report.finish();
  if ((*commands)->is_interrupted()) {
    complain("voip-qosd: interrupted; not all was looked at");
    return exit_failed;
  }
  return !configuration.is_right ? exit_usage : report.has_failed() || !was_written ? exit_failed : exit_done;
}

}  // namespace voip
