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

constexpr std::array<std::string_view, 7> commands{"run", "check-config", "status", "qos", "replay", "mqtt-purge", "help"};
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
  CLI::App* qos = app.add_subcommand("qos", "order QoS on or off for a while, or let the calls decide again");
  add_daemon_address(*qos, arguments);
  qos->add_option("mode", arguments.mode, "on, off or auto")
      ->required()
      ->check(CLI::IsMember({"on", "off", "auto"}))
      ->type_name("");
  qos->add_option("--for", arguments.time_limit, "how long, like 30m (policy.override_for)")->type_name("DURATION");
  CLI::App* replay = app.add_subcommand("replay", "run detector and policy over recorded timelines; one JSON object a line");
  add_config(*replay, arguments);
  replay->add_option("--interval", arguments.interval, "look at the counters this often, like 1s")->type_name("DURATION");
  replay->add_flag("--explain", arguments.explains, "add what the detector thinks of each busy flow, every second");
  replay->add_option("files", arguments.files, "ctflow1 timelines, plain or gzip; - is standard input")
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
  if (command == "qos") {
    QosOptions qos{{arguments.socket, arguments.config}, *parse_mode(arguments.mode), std::nullopt};
    if (!arguments.time_limit.empty()) {
      qos.time_limit = parse_duration(arguments.time_limit);
      if (!qos.time_limit || *qos.time_limit < shortest_limit || *qos.time_limit > longest_limit) {
        return wrong_usage("--for: expected a duration from 1s to 7d, like 30m, got \"" + arguments.time_limit + "\"", command);
      }
      if (qos.mode == Mode::automatic) {
        return wrong_usage("--for goes with on and off; auto has no end", command);
      }
    }
    return qos;
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
