#include "commands/status/watch_screen.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <utility>
#include <variant>

#include "base/iso_8601.h"
#include "commands/common/daemon_client.h"
#include "commands/common/exit_status.h"
#include "commands/status/watch_changes.h"
#include "commands/status/watch_frame.h"
#include "commands/status/watch_keys.h"
#include "ports/control/control.h"
#include "terminal/output.h"
#include "terminal/screen.h"

namespace voip {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_log = 200;
constexpr std::size_t flows_beyond = 64;  // asked for besides those that are scrolled past; a page has fewer
constexpr Duration patience = 5s;

class WatchScreen {
 public:
  WatchScreen(std::string socket, Duration interval, Colour colour)
      : socket_(std::move(socket)), interval_(interval), colour_(colour) {}

  int run(SeenStatus first) {
    if (const Status opened = open(); !opened) {
      complain("voip-qosd: " + opened.error());
      return exit_failed;
    }
    take(std::move(first));
    next_ask_ = Clock::now() + interval_;
    while (!has_ended_) {
      draw();
      wait();
    }
    terminal_.leave();
    return exit_done;
  }

 private:
  Status open() {
    sigset_t taken;
    sigemptyset(&taken);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH}) {
      sigaddset(&taken, signal);
    }
    sigprocmask(SIG_BLOCK, &taken, nullptr);
    signals_.reset(signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
    return signals_ ? terminal_.enter() : Status(Error{"create the signal descriptor"});
  }

  // One turn: whatever happens first.
  void wait() {
    const auto due = question_ ? asked_ + patience : next_ask_;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()).count();
    std::array<pollfd, 4> watched{{{signals_.get(), POLLIN, 0},
                                   {hears_keys_ ? STDIN_FILENO : -1, POLLIN, 0},
                                   {question_ ? question_->fd() : -1, POLLIN, 0},
                                   {terminal_.output(), static_cast<short>(terminal_.is_busy() ? POLLOUT : 0), 0}}};
    if (::poll(watched.data(), watched.size(), static_cast<int>(std::max<std::int64_t>(0, left))) < 0) {
      return;
    }
    if (watched[0].revents != 0) {
      take_signals();
    }
    if (watched[1].revents != 0) {
      take_keys();
    }
    if (watched[2].revents != 0) {
      hear();
    }
    if ((watched[3].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0 || !terminal_.flush()) {
      has_ended_ = true;
    }
    ask_if_due();
  }

  void take_signals() {
    signalfd_siginfo signal{};
    while (::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
      is_stale_ = true;
      if (signal.ssi_signo == SIGTSTP) {
        terminal_.leave();
        ::raise(SIGSTOP);
      } else if (signal.ssi_signo == SIGCONT) {
        has_ended_ = has_ended_ || !terminal_.enter();
      } else if (signal.ssi_signo != SIGWINCH) {
        has_ended_ = true;
      }
    }
  }

