// The one loop of the daemon: it sleeps until a descriptor, a timer, a signal or the engine's deadline, and hands out the events
// that ports have posted. It is the only place that reads the clock. Everything happens on one thread; what other threads have to
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

  // Blocks SIGTERM, SIGINT and SIGHUP for the process and takes them in; so it comes before any thread.
  static Result<std::unique_ptr<Loop>> open();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] Instant now() const;                   // CLOCK_BOOTTIME: goes on while the machine sleeps
  [[nodiscard]] WallTime wall(Instant instant) const;  // the same moment on the calendar, by today's clock setting

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

  // Counts the returns of wait(): what is posted in one turn is handed out in the next, and over after it. Ports that hand out
  // spans tell by it which of their buffers are free again.
  [[nodiscard]] std::uint64_t turn() const { return turn_; }

  // Set by SIGHUP; reading it clears it.
  [[nodiscard]] bool reload_requested();

 private:
  Loop(UniqueFd epoll, UniqueFd signals);
  void take_signals();
  void run_due_timers();

  UniqueFd epoll_;
  UniqueFd signals_;
  bool reload_requested_ = false;
  std::uint64_t turn_ = 0;
  TimerId last_timer_ = 0;
  std::map<std::pair<Instant, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, Instant> timer_times_;
  std::unordered_map<int, std::shared_ptr<std::function<void(std::uint32_t)>>> watches_;
  std::vector<Event> posted_;
  std::vector<Event> handed_out_;
};

}  // namespace voip
