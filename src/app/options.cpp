#include "app/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "app/arguments.h"
#include "app/completions.h"
#include "app/manual.h"
#include "base/iso_8601.h"
#include "base/words.h"
#include "config/config.h"

namespace voip {
namespace {

// One of these words; they are the name of what is expected, too.
void allow_words(CLI::Option& option, const std::vector<std::string>& words) {
  std::string either;
  for (const std::string& word : words) {
    either += (either.empty() ? "" : "|") + word;
  }
  option.check(CLI::IsMember(words).description(""))->type_name(either);
}

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
  CLI::Option* mode = qos->add_option("mode", arguments.mode, "whether QoS shall be on; auto leaves it to the calls")->required();
  allow_words(*mode, {"on", "off", "auto"});
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
  replay->add_option("--interval", arguments.interval, "look at the counters this often, from 100ms to 1m")
      ->type_name("DURATION");
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
  CLI::App* setup = app.add_subcommand(
      "setup", "find WAN, LAN, telephones, broker and actuator, ask, and write the configuration; then doctor");
  add_config(*setup, arguments);
  setup->add_flag("--yes", arguments.takes_what_is_found, "ask nothing, take what was found");
  setup->add_flag("--undo", arguments.undoes, "put the configuration back that was there before");
  CLI::App* purge = app.add_subcommand("mqtt-purge", "remove everything that this node has left with its broker");
  add_config(*purge, arguments);
  CLI::App* help = app.add_subcommand("help", "explain a command");
  help->add_option("command", arguments.help_topic, "the command to explain")->type_name("COMMAND");
  help->add_flag("--man", arguments.wants_manual, "instead print the manual page");
  CLI::Option* shell = help->add_option("--completion", arguments.completions_for,
                                        "instead print what lets this shell complete commands and options");
  allow_words(*shell, {"bash", "zsh", "fish"});
}

std::unique_ptr<CLI::App> make_app(Arguments& arguments) {
  auto app = std::make_unique<CLI::App>("Switches QoS on while somebody in the home is on a call.", "voip-qosd");
  app->set_help_flag("-h,--help", "print this help");
  app->set_version_flag("--version", std::string(VOIP_VERSION), "print the version");
  app->require_subcommand(1);
  add_commands(*app, arguments);
  return app;
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  const auto found = app.get_subcommands([&name](const CLI::App* command) { return command->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

OptionDescription describe(const CLI::Option& option) {
  OptionDescription described{{}, {}, option.get_description(), option.get_required(), option.get_items_expected_max() > 1};
  for (const std::string& name : option.get_snames()) {
    described.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    described.names.push_back("--" + name);
  }
  if (option.get_items_expected_max() > 0) {
    described.value = option.get_type_name();
  }
  return described;
}

CommandDescription describe_command(const CLI::App& command) {
  CommandDescription described{command.get_name(), command.get_description(), {}, {}};
  for (const CLI::Option* option : command.get_options()) {
    (option->get_positional() ? described.positionals : described.options).push_back(describe(*option));
  }
  return described;
}

ProgramDescription describe_program(const CLI::App& app) {
  const CommandDescription all = describe_command(app);
  ProgramDescription program{all.name, all.text, VOIP_VERSION, all.options, {}};
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    program.commands.push_back(describe_command(*command));
  }
  return program;
}

std::string meant(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const std::string_view nearest = nearest_word(word, views);
  return is_near(word, nearest) ? "; did you mean \"" + std::string(nearest) + "\"?" : "";
}

TextOptions no_such_command(const std::string& word, const ProgramDescription& program) {
  return wrong_usage("no command \"" + word + "\"" + meant(word, command_names(program)));
}

// Of a command, or of the program itself.
TextOptions no_such_option(const std::string& argument, const std::vector<OptionDescription>& options,
                           const std::string& command) {
  const std::string given = argument.substr(0, argument.find('='));
  const std::string hint = meant(given, long_names(options));
  return wrong_usage("no option \"" + given + "\"" + (command.empty() ? " before the command" : " of \"" + command + "\"") + hint,
                     command);
}

// Builds that are to be the same each time set the variable: https://reproducible-builds.org/specs/source-date-epoch
std::string page_date() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");  // NOLINT(concurrency-mt-unsafe): nobody sets it here
  const auto seconds = text == nullptr ? std::nullopt : parse_number(text);
  const auto time =
      seconds ? std::chrono::system_clock::time_point(std::chrono::seconds(*seconds)) : std::chrono::system_clock::now();
  return iso_8601(time).substr(0, std::string_view("2026-11-28").size());
}

Options help_on(const Arguments& given) {
  if ((given.help_topic.empty() ? 0 : 1) + (given.wants_manual ? 1 : 0) + (given.completions_for.empty() ? 0 : 1) > 1) {
    return wrong_usage("a command, --man and --completion do not go together", "help");
  }
  Arguments unused;
  // A new one: the help of one that has parsed something is that of the command it found.
  const auto app = make_app(unused);
  if (given.wants_manual) {
    return TextOptions{manual_page(describe_program(*app), page_date())};
  }
  if (!given.completions_for.empty()) {
    return TextOptions{completions(describe_program(*app), given.completions_for)};
  }
  if (given.help_topic.empty()) {
    return TextOptions{app->help()};
  }
  const CLI::App* command = find_command(*app, given.help_topic);
  return command == nullptr ? no_such_command(given.help_topic, describe_program(*app)) : TextOptions{command->help("voip-qosd")};
}

// What the library did not know where to put.
TextOptions unexpected(const CLI::ExtrasError& error, const CLI::App& app, const std::string& command) {
  const std::vector<std::string> extras = app.remaining(true);
  const auto option = std::find_if(extras.begin(), extras.end(), [](const std::string& extra) { return extra.starts_with('-'); });
  if (option == extras.end()) {
    return wrong_usage(error.what(), command);
  }
  return no_such_option(*option, describe_command(command.empty() ? app : *find_command(app, command)).options, command);
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
  try {
    Arguments given;
    const auto app = make_app(given);
    if (find_command(*app, first) == nullptr && !app->get_help_ptr()->check_name(first)) {
      const ProgramDescription program = describe_program(*app);
      return first.starts_with('-') ? no_such_option(first, program.options, {}) : no_such_command(first, program);
    }
    const std::string command = first.starts_with('-') ? std::string() : first;
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI::App::parse(vector) wants them
    try {
      app->parse(std::move(reversed));
      return command == "help" ? help_on(given) : to_options(command, given);
    } catch (const CLI::CallForHelp&) {
      Arguments topic;
      topic.help_topic = command;
      return help_on(topic);
    } catch (const CLI::ExtrasError& error) {
      return unexpected(error, *app, command);
    } catch (const CLI::ParseError& error) {
      return wrong_usage(error.what(), command);
    }
  } catch (const CLI::Error& error) {  // a mistake in the tables above
    return wrong_usage(error.what());
  }
}

}  // namespace voip
