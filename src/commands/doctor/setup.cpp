#include "commands/doctor/setup.h"

#include <algorithm>

#include "base/words.h"

namespace voip {
namespace {

constexpr std::size_t longest_socket_path = 107;  // of sockaddr_un
// Older than the program: a clock that has not been set begins in 1970, or with the day the firmware was built.
constexpr std::int64_t first_possible_year = 2025;

std::string start_command(const Platform& platform) {
  return platform.is_openwrt     ? "/etc/init.d/voip-qosd enable; /etc/init.d/voip-qosd start"
         : platform.is_container ? "start the container"
                                 : "systemctl enable --now voip-qosd";
}

std::string restart_command(const Platform& platform) {
  return platform.is_openwrt     ? "/etc/init.d/voip-qosd restart"
         : platform.is_container ? "restart the container"
                                 : "systemctl restart voip-qosd";
}

Check judge_status(const SeenStatus& status) {
  const std::string counts = counted(static_cast<std::uint64_t>(status.calls_seen), "call") + " and " +
                             counted(static_cast<std::uint64_t>(status.flows_seen), "flow") + " seen";
  return {"daemon", CheckResult::ok,
          "version " + status.version + " runs: QoS " + (status.is_on ? (*status.is_on ? "on" : "off") : "unknown") + ", mode " +
              status.mode + ", " + counts + " since its start"};
}

Check judge_sight(const SeenStatus& status) {
  if (status.sight == "ok") {
    return {"detector", CheckResult::ok, "the daemon sees flows and their counters"};
  }
  const Complaint complaint = split_advice(status.sight_reason);
  return {"detector", status.sight == "blind" ? CheckResult::failed : CheckResult::warning,
          "the daemon's sight is " + status.sight + ": " + complaint.what, complaint.advice};
}

Check judge_mode(const SeenStatus& status) {
  if (status.mode == "auto") {
    return {"mode", CheckResult::ok, "auto: calls switch QoS"};
  }
  return {"mode", CheckResult::note,
          status.mode + (status.override_until ? ", for a while" : "") + ": calls switch nothing, since it was ordered so",
          "voip-qosd qos auto"};
}

Check judge_error(const SeenStatus& status) {
  if (status.error.empty()) {
    return {"switching", CheckResult::ok, "the daemon has no complaint"};
  }
  const Complaint complaint = split_advice(status.error);
  // "switch QoS on with tc: another program ...: stop it": what was being done comes first.
  const Complaint inner = split_advice(complaint.advice);
  const bool is_prefixed = complaint.what.starts_with("switch QoS ");
  return {"switching", CheckResult::failed, is_prefixed ? complaint.what + ": " + inner.what : complaint.what,
          is_prefixed ? inner.advice : complaint.advice};
}

Check judge_state_dir(const Folder& folder, const std::string& path) {
  if (folder.is_writable) {
    return {"state_dir", CheckResult::ok, path + (folder.exists ? " can be written to" : " is made with the first order")};
  }
  return {"state_dir", CheckResult::warning, "what is ordered does not outlive a restart: " + path + ": " + folder.reason,
          folder.is_full ? "make room there, or set node.state_dir to another folder"
                         : "set node.state_dir to a folder that can be written to"};
}

Check judge_socket(const Folder& folder, const std::string& path, bool daemon_runs) {
  if (path.size() > longest_socket_path) {
    return {"control", CheckResult::failed, "the path of a socket has at most 107 bytes, and control.socket has more: " + path,
            "set control.socket to a shorter path"};
  }
  if (daemon_runs || folder.is_writable) {
    return {"control", CheckResult::ok, path};
  }
  return {"control", CheckResult::failed, "the daemon cannot make its control socket " + path + ": " + folder.reason,
          "set control.socket to a path in a folder that can be written to"};
}

Check judge_secrets(const OwnFilesFacts& facts) {
  if (facts.open_secrets.empty()) {
    return {"secrets", CheckResult::ok,
            facts.secrets == 0
                ? "the configuration names none"
                : "only their owner may read the " + counted(facts.secrets, "file") + " that the configuration names"};
  }
  std::string fix = "chmod 600";
  std::string files;
  for (const std::string& file : facts.open_secrets) {
    fix += " " + file;
    files += (files.empty() ? "" : ", ") + file;
  }
  return {"secrets", CheckResult::warning, "others may read " + files, fix};
}

Check judge_clock(std::int64_t year, const MqttSettings& mqtt) {
  if (year >= first_possible_year) {
    return {"clock", CheckResult::ok, "the year is " + std::to_string(year)};
  }
  const bool needs_it = std::any_of(mqtt.uri.begin(), mqtt.uri.end(),
                                    [](const std::string& uri) { return uri.starts_with("mqtts:") || uri.starts_with("wss:"); });
  return {"clock", needs_it ? CheckResult::failed : CheckResult::warning,
          "it says " + std::to_string(year) + ", so " + (needs_it ? "no broker's certificate is valid, and " : std::string()) +
              "times over MQTT are wrong",
          "let NTP set it: timedatectl set-ntp true (OpenWrt: /etc/init.d/sysntpd restart)"};
}

}  // namespace

Checks judge_configuration(const ConfigFacts& facts) {
  Checks checks;
  for (const Problem& problem : facts.problems) {
    checks.push_back({"configuration", CheckResult::failed, to_string(problem),
                      problem.line == 0 ? "make it a file that can be read, or name another one: --config FILE"
                                        : "correct that line, then: voip-qosd check-config"});
  }
  if (checks.empty()) {
    checks.push_back(
        {"configuration", CheckResult::ok,
         facts.exists ? facts.file : "there is no " + facts.file + ": the defaults run, which watch and switch nothing"});
  }
  return checks;
}

Checks judge_daemon(const RunningDaemon& facts, const Settings& settings, const Platform& platform) {
  if (!facts.not_running.empty()) {
    Checks checks{{"daemon", CheckResult::warning, "it is not running (" + facts.not_running + "), so nobody looks for calls",
                   start_command(platform)}};
    if (settings.policy.mode != Mode::automatic) {
      checks.push_back({"mode", CheckResult::note,
                        "policy.mode is \"" + std::string(to_string(settings.policy.mode)) + "\": calls switch nothing",
                        "set policy.mode = \"auto\""});
    }
    return checks;
  }
  if (!facts.status) {
    const bool may_not = facts.no_answer.find("control.group") != std::string::npos;
    return {{"daemon", may_not ? CheckResult::note : CheckResult::failed, "it runs, but: " + facts.no_answer,
             may_not ? "run this as root, or as a member of control.group" : restart_command(platform)}};
  }
  const SeenStatus& status = *facts.status;
  Checks checks{judge_status(status)};
  if (status.version != facts.own_version) {
    checks.front() = {
        "daemon", CheckResult::warning,
        "version " + status.version + " runs, and this is " + facts.own_version + ": it was not restarted after the update",
        restart_command(platform)};
  }
  checks.push_back(judge_sight(status));
  if (status.events_lost > 0) {
    checks.push_back({"overflow", CheckResult::note,
                      counted(static_cast<std::uint64_t>(status.events_lost), "overflow") +
                          " of the kernel's events since the start: calls may have been seen late",
                      "set monitor.kernel_events = \"candidates\""});
  }
  checks.push_back(judge_mode(status));
  checks.push_back(judge_error(status));
  return checks;
}

Checks judge_own_files(const OwnFilesFacts& facts, const Settings& settings) {
  return {judge_state_dir(facts.state_dir, settings.node.state_dir),
          judge_socket(facts.socket_dir, settings.control.socket, facts.daemon_runs), judge_secrets(facts),
          judge_clock(facts.year, settings.mqtt)};
}

}  // namespace voip
