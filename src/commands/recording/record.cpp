#include "commands/recording/recording.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "base/left_out.h"
#include "base/log.h"
#include "base/system_error.h"
#include "base/unique_fd.h"
#include "commands/common/exit_status.h"
#include "commands/recording/recorder.h"
#include "config/config.h"
#include "ports/conntrack/conntrack.h"
#include "ports/devices/devices.h"
#include "ports/line/line.h"
#include "ports/network/network.h"
#include "system/loop.h"
#include "terminal/output.h"

namespace voip {
namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 20U;  // days of a household; replay reads up to 256 MiB

// The file, or standard output for "-". What was handed in is with the kernel when flush() returns.
class Output {
 public:
  static Result<Output> open(const std::string& path) {
    // Recordings tell who talks to whom: nobody else may read them. One that is there is never overwritten.
    const int descriptor = path == "-" ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                                       : ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) {
      const char* advice = errno == EEXIST ? ": choose another name" : "";
      return Error{"write recording " + path + ": " + std::strerror(errno) + advice};
    }
    return Output(UniqueFd(descriptor), path);
  }

  void add(std::string_view text) { pending_ += text; }
  [[nodiscard]] std::size_t size() const { return written_ + pending_.size(); }

  Status flush() {
    std::string_view rest = pending_;
    while (!rest.empty()) {
      const ssize_t count = ::write(file_.get(), rest.data(), rest.size());
      if (count < 0 && errno != EINTR) {
        return system_error("write recording " + path_);
      }
      rest.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    written_ += pending_.size();
    pending_.clear();
    return {};
  }

 private:
  Output(UniqueFd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  UniqueFd file_;
  std::string path_;
  std::string pending_;
  std::size_t written_ = 0;
};

Result<RecordingPrivacy> make_privacy(const RecordOptions& options) {
  RecordingPrivacy privacy{.masks_remote = options.masks_remote || options.masks_lan, .masks_lan = options.masks_lan};
  if (privacy.masks_remote && getrandom(privacy.salt.data(), sizeof privacy.salt, 0) != sizeof privacy.salt) {
    return system_error("get random bytes to mask addresses");
  }
  return privacy;
}

// The terminal was closed, which is meant as an end, unless whoever started it (nohup) has SIGHUP ignored.
bool ends_on_hangup() {
  struct sigaction hangup {};
  return sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN;
}

// Steps until it is asked to end; returns why it ended, in words.
Result<std::string> record(Loop& loop, Recorder& recorder, Output& output, const std::vector<std::unique_ptr<Port>>& ports) {
  const std::vector<Event> begin{DeadlineReached{}};
  const std::vector<Event>* events = &begin;
  while (true) {
    bool was_asked = false;
    for (const Event& event : *events) {
      was_asked = was_asked || std::holds_alternative<StopRequested>(event);
      // The end is a step like any other: until then nothing happened.
      const Event heard = std::holds_alternative<StopRequested>(event) ? Event(DeadlineReached{}) : event;
      for (const Action& action : recorder.step(loop.now(), heard)) {
        for (const auto& port : ports) {
          port->perform(action);
        }
      }
    }
    if (const Status written = output.flush(); !written) {
      return Error{written.error()};
    }
    if (was_asked) {
      return std::string("ended as asked");
    }
    if (output.size() >= most_bytes) {
      return "the recording has reached " + std::to_string(most_bytes >> 20U) + " MiB: ended";
    }
    events = &loop.wait(recorder.deadline());
    if (loop.reload_requested() && ends_on_hangup()) {
      loop.post(StopRequested{});
    }
  }
}

Status run(const RecordOptions& options, Settings settings) {
  settings.qos.actuator = "none";
  settings.qos.mark_calls = false;
  auto privacy = make_privacy(options);
  auto opened = privacy ? Loop::open() : Error{privacy.error()};
  if (!opened) {
    return Error{opened.error()};
  }
  Loop& loop = **opened;
  const Instant began = loop.now();  // before anything is read
  std::vector<std::unique_ptr<Port>> ports;
  // The daemon beside us has its own table, marks and switches in the kernel, and they are not ours to change.
  ports.push_back(make_conntrack(settings, {}, [settings] { return read_lan(settings); }, {.may_write = false}));
  ports.push_back(make_devices(settings));
  if (has_part("line")) {
    settings.node.state_dir.clear();  // what the daemon knows of the line is not ours to keep
    ports.push_back(make_line(settings, [settings] {
      const auto network = read_network(settings);
      return network ? site_of(settings, *network).wan : std::string();
    }));
  }
  for (const auto& port : ports) {
    if (Status status = port->open(loop); !status) {
      return status;
    }
  }
  auto output = Output::open(options.output);
  if (!output) {
    return Error{output.error()};
  }
  if (options.time_limit) {
    loop.call_at(loop.now() + *options.time_limit, [&loop] { loop.post(StopRequested{}); });
  }
  Recorder recorder(settings, settings.node.id, began, *privacy, [&output](std::string_view text) { output->add(text); });
  complain("recording to " + (options.output == "-" ? "standard output" : options.output) + "; Ctrl-C ends it");
  auto ended = record(loop, recorder, *output, ports);
  for (const auto& port : ports) {
    port->close();
  }
  if (!ended) {
    return Error{ended.error()};
  }
  complain(*ended + "; " + std::to_string((output->size() + 1023) / 1024) + " KiB, " + std::to_string(recorder.calls()) +
           (recorder.calls() == 1 ? " call heard" : " calls heard"));
  return {};
}

}  // namespace

int record_command(const RecordOptions& options) {
  const auto settings = load_or_complain(options.config, NamedFiles::ignored);
  if (!settings) {
    return exit_usage;
  }
  Status done = start_log(LogLevel::warning, "stderr", "");
  if (done) {
    done = run(options, *settings);
  }
  if (!done) {
    complain(done.error());
    return exit_failed;
  }
  return exit_done;
}

}  // namespace voip