  void take_keys() {
    std::array<char, 256> buffer{};
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count <= 0) {
      hears_keys_ = false;  // goes on without
      return;
    }
    is_stale_ = true;
    for (const Key key : read_keys({buffer.data(), static_cast<std::size_t>(count)})) {
      take(key);
    }
  }

  void take(Key key) {
    const std::size_t page = std::max<std::size_t>(1, terminal_.size().rows / 4);
    const SeenStatus& status = shown().status;
    const std::size_t all = std::min(status.flow_list.size() + (frozen_ ? 0 : status.flows_left_out), most_flows_listed);
    const std::size_t last = std::max<std::size_t>(1, all) - 1;
    switch (key) {
      case Key::quit:
        has_ended_ = true;
        break;
      case Key::pause:
        frozen_ = frozen_ ? std::nullopt : std::optional(view_);
        break;
      case Key::up:
        first_flow_ -= std::min<std::size_t>(first_flow_, 1);
        break;
      case Key::down:
        first_flow_ = std::min(first_flow_ + 1, last);
        break;
      case Key::page_up:
        first_flow_ -= std::min(first_flow_, page);
        break;
      case Key::page_down:
        first_flow_ = std::min(first_flow_ + page, last);
        break;
      case Key::top:
        first_flow_ = 0;
        break;
      case Key::bottom:
        first_flow_ = last;
        break;
      case Key::qos_on:
        order_ = "qos on at-once";
        break;
      case Key::qos_off:
        order_ = "qos off at-once";
        break;
      case Key::qos_auto:
        order_ = "qos auto at-once";
        break;
    }
    if (first_flow_ >= status.flow_list.size()) {
      next_ask_ = Clock::now();
    }
  }

  void ask_if_due() {
    const auto now = Clock::now();
    if (question_ && now >= asked_ + patience) {
      question_.reset();
      miss("the daemon on " + socket_ + " gives no answer");
    }
    if (question_ || (order_.empty() && now < next_ask_)) {
      return;
    }
    is_order_ = !order_.empty();
    auto asked = DaemonQuestion::ask(socket_, is_order_ ? std::exchange(order_, {}) : status_request());
    asked_ = now;
    next_ask_ = now + interval_;
    if (auto* question = std::get_if<DaemonQuestion>(&asked)) {
      question_ = std::move(*question);
    } else if (const auto* absent = std::get_if<NotRunning>(&asked)) {
      miss("the daemon is not running: " + absent->why);
    } else {
      miss(std::get<Error>(asked).message);
    }
  }

  // The daemon need not write down what nobody looks at.
  [[nodiscard]] std::string status_request() const {
    return "status " + std::to_string(first_flow_ + std::max(flows_beyond, terminal_.size().rows));
  }

  void hear() {
    const auto answer = question_->hear();
    if (!answer) {
      return;
    }
    question_.reset();
    const auto* json = std::get_if<std::string>(&*answer);
    if (json == nullptr) {
      miss(std::get<Error>(*answer).message);
      return;
    }
    auto status = read_status(*json);
    if (status) {
      take(std::move(*status));
    } else if (is_order_) {
      note({{here_and_now(), {status.error(), Tone::red}}});  // the daemon is there and says no
    } else {
      miss(status.error());
    }
  }

  void take(SeenStatus status) {
    note(changes_.next(status));
    sort_flows(status.flow_list);
    view_.status = std::move(status);
    view_.missing.clear();
  }

  void miss(const std::string& why) {
    note(changes_.missing(here_and_now(), why));
    view_.missing = why;
  }

  void note(const std::vector<Change>& changes) {
    is_stale_ = true;
    view_.log.insert(view_.log.end(), changes.begin(), changes.end());
    if (view_.log.size() > longest_log) {
      view_.log.erase(view_.log.begin(), view_.log.end() - static_cast<std::ptrdiff_t>(longest_log));
    }
  }

  [[nodiscard]] const WatchView& shown() const { return frozen_ ? *frozen_ : view_; }

  void draw() {
    if (!is_stale_ || terminal_.is_busy() || has_ended_) {
      return;
    }
    is_stale_ = false;
    const ScreenSize size = terminal_.size();
    WatchView view = shown();
    view.is_paused = frozen_.has_value();
    view.first_flow = first_flow_;
    terminal_.show(frame_text(watch_frame(view, size), size, colour_));
  }

  static std::string here_and_now() { return iso_8601(std::chrono::system_clock::now()); }

  std::string socket_;
  Duration interval_;
  Colour colour_;
  Terminal terminal_;
  UniqueFd signals_;
  bool hears_keys_ = ::isatty(STDIN_FILENO) == 1;
  std::optional<DaemonQuestion> question_;
  bool is_order_ = false;
  std::string order_;  // to be given as soon as no question is open
  Clock::time_point asked_;
  Clock::time_point next_ask_;
  ChangeFinder changes_;
  WatchView view_;
  std::optional<WatchView> frozen_;  // while paused; the changes go on being noted
  std::size_t first_flow_ = 0;
  bool is_stale_ = true;
  bool has_ended_ = false;
};

}  // namespace

int watch_on_screen(const std::string& socket, Duration interval, SeenStatus first, Colour colour) {
  return WatchScreen(socket, interval, colour).run(std::move(first));
}

}  // namespace voip
