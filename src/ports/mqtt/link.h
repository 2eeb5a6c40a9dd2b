// Keeps a connection to the first of the brokers that can be had: tries them in order, waits longer and longer between the
// rounds, and writes one line into the log for each change of the state, with the reason. All of it on the loop.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/settings.h"
#include "ports/mqtt/connection.h"
#include "system/loop.h"

namespace voip {

// Which broker is tried next, and when: all of them in order, then a pause that doubles from try to try, with jitter so that not
// all clients of a broker come back in the same moment. Pure; chance comes in as a number.
class MqttAttempts {
 public:
  static constexpr Duration shortest_pause = 1s;
  // A connection that was kept for less is no sign that all is well again.
  static constexpr Duration steady_after = 10s;

  struct Attempt {
    std::size_t broker = 0;
    Duration after{};
  };

  // No pause is longer than `longest_pause`.
  MqttAttempts(std::size_t brokers, Duration longest_pause)
      : brokers_(brokers), longest_(std::max(longest_pause, shortest_pause)) {}

  Attempt after_failure(std::uint32_t chance) {
    if (++broker_ < brokers_) {
      return {broker_, Duration::zero()};
    }
    return start_again(chance);
  }
  Attempt after_loss(Duration was_connected_for, std::uint32_t chance) {
    if (was_connected_for >= steady_after) {
      pause_ = shortest_pause;
    }
    return start_again(chance);
  }

 private:
  // From half of the pause to all of it.
  Attempt start_again(std::uint32_t chance) {
    const std::int64_t half = pause_.count() / 2;
    const Duration after = pause_ - Duration(static_cast<std::int64_t>(chance) % (half + 1));
    pause_ = std::min(pause_ * 2, longest_);
    broker_ = 0;
    return {broker_, after};
  }

  std::size_t brokers_;
  Duration longest_;
  std::size_t broker_ = 0;
  Duration pause_ = shortest_pause;
};

class MqttLink {
 public:
  struct Ears {
    std::function<void()> connected;
    std::function<void()> lost;
    std::function<void(const MqttIncoming&)> came;
    std::function<void(std::uint64_t)> overrun;  // so many messages came faster than they were taken
  };

  // Begins to connect. An error is one of the settings, never the network's.
  static Result<std::unique_ptr<MqttLink>> open(const Settings& settings, Loop& loop, Ears ears);
  ~MqttLink();
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  [[nodiscard]] bool is_connected() const { return is_connected_; }
  MqttConnection& connection() { return *connection_; }

 private:
  using Timer = std::optional<Loop::TimerId>;

  MqttLink(const Settings& settings, MqttConnectionOptions options, std::unique_ptr<MqttConnection> connection, Loop& loop,
           Ears ears);
  void take_in();
  void happened(const MqttFound& found);
  void happened(const MqttConnected& connected);
  void happened(const MqttLost& lost);
  void happened(const MqttFailed& failed);
  void happened(const MqttRefused& refused);
  void happened(const MqttOverrun& overrun);
  void happened(const MqttIncoming& incoming);

  void attempt(const MqttAttempts::Attempt& next);
  void try_now();
  void look_for_signs();
  void tell_connected();
  void warn_once(const std::string& line);
  void set(Timer& timer, Duration after, std::function<void()> due);
  void cancel(Timer& timer);

  Loop& loop_;
  Ears ears_;
  std::vector<std::string> uris_;
  std::string client_id_;
  std::string base_;
  std::unique_ptr<MqttConnection> connection_;
  MqttAttempts attempts_;
  std::minstd_rand chance_;

  std::size_t broker_ = 0;
  bool is_trying_ = false;
  bool is_connected_ = false;
  Instant connected_at_{};
  Duration keep_alive_;
  Duration between_looks_{};
  std::uint32_t signs_ = 0;
  int looks_without_sign_ = 0;
  // The last connection ended so soon that the next one is not told before it has held for a while.
  bool is_unsteady_ = false;
  std::set<std::string> told_;           // since the last steady connection
  std::set<std::string> told_refusals_;  // and what a broker cannot do; never again
  Timer attempt_timer_;
  Timer look_timer_;
  Timer steady_timer_;
};

}  // namespace voip
