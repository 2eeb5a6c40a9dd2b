
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/iso_8601.h"
#include "commands/common/exit_status.h"
#include "commands/common/status_reading.h"
#include "commands/status/status.h"
#include "commands/status/watch_changes.h"
#include "commands/status/watch_screen.h"
#include "terminal/output.h"
#include "terminal/screen.h"
#include "terminal/styled_line.h"

namespace voip {
namespace {

using Clock = std::chrono::steady_clock;

// The flows nearest to a call; the daemon need not write down all the others.
constexpr const char* request = "status 64";

// False: nobody reads us any more.
bool print_all(const std::vector<Change>& changes) {
  return std::all_of(changes.begin(), changes.end(),
                     [](const Change& change) { return print(to_text(change, Colour::plain) + "\n"); });
}

std::vector<Change> changes_by(const ControlAnswer& answer, ChangeFinder& finder) {
  const std::string now = iso_8601(std::chrono::system_clock::now());
  if (const auto* json = std::get_if<std::string>(&answer)) {
    const auto status = read_status(*json);
    return status ? finder.next(*status) : finder.missing(now, status.error());
  }
  if (const auto* absent = std::get_if<NotRunning>(&answer)) {
    return finder.missing(now, "the daemon is not running: " + absent->why);
  }
  return finder.missing(now, std::get<Error>(answer).message);
}

// For grep and tee: ends with its reader, or by a signal as they do.
int watch_in_lines(const std::string& socket, Duration interval, const SeenStatus& first) {
  ChangeFinder finder;
  bool is_read = print_all(finder.next(first));
  while (is_read) {
    const auto next_ask = Clock::now() + interval;
    pollfd output{STDOUT_FILENO, 0, 0};
    while (output.revents == 0 && Clock::now() < next_ask) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ask - Clock::now()).count();
      ::poll(&output, 1, static_cast<int>(left));
    }
    is_read = output.revents == 0 && print_all(changes_by(ask_daemon(socket, request), finder));
  }
  return exit_done;
}

}  // namespace

int watch_command(const WatchOptions& options) {
  const auto socket = find_socket(options.daemon);
  if (!socket) {
    return exit_usage;
  }
  const auto answer = ask_or_complain({socket, std::nullopt}, request);
  if (const int* exit_status = std::get_if<int>(&answer)) {
    return *exit_status;
  }
  auto first = read_status(std::get<std::string>(answer));
  if (!first) {
    complain("voip-qosd: " + first.error());
    return exit_failed;
  }
  if (Terminal::is_there()) {
    return watch_on_screen(*socket, options.interval, std::move(*first), colour_of_output());
  }
  return watch_in_lines(*socket, options.interval, *first);
}

}  // namespace voip
