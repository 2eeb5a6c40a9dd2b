#include "commands/recording/recording.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "commands/common/exit_status.h"
#include "commands/recording/tune.h"
#include "config/config.h"
#include "terminal/output.h"

namespace voip {
namespace {

Result<TuneCapture> read_marked(const std::string& file, const std::vector<MarkedCall>& calls) {
  const Result<std::string> text = read_capture(file);
  if (!text) {
    return Error{text.error()};
  }
  TuneCapture capture{file, {}, calls};
  const auto take = [&capture](auto parsed) -> Status {
    if (!parsed) {
      return Error{parsed.error()};
    }
    capture.calls.insert(capture.calls.end(), parsed->calls.begin(), parsed->calls.end());
    capture.traffic = std::move(parsed).value();
    return {};
  };
  const Status taken = is_recording(*text) ? take(parse_recording(*text, file)) : take(parse_timeline(*text, file));
  if (!taken) {
    return Error{taken.error()};
  }
  return capture;
}

}  // namespace

int tune_command(const TuneOptions& options) {
  auto settings = load_or_complain(options.config, NamedFiles::ignored);
  if (!settings) {
    return exit_usage;
  }
  std::vector<TuneCapture> captures;
  std::size_t calls = 0;
  for (const std::string& file : options.files) {
    auto capture = read_marked(file, options.calls);
    if (!capture) {
      complain(capture.error());
      return exit_failed;
    }
    calls += capture->calls.size();
    captures.push_back(std::move(capture).value());
  }
  if (calls == 0) {
    complain(R"(no call is marked: say --call START-END, or add lines "# call START END" to the files, in seconds)");
    return exit_usage;
  }
  // Without a file of settings, the first recorder's are the present ones.
  if (const auto* recording = std::get_if<Recording>(&captures.front().traffic); recording != nullptr && !options.config) {
    settings = recording->settings;
  }
  if (!print(to_text(tune(captures, *settings), captures))) {
    complain(std::string("write the proposal to standard output: ") + std::strerror(errno));
    return exit_failed;
  }
  return exit_done;
}

}  // namespace voip
