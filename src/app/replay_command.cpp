#include "app/replay_command.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "app/check_config_command.h"
#include "app/replay.h"

namespace voip {

namespace {

// Recordings and timelines tell by their first line which they are.
Status replay_file(const std::string& file, const ReplayOptions& options, const Settings& settings) {
  const Result<std::string> text = read_capture(file);
  if (!text) {
    return Error{text.error()};
  }
  if (!is_recording(*text)) {
    const Result<Timeline> timeline = parse_timeline(*text, file);
    if (!timeline) {
      return Error{timeline.error()};
    }
    replay(*timeline, ReplayPlan{with_interval(settings, options.interval), options.explains},
           [&](const ReplayEvent& event) { std::puts(to_json(event, timeline->id).c_str()); });
    return {};
  }
  if (options.interval) {
    return Error{"replay " + file + ": --interval goes with timelines; a recording has the readings that it has"};
  }
  const Result<Recording> recording = parse_recording(*text, file);
  if (!recording) {
    return Error{recording.error()};
  }
  const RecordingPlan plan{options.config ? std::optional(settings) : std::nullopt, options.explains};
  replay(*recording, plan, [&](const ReplayEvent& event) { std::puts(to_json(event, recording->id).c_str()); });
  return {};
}

}  // namespace

int replay_command(const ReplayOptions& options) {
  const auto settings = load_or_complain(options.config, NamedFiles::ignored);
  if (!settings) {
    return exit_usage;
  }
  int exit_status = exit_done;
  for (const std::string& file : options.files) {
    if (const Status done = replay_file(file, options, *settings); !done) {
      std::fprintf(stderr, "%s\n", done.error().c_str());
      exit_status = exit_failed;
    }
    if (std::ferror(stdout) != 0) {
      return exit_failed;  // nobody listens any more
    }
  }
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "write events to standard output: %s\n", std::strerror(errno));
    return exit_failed;
  }
  return exit_status;
}

}  // namespace voip
