#include "app/replay_command.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "app/check_config_command.h"
#include "app/replay.h"

namespace voip {

int replay_command(const ReplayOptions& options) {
  const auto settings = load_or_complain(options.config, NamedFiles::ignored);
  if (!settings) {
    return exit_usage;
  }
  const ReplayPlan plan{with_interval(*settings, options.interval), options.explains};
  int exit_status = exit_done;
  for (const std::string& file : options.files) {
    const Result<Timeline> timeline = read_timeline(file);
    if (!timeline) {
      std::fprintf(stderr, "%s\n", timeline.error().c_str());
      exit_status = exit_failed;
      continue;
    }
    replay(*timeline, plan, [&timeline](const ReplayEvent& event) { std::puts(to_json(event, *timeline).c_str()); });
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
