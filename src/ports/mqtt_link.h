// Keeps a connection to the first of the brokers that can be had: tries them in order, waits longer and longer between the
// rounds, and writes one line into the log for each change of the state, with the reason. All of it on the loop.
#pragma once

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
#include "ports/loop.h"
#include "ports/mqtt_attempts.h"
#include "ports/mqtt_connection.h"

namespace voip {

class MqttLink {
 public:
  struct Ears {
    std::function<void()> woken;  // each time, before what follows: what was posted to the engine before it has been dealt with
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
  void happened(const MqttConnected& connected);
  void happened(const MqttLost& lost);
  void happened(const MqttFailed& failed);
  void happened(const MqttRefused& refused);
  void happened(const MqttOverrun& overrun);
  void happened(const MqttIncoming& incoming);

  void attempt(const MqttAttempts::Attempt& next);
  void tell_connected();
  void warn_once(const std::string& line);
  void set(Timer& timer, Duration after, std::function<void()> due);

  Loop& loop_;
  Ears ears_;
  std::vector<std::string> uris_;
  std::string client_id_;
  std::string base_;
  std::unique_ptr<MqttConnection> connection_;
  MqttAttempts attempts_;
  std::minstd_rand chance_;

  std::size_t broker_ = 0;
  bool is_connected_ = false;
  Instant connected_at_{};
  // The last connection ended so soon that the next one is not told before it has held for a while.
  bool is_unsteady_ = false;
  std::set<std::string> told_;  // since the last steady connection
  std::set<std::string> told_refusals_;
  Timer attempt_timer_;
  Timer steady_timer_;
};

}  // namespace voip
