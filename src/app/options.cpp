#include "app/options.h"

#include <getopt.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "app/accepted.h"
#include "app/arguments.h"
#include "app/completions.h"
#include "app/help.h"
#include "app/manual.h"
#include "base/iso_8601.h"
#include "base/left_out.h"
#include "base/words.h"
#include "core/events.h"

namespace voip {
namespace {

template <typename Named>
const Named* find_by_name(const std::vector<Named>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [name](const Named& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string meant(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const std::string_view nearest = nearest_word(word, views);
  return is_near(word, nearest) ? "; did you mean \"" + std::string(nearest) + "\"?" : "";
}

TextOptions no_such_command(const std::string& word, const ProgramDescription& program) {
  if (is_left_out(word)) {
    return wrong_usage("this build of voip-qosd has no command \"" + word + "\"");
  }
  return wrong_usage("no command \"" + word + "\"" + meant(word, command_names(program)));
}

// Of a command, or of the program itself.
TextOptions no_such_option(const std::string& argument, const std::vector<OptionDescription>& options,
                           const std::string& command) {
  const std::string given = argument.substr(0, argument.find('='));
  if (!has_part("pages") && (given == "--man" || given == "--completion")) {
    return wrong_usage("this build of voip-qosd has no \"" + command + " " + given + "\"", command);
  }
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
  const ProgramDescription program = describe_program();
  if (has_part("pages") && given.wants_manual) {
    return TextOptions{manual_page(program, page_date())};
  }
  if (has_part("pages") && !given.completions_for.empty()) {
    return TextOptions{completions(program, given.completions_for)};
  }
  if (given.help_topic.empty()) {
    return TextOptions{help_text(program)};
  }
  const CommandDescription* command = find_by_name(program.commands, given.help_topic);
  return command == nullptr ? no_such_command(given.help_topic, program) : TextOptions{help_text(program, *command)};
}

void put(const Accepted& accepted, const std::string& value, Arguments& given) {
  std::visit(Overloaded{
                 [&given](bool Arguments::*place) { given.*place = true; },
                 [&given, &value](std::vector<std::string> Arguments::*place) { (given.*place).push_back(value); },
                 [&given, &value](auto place) { given.*place = value; },
             },
             accepted.place);
}

// Takes a command's words apart with getopt_long(3), which lets options stand anywhere. A problem, or the help that is asked for.
class CommandLine {
 public:
  CommandLine(const AcceptedCommand& command, Arguments& given) : command_(command), given_(given) {
    for (const Accepted& accepted : command.accepted) {
      if (accepted.name != nullptr) {
        by_code_.push_back(&accepted);
        options_.push_back({accepted.name, accepted.value == nullptr ? no_argument : required_argument, nullptr,
                            first_code + static_cast<int>(options_.size())});
      }
    }
    options_.push_back({"help", no_argument, nullptr, 'h'});
    options_.push_back({});
  }

  std::optional<Options> take(std::span<const char* const> words) {
    std::vector<char*> argv;  // nothing of it changes
    std::transform(words.begin(), words.end(), std::back_inserter(argv),
                   [](const char* word) { return const_cast<char*>(word); });  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    argv.push_back(nullptr);
    const int count = static_cast<int>(words.size());
    std::vector<std::string> rest;
    optind = 0;  // begin anew
    // The hyphen: what stands by itself comes as 1, in its order, whatever POSIXLY_CORRECT wants.
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before there is any thread
    for (int code = 0; (code = getopt_long(count, argv.data(), "-:h", options_.data(), nullptr)) != -1;) {
      if (code == 1) {
        rest.emplace_back(optarg);
        continue;
      }
      if (code == 'h') {
        Arguments topic;
        topic.help_topic = command_.name;
        return help_on(topic);
      }
      if (code < first_code) {
        return refuse(code, argv[static_cast<std::size_t>(optind) - 1]);
      }
      if (auto problem = take_value(accepted_of(code), optarg == nullptr ? "" : optarg)) {
        return problem;
      }
    }
    rest.insert(rest.end(), argv.begin() + optind, argv.begin() + count);
    return take_rest(rest);
  }

 private:
  static constexpr int first_code = 256;

  [[nodiscard]] const Accepted& accepted_of(int code) const { return *by_code_[static_cast<std::size_t>(code - first_code)]; }

  [[nodiscard]] TextOptions missing(const Accepted& accepted) const {
    const std::string value = accepted.value;
    return wrong_usage(
        accepted.name == nullptr ? value + " is missing" : "--" + std::string(accepted.name) + " needs a value: " + value,
        command_.name);
  }

  // What is wrong with it.
  std::optional<Options> take_value(const Accepted& accepted, const std::string& value) {
    const std::string name = accepted.name == nullptr ? "" : "--" + std::string(accepted.name);
    if (accepted.value != nullptr && value.empty()) {
      return missing(accepted);
    }
    const OptionDescription described{{}, accepted.value == nullptr ? "" : accepted.value, {}};
    if (const auto words = choices(described); !words.empty() && std::find(words.begin(), words.end(), value) == words.end()) {
      const std::vector<std::string_view> views(words.begin(), words.end());
      return wrong_usage((name.empty() ? "" : name + ": ") + "expected " + quoted_list(views) + ", got " + quoted(value),
                         command_.name);
    }
    if (std::find(taken_.begin(), taken_.end(), &accepted) != taken_.end() && !may_be_repeated(accepted)) {
      return wrong_usage(name + " is given twice", command_.name);
    }
    taken_.push_back(&accepted);
    put(accepted, value, given_);
    return std::nullopt;
  }

  [[nodiscard]] TextOptions refuse(int code, const std::string& word) const {
    if (code == ':') {
      return missing(accepted_of(optopt));
    }
    if (optopt >= first_code) {
      return wrong_usage("--" + std::string(accepted_of(optopt).name) + " takes no value", command_.name);
    }
    const std::string given = optopt == 0 ? word : "-" + std::string(1, static_cast<char>(optopt));
    const ProgramDescription program = describe_program();
    return no_such_option(given, find_by_name(program.commands, command_.name)->options, command_.name);
  }

  // What stands by itself.
  std::optional<Options> take_rest(std::span<const std::string> rest) {
    for (const Accepted& accepted : command_.accepted) {
      if (accepted.name != nullptr) {
        continue;
      }
      if (rest.empty() && is_required(accepted)) {
        return missing(accepted);
      }
      for (std::size_t left = may_be_repeated(accepted) ? rest.size() : std::min<std::size_t>(rest.size(), 1); left > 0; --left) {
        if (auto problem = take_value(accepted, rest.front())) {
          return problem;
        }
        rest = rest.subspan(1);
      }
    }
    if (!rest.empty()) {
      return wrong_usage(quoted(rest.front()) + " is not expected", command_.name);
    }
    return std::nullopt;
  }

  const AcceptedCommand& command_;
  Arguments& given_;
  std::vector<const Accepted*> by_code_;
  std::vector<const Accepted*> taken_;
  std::vector<option> options_;
};

}  // namespace

Options parse_options(std::span<const char* const> arguments) {
  if (arguments.empty()) {
    return wrong_usage("a command is missing");
  }
  const std::string first = arguments.front();
  if (first == "--version") {
    return TextOptions{"voip-qosd " VOIP_VERSION "\n"};
  }
  if (first == "-h" || first == "--help") {
    return help_on({});
  }
  const std::vector<AcceptedCommand> commands = accepted_commands();
  const AcceptedCommand* command = find_by_name(commands, first);
  if (command == nullptr) {
    const ProgramDescription program = describe_program();
    return first.starts_with('-') ? no_such_option(first, program.options, {}) : no_such_command(first, program);
  }
  Arguments given;
  if (auto answer = CommandLine(*command, given).take(arguments)) {
    return *std::move(answer);
  }
  return first == "help" ? help_on(given) : to_options(first, given);
}

}  // namespace voip
