#include "app/accepted.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "base/left_out.h"
#include "config/config.h"

namespace voip {
namespace {

constexpr const char* recordings = "recordings or ctflow1 timelines, plain or gzip; - is standard input";
constexpr const char* config_text = "the configuration file (/etc/voip-qosd/voip-qosd.toml)";
static_assert(std::string_view(config_text).find(default_config_path) != std::string_view::npos);

constexpr Accepted config{"config", "FILE", config_text, &Arguments::config};
constexpr Accepted socket{"socket", "FILE", "the daemon's control socket, if not the configuration's", &Arguments::socket};

constexpr std::array just_config{config};
constexpr std::array status_accepts{config, socket,
                                    Accepted{"json", nullptr, "for programs: one JSON document", &Arguments::as_json}};
constexpr std::array watch_accepts{
    config, socket, Accepted{"interval", "DURATION", "look this often, from 100ms to 1m (1s)", &Arguments::interval}};
constexpr std::array qos_accepts{
    config, socket,
    Accepted{nullptr, "on|off|auto", "whether QoS shall be on; auto leaves it to the calls", &Arguments::mode, Times::once},
    Accepted{"for", "DURATION", "how long, like 30m (policy.override_for)", &Arguments::time_limit}};
constexpr std::array doctor_accepts{config, Accepted{"json", nullptr, "for programs: an array of checks", &Arguments::as_json}};
constexpr std::array record_accepts{
    config, Accepted{"for", "DURATION", "how long, like 30m (until Ctrl-C)", &Arguments::time_limit},
    Accepted{"output", "FILE", "a new file (standard output)", &Arguments::output},
    Accepted{"mask", nullptr, "hide the hosts of remote addresses; their networks stay", &Arguments::masks_remote},
    Accepted{"mask-lan", nullptr, "hide the LAN's hosts and device names, too", &Arguments::masks_lan}};
constexpr std::array replay_accepts{
    config, Accepted{"interval", "DURATION", "look at the counters this often, from 100ms to 1m", &Arguments::interval},
    Accepted{"explain", nullptr, "add what the detector thinks of each busy flow, every second", &Arguments::explains},
    Accepted{nullptr, "FILE", recordings, &Arguments::files, Times::at_least_once}};
constexpr std::array tune_accepts{
    config,
    Accepted{"call", "START-END", "a call in the file, in seconds since its beginning, like 12-95.5; may be repeated",
             &Arguments::calls, Times::any},
    Accepted{nullptr, "FILE", recordings, &Arguments::files, Times::at_least_once}};
constexpr std::array report_accepts{config,
                                    Accepted{"days", "N", "so many days, today among them, from 1 to 366 (7)", &Arguments::days},
                                    Accepted{"json", nullptr, "for programs: one JSON document", &Arguments::as_json}};
constexpr std::array setup_accepts{
    config, Accepted{"yes", nullptr, "ask nothing, take what was found", &Arguments::takes_what_is_found},
    Accepted{"undo", nullptr, "put the configuration back that was there before", &Arguments::undoes}};
constexpr std::array help_accepts{
    Accepted{nullptr, "COMMAND", "the command to explain", &Arguments::help_topic},
    Accepted{"man", nullptr, "instead print the manual page", &Arguments::wants_manual},
    Accepted{"completion", "bash|zsh|fish", "instead print what lets this shell complete commands and options",
             &Arguments::completions_for}};

// No name: it is left out.
consteval AcceptedCommand command(const char* name, const char* text, std::span<const Accepted> accepted) {
  return is_left_out(name) ? AcceptedCommand{} : AcceptedCommand{name, text, accepted};
}

constexpr std::array all_commands{
    command("run", "the daemon, in the foreground", just_config),
    command("check-config", "tell all problems of the configuration at once", just_config),
    command("status", "what the running daemon sees and does", status_accepts),
    command("watch", "the same as status, live in the terminal; into a pipe, one line for each change", watch_accepts),
    command("qos", "order QoS on or off for a while, or let the calls decide again", qos_accepts),
    command("doctor", "check what must be true for calls to be seen and QoS to be switched", doctor_accepts),
    command("record", "write down what the monitor sees, to replay it later; beside a running daemon or without", record_accepts),
    command("replay", "run detector and policy over recordings; one JSON object a line", replay_accepts),
    command("tune", "propose detector settings from recordings in which you marked the calls", tune_accepts),
    command("report", "the calls of the last days: how many, how good, and what QoS did for them; needs no daemon",
            report_accepts),
    command("setup", "find WAN, LAN, telephones, broker and actuator, ask, and write the configuration; then doctor",
            setup_accepts),
    command("mqtt-purge", "remove everything that this node has left with its broker", just_config),
    command("lend-socket",
            "for the service manager: hand a packet socket to the daemon that it starts next, which then needs no CAP_NET_RAW",
            {}),
    command("help", "explain a command", std::span(help_accepts).first(has_part("pages") ? help_accepts.size() : 1)),
};

OptionDescription describe(const Accepted& accepted) {
  OptionDescription described{{}, {}, accepted.text};
  if (accepted.name != nullptr) {
    described.names = {"--" + std::string(accepted.name)};
  }
  if (accepted.value != nullptr) {
    described.value = accepted.value;
  }
  described.is_required = is_required(accepted);
  described.may_be_repeated = may_be_repeated(accepted);
  return described;
}

}  // namespace

std::vector<AcceptedCommand> accepted_commands() {
  std::vector<AcceptedCommand> commands;
  std::copy_if(all_commands.begin(), all_commands.end(), std::back_inserter(commands),
               [](const AcceptedCommand& command) { return command.name != nullptr; });
  return commands;
}

ProgramDescription describe_program() {
  const OptionDescription help{{"-h", "--help"}, {}, "print this help"};
  ProgramDescription program{"voip-qosd",
                             "Switches QoS on while somebody in the home is on a call.",
                             VOIP_VERSION,
                             {help, {{"--version"}, {}, "print the version"}},
                             {}};
  for (const AcceptedCommand& command : accepted_commands()) {
    CommandDescription described{command.name, command.text, {help}, {}};
    for (const Accepted& accepted : command.accepted) {
      (accepted.name == nullptr ? described.positionals : described.options).push_back(describe(accepted));
    }
    program.commands.push_back(std::move(described));
  }
  return program;
}

}  // namespace voip
