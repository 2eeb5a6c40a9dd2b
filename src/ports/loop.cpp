#include "ports/loop.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <csignal>
#include <ctime>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace voip {
namespace {

constexpr int most_ready = 16;

Error system_error(const char* doing) {
  return Error{std::string(doing) + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::open() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) {
    return system_error("create the epoll descriptor");
  }
  sigset_t taken;
  sigemptyset(&taken);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&taken, signal);
  }
  if (sigprocmask(SIG_BLOCK, &taken, nullptr) != 0) {
    return system_error("block the signals");
  }
  // A reader that goes away (a control client, a script) must not end the daemon.
  std::signal(SIGPIPE, SIG_IGN);
  UniqueFd signals(signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) {
    return system_error("create the signal descriptor");
  }
  const int signal_fd = signals.get();
  std::unique_ptr<Loop> loop(new Loop(std::move(epoll), std::move(signals)));
  if (auto watched = loop->watch(signal_fd, EPOLLIN, [raw = loop.get()](std::uint32_t) { raw->take_signals(); }); !watched) {
    return Error{watched.error()};
  }
  return loop;
}

Loop::Loop(UniqueFd epoll, UniqueFd signals) : epoll_(std::move(epoll)), signals_(std::move(signals)) {}
Loop::~Loop() = default;

Instant Loop::now() const {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return Instant(
      std::chrono::duration_cast<Duration>(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

Loop::WallTime Loop::wall(Instant instant) const {
  return std::chrono::system_clock::now() + std::chrono::duration_cast<WallTime::duration>(instant - now());
}

Status Loop::watch(int fd, std::uint32_t epoll_events, std::function<void(std::uint32_t)> ready) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return system_error("watch a descriptor");
  }
  watches_[fd] = std::make_shared<std::function<void(std::uint32_t)>>(std::move(ready));
  return {};
}

Status Loop::change(int fd, std::uint32_t epoll_events) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) {
    return system_error("change how a descriptor is watched");
  }
  return {};
}

void Loop::unwatch(int fd) {
  if (watches_.erase(fd) != 0) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  }
}

Loop::TimerId Loop::call_at(Instant at, std::function<void()> due) {
  const TimerId timer = ++last_timer_;
  timers_.emplace(std::pair(at, timer), std::move(due));
  timer_times_.emplace(timer, at);
  return timer;
}

void Loop::cancel(TimerId timer) {
  if (const auto found = timer_times_.find(timer); found != timer_times_.end()) {
    timers_.erase({found->second, timer});
    timer_times_.erase(found);
  }
}

void Loop::post(Event event) {
  posted_.push_back(std::move(event));
}

const std::vector<Event>& Loop::wait(std::optional<Instant> deadline) {
  if (!timers_.empty()) {
    deadline = earlier(deadline, timers_.begin()->first.first);
  }
  int timeout_ms = -1;
  if (!posted_.empty()) {
    timeout_ms = 0;
  } else if (deadline) {
    // Clamped: a deadline in the past waits not at all, and one far away is looked at again in an hour.
    timeout_ms = static_cast<int>(std::clamp<std::int64_t>((*deadline - now()).count(), 0, 3'600'000));
  }
  std::array<epoll_event, most_ready> ready{};
  const int count = epoll_wait(epoll_.get(), ready.data(), most_ready, timeout_ms);
  for (int i = 0; i < count; ++i) {
    const auto& event = ready.at(static_cast<std::size_t>(i));
    // Looked up each time and kept alive during the call: one that runs may unwatch another, or itself.
    if (const auto found = watches_.find(event.data.fd); found != watches_.end()) {
      const auto call = found->second;
      (*call)(event.events);
    }
  }
  run_due_timers();
  handed_out_.clear();
  std::swap(handed_out_, posted_);
  ++turn_;
  if (handed_out_.empty()) {
    handed_out_.emplace_back(DeadlineReached{});
  }
  return handed_out_;
}

void Loop::run_due_timers() {
  const Instant now_instant = now();
  while (!timers_.empty() && timers_.begin()->first.first <= now_instant) {
    auto first = timers_.extract(timers_.begin());
    timer_times_.erase(first.key().second);
    first.mapped()();
  }
}

void Loop::take_signals() {
  signalfd_siginfo info{};
  while (read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGHUP) {
      reload_requested_ = true;
    } else {
      post(StopRequested{});
    }
  }
}

bool Loop::reload_requested() {
  return std::exchange(reload_requested_, false);
}

}  // namespace voip
