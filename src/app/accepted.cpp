#include "app/accepted.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "app/left_out.h"
#include "config/config.h"

namespace voip {
namespace {

constexpr const char* recordings = "recordings or ctflow1 timelines, plain or gzip; - is standard input";
constexpr const char* config_text = "the configuration file (/etc/voip-qosd/voip-qosd.toml)";
static_assert(std::string_view(config_text).find(default_config_path) != std::string_view::npos);

constexpr Accepted config{"config", "FILE", config_text, &Arguments::config};
constexpr Accepted socket{"socket", "FILE", "the daemon's control socket, if not the configuration's", &Arguments::socket};

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
  std::vector<AcceptedCommand> commands{
      {"run", "the daemon, in the foreground", {config}},
      {"check-config", "tell all problems of the configuration at once", {config}},
      {"status",
       "what the running daemon sees and does",
       {config, socket, {"json", nullptr, "for programs: one JSON document", &Arguments::as_json}}},
      {"watch",
       "the same as status, live in the terminal; into a pipe, one line for each change",
       {config, socket, {"interval", "DURATION", "look this often, from 100ms to 1m (1s)", &Arguments::interval}}},
      {"qos",
       "order QoS on or off for a while, or let the calls decide again",
       {config,
        socket,
        {nullptr, "on|off|auto", "whether QoS shall be on; auto leaves it to the calls", &Arguments::mode, Times::once},
        {"for", "DURATION", "how long, like 30m (policy.override_for)", &Arguments::time_limit}}},
      {"doctor",
       "check what must be true for calls to be seen and QoS to be switched",
       {config, {"json", nullptr, "for programs: an array of checks", &Arguments::as_json}}},
      {"record",
       "write down what the monitor sees, to replay it later; beside a running daemon or without",
       {config,
        {"for", "DURATION", "how long, like 30m (until Ctrl-C)", &Arguments::time_limit},
        {"output", "FILE", "a new file (standard output)", &Arguments::output},
        {"mask", nullptr, "hide the hosts of remote addresses; their networks stay", &Arguments::masks_remote},
        {"mask-lan", nullptr, "hide the LAN's hosts and device names, too", &Arguments::masks_lan}}},
      {"replay",
       "run detector and policy over recordings; one JSON object a line",
       {config,
        {"interval", "DURATION", "look at the counters this often, from 100ms to 1m", &Arguments::interval},
        {"explain", nullptr, "add what the detector thinks of each busy flow, every second", &Arguments::explains},
        {nullptr, "FILE", recordings, &Arguments::files, Times::at_least_once}}},
      {"tune",
       "propose detector settings from recordings in which you marked the calls",
       {config,
        {"call", "START-END", "a call in the file, in seconds since its beginning, like 12-95.5; may be repeated",
         &Arguments::calls, Times::any},
        {nullptr, "FILE", recordings, &Arguments::files, Times::at_least_once}}},
      {"report",
       "the calls of the last days: how many, how good, and what QoS did for them; needs no daemon",
       {config,
        {"days", "N", "so many days, today among them, from 1 to 366 (7)", &Arguments::days},
        {"json", nullptr, "for programs: one JSON document", &Arguments::as_json}}},
      {"setup",
       "find WAN, LAN, telephones, broker and actuator, ask, and write the configuration; then doctor",
       {config,
        {"yes", nullptr, "ask nothing, take what was found", &Arguments::takes_what_is_found},
        {"undo", nullptr, "put the configuration back that was there before", &Arguments::undoes}}},
      {"mqtt-purge", "remove everything that this node has left with its broker", {config}},
      {"help",
       "explain a command",
       {{nullptr, "COMMAND", "the command to explain", &Arguments::help_topic},
        {"man", nullptr, "instead print the manual page", &Arguments::wants_manual},
        {"completion", "bash|zsh|fish", "instead print what lets this shell complete commands and options",
         &Arguments::completions_for}}},
  };
  if (!has_part("pages")) {
    std::erase_if(commands.back().accepted, [](const Accepted& accepted) { return accepted.name != nullptr; });
  }
  std::erase_if(commands, [](const AcceptedCommand& command) { return is_left_out(command.name); });
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
