// When the node introduces itself to Home Assistant: shortly after each connection, when it has seen what an earlier run left
// with the broker, and one to three seconds after Home Assistant has started.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/settings.h"
#include "ports/mqtt/connection.h"
#include "ports/mqtt/payload/commands.h"
#include "ports/mqtt/payload/topics.h"
#include "system/loop.h"

namespace voip {

class MqttDiscovery {
 public:
  struct Voice {
    std::function<void(MqttMessage)> say;
    std::function<void()> say_everything;
  };

  MqttDiscovery(const Settings& settings, std::string version, Loop& loop, Voice voice);
  ~MqttDiscovery() { lost(); }
  MqttDiscovery(const MqttDiscovery&) = delete;
  MqttDiscovery& operator=(const MqttDiscovery&) = delete;

  void connected(MqttConnection& connection);
  void lost();
  // True if the message was meant for this and not a command.
  bool take(const MqttIncoming& incoming);

 private:
  using Timer = std::optional<Loop::TimerId>;
  void set(Timer& timer, Duration after, std::function<void()> due);
  void announce();
  Duration some_seconds();

  Settings settings_;
  std::string version_;
  Loop& loop_;
  Voice voice_;
  std::map<std::string, std::string> found_;
  std::size_t found_bytes_ = 0;
  std::vector<MqttMessage> later_;
  Timer announce_timer_;
  Timer later_timer_;
  Timer repeat_timer_;
};

}  // namespace voip
