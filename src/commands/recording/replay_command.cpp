#include "commands/recording/recording.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "commands/common/exit_status.h"
#include "commands/recording/replay.h"
#include "config/config.h"
#include "terminal/output.h"

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
           [&](const ReplayEvent& event) { print_json(to_json(event, timeline->id) + "\n"); });
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
  replay(*recording, plan, [&](const ReplayEvent& event) { print_json(to_json(event, recording->id) + "\n"); });
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
      complain(done.error());
      exit_status = exit_failed;
    }
    if (std::ferror(stdout) != 0) {
      return exit_failed;  // nobody listens any more
    }
  }
  if (std::fflush(stdout) != 0) {
    complain(std::string("write events to standard output: ") + std::strerror(errno));
    return exit_failed;
  }
  return exit_status;
}

}  // namespace voip
