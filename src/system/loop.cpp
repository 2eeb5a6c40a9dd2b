#include "system/loop.h"
#include "base/system_error.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <csignal>
#include <ctime>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <limits>

namespace voip {
namespace {

constexpr int most_ready = 16;
constexpr auto least_setting = std::chrono::seconds(1);  // of the clock; NTP's small corrections are none
constexpr std::int64_t year_2250_s = 8'835'000'000;
constexpr Duration shortest_sleep = 2ms;  // a wait that took less may have had something to hand out from the start

}  // namespace

Result<std::unique_ptr<Loop>> Loop::open(WallClock wall_clock) {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) {
    return system_error("create the epoll descriptor");
  }
  sigset_t taken;
  sigemptyset(&taken);
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) {
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
  UniqueFd alarm(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  UniqueFd clock_sets(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!alarm || !clock_sets) {
    return system_error("create a timer descriptor");
  }
  const int signal_fd = signals.get();
  const int alarm_fd = alarm.get();
  std::unique_ptr<Loop> loop(
      new Loop(std::move(epoll), std::move(signals), std::move(alarm), std::move(clock_sets), std::move(wall_clock)));
  Status watched = loop->watch(signal_fd, EPOLLIN, [raw = loop.get()](std::uint32_t) { raw->take_signals(); });
  if (watched.ok()) {
    watched = loop->watch(alarm_fd, EPOLLIN, [](std::uint32_t) {});  // set anew, and silent again, before the next wait
  }
  if (watched.ok()) {
    watched = loop->watch_clock();
  }
  return watched.ok() ? Result<std::unique_ptr<Loop>>(std::move(loop)) : Error{watched.error()};
}

Loop::Loop(UniqueFd epoll, UniqueFd signals, UniqueFd alarm, UniqueFd clock_sets, WallClock wall_clock)
    : epoll_(std::move(epoll)),
      signals_(std::move(signals)),
      alarm_(std::move(alarm)),
      clock_sets_(std::move(clock_sets)),
      wall_clock_(std::move(wall_clock)),
      wall_offset_(wall(now()).time_since_epoch() - now().time_since_epoch()),
      woken_(now()) {}
Loop::~Loop() = default;

Instant Loop::now() const {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return Instant(
      std::chrono::duration_cast<Duration>(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

Loop::WallTime Loop::wall(Instant instant) const {
  return wall_clock_() + std::chrono::duration_cast<WallTime::duration>(instant - now());
}

// A timer that never goes off, but is cancelled when somebody sets the clock.
Status Loop::watch_clock() {
  itimerspec never{};
  never.it_value.tv_sec = static_cast<time_t>(std::min<std::int64_t>(year_2250_s, std::numeric_limits<time_t>::max()));
  if (timerfd_settime(clock_sets_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr) != 0) {
    return system_error("watch the clock");
  }
  return watch(clock_sets_.get(), EPOLLIN, [fd = clock_sets_.get()](std::uint32_t) {
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t cancelled = read(fd, &times, sizeof times);
  });
}

Loop::ClockListener Loop::on_clock_set(std::function<void()> set) {
  auto listener = std::make_shared<std::function<void()>>(std::move(set));
  clock_listeners_.emplace_back(listener);
  return listener;
}

void Loop::look_at_clock() {
  const Instant instant = now();
  const auto offset = wall(instant).time_since_epoch() - instant.time_since_epoch();
  if (std::chrono::abs(offset - wall_offset_) < least_setting) {
    return;
  }
  wall_offset_ = offset;
  std::erase_if(clock_listeners_, [](const auto& one) { return one.expired(); });
  for (const auto& one : std::vector(clock_listeners_)) {
    if (const auto listener = one.lock()) {
      (*listener)();
    }
  }
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
  std::array<epoll_event, most_ready> ready{};
  const Instant asleep = now();
  const bool is_due = !posted_.empty() || (deadline && *deadline <= asleep);
  set_alarm(is_due ? std::nullopt : deadline);
  const int count = epoll_wait(epoll_.get(), ready.data(), most_ready, is_due ? 0 : -1);
  const Instant awake = now();
  lateness_ = awake - asleep >= shortest_sleep ? Duration::zero() : awake - woken_;
  woken_ = awake;
  for (int i = 0; i < count; ++i) {
    const auto& event = ready.at(static_cast<std::size_t>(i));
    // Looked up each time and kept alive during the call: one that runs may unwatch another, or itself.
    if (const auto found = watches_.find(event.data.fd); found != watches_.end()) {
      const auto call = found->second;
      (*call)(event.events);
    }
  }
  look_at_clock();
  run_due_timers();
  handed_out_.clear();
  std::swap(handed_out_, posted_);
  ++turn_;
  if (handed_out_.empty()) {
    handed_out_.emplace_back(DeadlineReached{});
  }
  return handed_out_;
}

void Loop::set_alarm(std::optional<Instant> deadline) {
  itimerspec alarm{};  // none
  if (deadline) {
    const auto since_start = deadline->time_since_epoch();
    // Both are smaller where the machine has 32 bits; a clock that began with the machine does not come to 68 years.
    alarm.it_value.tv_sec = static_cast<time_t>(since_start / 1s);
    alarm.it_value.tv_nsec = static_cast<long>(std::chrono::nanoseconds(since_start % 1s).count());
  }
  timerfd_settime(alarm_.get(), TFD_TIMER_ABSTIME, &alarm, nullptr);
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
