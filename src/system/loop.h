// The one loop of the daemon: it sleeps until a descriptor, a timer, a signal or the engine's deadline, and hands out the events
// that ports have posted. The time of every step is read here. Everything happens on one thread; what other threads have to
// say (Paho's) comes in through a descriptor that their port watches.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "core/events.h"
#include "core/time.h"

namespace voip {

class Loop {
 public:
  using TimerId = std::uint64_t;
  using WallTime = std::chrono::system_clock::time_point;
  using WallClock = std::function<WallTime()>;
  using ClockListener = std::shared_ptr<std::function<void()>>;

  // Blocks SIGTERM, SIGINT, SIGQUIT and SIGHUP for the process and takes them in; so it comes before any thread.
  static Result<std::unique_ptr<Loop>> open(WallClock wall_clock = std::chrono::system_clock::now);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] Instant now() const;                   // CLOCK_BOOTTIME: goes on while the machine sleeps
  [[nodiscard]] WallTime wall(Instant instant) const;  // the same moment on the calendar, by today's clock setting

  // `set` is called from wait() when the calendar's clock has been set by a second or more, as NTP does after a start without a
  // battery: what was told of wall() before is wrong since. For as long as the caller keeps what it gets.
  [[nodiscard]] ClockListener on_clock_set(std::function<void()> set);

  // `ready` is called from wait() with the epoll events (EPOLLIN ...), level-triggered. The descriptor stays the caller's.
  Status watch(int fd, std::uint32_t epoll_events, std::function<void(std::uint32_t)> ready);
  Status change(int fd, std::uint32_t epoll_events);
  void unwatch(int fd);

  // `due` is called once from wait(), at or soon after `at`.
  TimerId call_at(Instant at, std::function<void()> due);
  void cancel(TimerId timer);  // harmless when it has already been called

  // What wait() returns next; in order.
  void post(Event event);

  // Sleeps until something happens or `deadline` comes; not at all if events are already posted. Returns the events, at least one
  // (DeadlineReached if there is nothing else); they are valid until the next call.
  const std::vector<Event>& wait(std::optional<Instant> deadline);

  // What has happened may have waited so long until wait() returned: the loop was busy meanwhile. Zero when it slept.
  [[nodiscard]] Duration lateness() const { return lateness_; }

  // Counts the returns of wait(): what is posted in one turn is handed out in the next, and over after it. Ports that hand out
  // spans tell by it which of their buffers are free again.
  [[nodiscard]] std::uint64_t turn() const { return turn_; }

  // Set by SIGHUP; reading it clears it.
  [[nodiscard]] bool reload_requested();

 private:
  Loop(UniqueFd epoll, UniqueFd signals, UniqueFd alarm, UniqueFd clock_sets, WallClock wall_clock);
  void take_signals();
  void set_alarm(std::optional<Instant> deadline);
  Status watch_clock();
  void look_at_clock();
  void run_due_timers();

  UniqueFd epoll_;
  UniqueFd signals_;
  UniqueFd
      alarm_;  // goes off at the deadline, on the clock of now(): the time that epoll_wait() may wait stands still in a sleep
  UniqueFd clock_sets_;
  WallClock wall_clock_;
  WallTime::duration wall_offset_;  // of the calendar from now(), when it was looked at last
  std::vector<std::weak_ptr<std::function<void()>>> clock_listeners_;
  bool reload_requested_ = false;
  std::uint64_t turn_ = 0;
  Instant woken_;  // when wait() returned last, or the loop was made
  Duration lateness_{};
  TimerId last_timer_ = 0;
  std::map<std::pair<Instant, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, Instant> timer_times_;
  std::unordered_map<int, std::shared_ptr<std::function<void(std::uint32_t)>>> watches_;
  std::vector<Event> posted_;
  std::vector<Event> handed_out_;
};

}  // namespace voip
