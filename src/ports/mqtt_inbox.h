// What happens to the connection, handed from the threads of the library to the loop's: a bounded queue and an eventfd. The only
// place of the program where two threads meet.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "base/unique_fd.h"
#include "ports/mqtt_commands.h"

namespace voip {

struct MqttConnected {};
struct MqttLost {
  std::string why;  // empty: the broker gave no reason
};
// An attempt to connect failed.
struct MqttFailed {
  std::string why;  // empty: it could not be made yet
};
// The broker took the connection but not this.
struct MqttRefused {
  std::string what;  // "publish to x", "subscribe to y"
  std::string why;
};
// So many messages came in faster than they were taken.
struct MqttOverrun {
  std::uint64_t messages = 0;
};

using MqttHappening = std::variant<MqttConnected, MqttLost, MqttFailed, MqttRefused, MqttOverrun, MqttIncoming>;

// When it is full the oldest messages go, never what happened to the connection itself.
class MqttInbox {
 public:
  explicit MqttInbox(UniqueFd event) : event_(std::move(event)) {}

  [[nodiscard]] int fd() const { return event_.get(); }  // readable when take() has something
  void put(MqttHappening happening);
  std::vector<MqttHappening> take();
  void wake() const;

  // A DISCONNECT with its reason (MQTT 5) comes just before the loss that it explains.
  void set_reason(std::string reason);
  std::string take_reason();

  std::atomic<bool> is_connected = false;
  std::atomic<bool> is_given_up = false;  // nobody takes anything any more
  std::atomic<bool> is_trying = false;    // an attempt is under way: the library may hold its lock for long

 private:
  void drop_oldest_message();

  UniqueFd event_;
  std::mutex mutex_;
  std::deque<MqttHappening> queue_;
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::string reason_;
};

// A return code of MQTT 3.1.1 (section 3.2.2.3), a reason code of MQTT 5 (section 2.4) or, negative, the library's own.
std::string mqtt_words_for(int code);

}  // namespace voip
