#include "app/arguments.h"

#include <algorithm>
#include <utility>

#include "base/words.h"
#include "config/config.h"

namespace voip {
namespace {

constexpr Duration shortest_limit = 1s;
constexpr Duration longest_limit = 24h * 7;

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

Options to_report_options(const Arguments& arguments) {
  constexpr std::uint32_t most_days = 366;
  ReportOptions report{arguments.config, 7, arguments.as_json};
  if (!arguments.days.empty()) {
    const auto days = parse_number(arguments.days);
    if (!days || *days < 1 || *days > most_days) {
      return wrong_usage("--days: expected a number from 1 to 366, got \"" + arguments.days + "\"", "report");
    }
    report.days = *days;
  }
  return report;
}

}  // namespace

TextOptions wrong_usage(const std::string& problem, const std::string& command) {
  return {"voip-qosd: " + problem + "\nTry: voip-qosd help" + (command.empty() ? "" : " " + command) + "\n", exit_usage};
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
  if (command == "report") {
    return to_report_options(arguments);
  }
  if (command == "tune") {
    return to_tune_options(arguments);
  }
  if (command == "replay") {
    ReplayOptions replay{arguments.config, std::nullopt, std::move(arguments.files), arguments.explains};
    if (!arguments.interval.empty()) {
      replay.interval = parse_duration(arguments.interval);
      if (!replay.interval || *replay.interval < 100ms || *replay.interval > 1min) {
        return wrong_usage("--interval: expected a duration from 100ms to 1m, like 1s, got \"" + arguments.interval + "\"",
                           command);
      }
    }
    return replay;
  }
  if (command == "setup") {
    if (arguments.takes_what_is_found && arguments.undoes) {
      return wrong_usage("--yes and --undo do not go together", command);
    }
    return SetupOptions{arguments.config, arguments.takes_what_is_found, arguments.undoes};
  }
  if (command == "lend-socket") {
    return LendSocketOptions{};
  }
  if (command == "mqtt-purge") {
    return MqttPurgeOptions{arguments.config};
  }
  return wrong_usage("no command \"" + command + "\"");
}

}  // namespace voip
