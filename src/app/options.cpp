#include "app/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "app/config.h"
#include "app/config_value.h"

namespace voip {
namespace {

constexpr std::array<std::string_view, 11> commands{"run",    "check-config", "status", "watch",      "qos", "doctor",
                                                    "record", "replay",       "tune",   "mqtt-purge", "help"};
constexpr Duration shortest_limit = 1s;
constexpr Duration longest_limit = 24h * 7;

TextOptions wrong_usage(const std::string& problem, const std::string& command = {}) {
  return {"voip-qosd: " + problem + "\nTry: voip-qosd help" + (command.empty() ? "" : " " + command) + "\n", exit_usage};
}

// What the library fills in.
struct Arguments {
  std::optional<std::string> config;
  std::optional<std::string> socket;
  std::string mode;
  std::string time_limit;
  std::string interval;
  bool explains = false;
  std::string help_topic;
  std::vector<std::string> files;
  bool as_json = false;
  std::string output = "-";
  bool masks_remote = false;
  bool masks_lan = false;
  std::vector<std::string> calls;
};

void add_config(CLI::App& command, Arguments& arguments) {
  command.add_option("--config", arguments.config, std::string("the configuration file (") + default_config_path + ")")
      ->type_name("FILE");
}

void add_daemon_address(CLI::App& command, Arguments& arguments) {
  add_config(command, arguments);
  command.add_option("--socket", arguments.socket, "the daemon's control socket, if not the configuration's")->type_name("FILE");
}

void add_commands(CLI::App& app, Arguments& arguments) {
  add_config(*app.add_subcommand("run", "the daemon, in the foreground"), arguments);
  add_config(*app.add_subcommand("check-config", "tell all problems of the configuration at once"), arguments);
  CLI::App* status = app.add_subcommand("status", "what the running daemon sees and does");
  add_daemon_address(*status, arguments);
  status->add_flag("--json", arguments.as_json, "for programs: one JSON document");
  CLI::App* watch =
      app.add_subcommand("watch", "the same as status, live in the terminal; into a pipe, one line for each change");
  add_daemon_address(*watch, arguments);
  watch->add_option("--interval", arguments.interval, "look this often, from 100ms to 1m (1s)")->type_name("DURATION");
  CLI::App* qos = app.add_subcommand("qos", "order QoS on or off for a while, or let the calls decide again");
  add_daemon_address(*qos, arguments);
  qos->add_option("mode", arguments.mode, "on, off or auto")
      ->required()
      ->check(CLI::IsMember({"on", "off", "auto"}))
      ->type_name("");
  qos->add_option("--for", arguments.time_limit, "how long, like 30m (policy.override_for)")->type_name("DURATION");
  CLI::App* doctor = app.add_subcommand("doctor", "check what must be true for calls to be seen and QoS to be switched");
  add_config(*doctor, arguments);
  doctor->add_flag("--json", arguments.as_json, "for programs: an array of checks");
  CLI::App* record =
      app.add_subcommand("record", "write down what the monitor sees, to replay it later; beside a running daemon or without");
  add_config(*record, arguments);
  record->add_option("--for", arguments.time_limit, "how long, like 30m (until Ctrl-C)")->type_name("DURATION");
  record->add_option("--output", arguments.output, "a new file (standard output)")->type_name("FILE");
  record->add_flag("--mask", arguments.masks_remote, "hide the hosts of remote addresses; their networks stay");
  record->add_flag("--mask-lan", arguments.masks_lan, "hide the LAN's hosts and device names, too");
  CLI::App* replay = app.add_subcommand("replay", "run detector and policy over recordings; one JSON object a line");
  add_config(*replay, arguments);
  replay->add_option("--interval", arguments.interval, "look at the counters this often, like 1s")->type_name("DURATION");
  replay->add_flag("--explain", arguments.explains, "add what the detector thinks of each busy flow, every second");
  replay->add_option("files", arguments.files, "recordings or ctflow1 timelines, plain or gzip; - is standard input")
      ->required()
      ->type_name("FILE");
  CLI::App* tune = app.add_subcommand("tune", "propose detector settings from recordings in which you marked the calls");
  add_config(*tune, arguments);
  tune->add_option("--call", arguments.calls, "a call in the file, in seconds since its beginning, like 12-95.5; may be repeated")
      ->type_name("START-END")
      ->allow_extra_args(false);
  tune->add_option("files", arguments.files, "recordings or ctflow1 timelines, plain or gzip; - is standard input")
      ->required()
      ->type_name("FILE");
  CLI::App* purge = app.add_subcommand("mqtt-purge", "remove everything that this node has left with its broker");
  add_config(*purge, arguments);
  CLI::App* help = app.add_subcommand("help", "explain a command");
  help->add_option("command", arguments.help_topic, "the command to explain")->type_name("COMMAND");
}

std::unique_ptr<CLI::App> make_app(Arguments& arguments) {
  auto app = std::make_unique<CLI::App>("Switches QoS on while somebody in the home is on a call.", "voip-qosd");
  app->set_version_flag("--version", std::string(VOIP_VERSION), "print the version");
  app->require_subcommand(1);
  add_commands(*app, arguments);
  return app;
}

Options help_on(const std::string& topic) {
  Arguments unused;
  // A new one: the help of one that has parsed something is that of the command it found.
  const auto app = make_app(unused);
  if (topic.empty()) {
    return TextOptions{app->help()};
  }
  if (std::find(commands.begin(), commands.end(), topic) == commands.end()) {
    return wrong_usage("no command \"" + topic + "\"; did you mean \"" + std::string(nearest_word(topic, commands)) + "\"?");
  }
  return TextOptions{app->get_subcommand(topic)->help("voip-qosd")};
}

// Nothing where none was given; wrong ones are told in `problem`.
std::optional<Duration> to_time_limit(const std::string& text, std::string& problem) {
  if (text.empty()) {
    return std::nullopt;
  }
  const auto limit = parse_duration(text);
  if (!limit || *limit < shortest_limit || *limit > longest_limit) {
    problem = "--for: expected a duration from 1s to 7d, like 30m, got \"" + text + "\"";
  }
  return limit;
}

Options to_watch_options(const Arguments& arguments) {
  WatchOptions watch{{arguments.socket, arguments.config}};
  if (!arguments.interval.empty()) {
    const auto interval = parse_duration(arguments.interval);
    if (!interval || *interval < 100ms || *interval > 1min) {
      return wrong_usage("--interval: expected a duration from 100ms to 1m, like 1s, got \"" + arguments.interval + "\"",
                         "watch");
    }
    watch.interval = *interval;
  }
  return watch;
}

Options to_record_options(Arguments& arguments) {
  std::string problem;
  const auto limit = to_time_limit(arguments.time_limit, problem);
  if (!problem.empty()) {
    return wrong_usage(problem, "record");
  }
  return RecordOptions{arguments.config, limit, arguments.output, arguments.masks_remote, arguments.masks_lan};
}

Options to_tune_options(Arguments& arguments) {
  TuneOptions tune{arguments.config, {}, std::move(arguments.files)};
  for (const std::string& text : arguments.calls) {
    const std::size_t dash = std::min(text.find('-'), text.size());
    const auto call = parse_marked_call(text.substr(0, dash), text.substr(std::min(dash + 1, text.size())));
    if (!call) {
      return wrong_usage("--call: expected START-END in seconds, like 12-95.5, got \"" + text + "\"", "tune");
    }
    tune.calls.push_back(*call);
  }
  if (!tune.calls.empty() && tune.files.size() > 1) {
    return wrong_usage("--call goes with one file; mark calls in several by lines \"# call START END\" in them", "tune");
  }
  return tune;
}

Options to_options(const std::string& command, Arguments& arguments) {
  if (command == "run") {
    return RunOptions{arguments.config};
  }
  if (command == "check-config") {
    return CheckConfigOptions{arguments.config};
  }
  if (command == "status") {
    return StatusOptions{{arguments.socket, arguments.config}, arguments.as_json};
  }
  if (command == "watch") {
    return to_watch_options(arguments);
  }
  if (command == "qos") {
    QosOptions qos{{arguments.socket, arguments.config}, *parse_mode(arguments.mode), std::nullopt};
    std::string problem;
    qos.time_limit = to_time_limit(arguments.time_limit, problem);
    if (!problem.empty()) {
      return wrong_usage(problem, command);
    }
    if (qos.time_limit && qos.mode == Mode::automatic) {
      return wrong_usage("--for goes with on and off; auto has no end", command);
    }
    return qos;
  }
  if (command == "doctor") {
    return DoctorOptions{arguments.config, arguments.as_json};
  }
  if (command == "record") {
    return to_record_options(arguments);
  }
  if (command == "tune") {
    return to_tune_options(arguments);
  }
  if (command == "replay") {
    ReplayOptions replay{arguments.config, std::nullopt, std::move(arguments.files), arguments.explains};
    if (!arguments.interval.empty()) {
      replay.interval = parse_duration(arguments.interval);
      if (!replay.interval || *replay.interval <= Duration::zero() || *replay.interval > 1min) {
        return wrong_usage("--interval: expected a duration up to 1m, like 1s, got \"" + arguments.interval + "\"", command);
      }
    }
    return replay;
  }
  if (command == "mqtt-purge") {
    return MqttPurgeOptions{arguments.config};
  }
  return help_on(arguments.help_topic);
}

}  // namespace

Options parse_options(std::span<const char* const> arguments) {
  if (arguments.empty()) {
    return wrong_usage("a command is missing");
  }
  const std::string first = arguments.front();
  if (first == "--version") {
    return TextOptions{"voip-qosd " VOIP_VERSION "\n"};
  }
  if (!first.starts_with('-') && std::find(commands.begin(), commands.end(), first) == commands.end()) {
    return wrong_usage("no command \"" + first + "\"; did you mean \"" + std::string(nearest_word(first, commands)) + "\"?");
  }
  try {
    Arguments given;
    const auto app = make_app(given);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI::App::parse(vector) wants them
    try {
      app->parse(std::move(reversed));
      return to_options(app->get_subcommands().front()->get_name(), given);
    } catch (const CLI::CallForHelp&) {
      const auto chosen = app->get_subcommands();
      return help_on(chosen.empty() ? std::string() : chosen.front()->get_name());
    } catch (const CLI::ParseError& error) {
      const auto chosen = app->get_subcommands();
      return wrong_usage(error.what(), chosen.empty() ? std::string() : chosen.front()->get_name());
    }
  } catch (const CLI::Error& error) {  // a mistake in the tables above
    return wrong_usage(error.what());
  }
}

}  // namespace voip
