// What happens to the connection, handed from other threads to the loop's: a bounded queue and an eventfd. The only place of the
// program where threads meet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "base/unique_fd.h"
#include "core/time.h"
#include "ports/mqtt/payload/commands.h"

namespace voip {

class MqttClient;

// What a broker takes and gives, as far as it has told.
struct MqttLimits {
  static constexpr std::size_t any_size = std::numeric_limits<std::size_t>::max();

  bool keeps_retained = true;
  std::uint8_t most_qos = 1;  // more is never asked for
  std::size_t largest_packet = any_size;
  Duration keep_alive{};  // it drops whoever is silent for half as long again; zero: as we wish
};

// The broker's name has an address; the attempt to connect goes on, with this client.
struct MqttFound {
  std::shared_ptr<MqttClient> client;
};
struct MqttConnected {
  MqttLimits limits;
};
struct MqttLost {
  std::string why;  // empty: the broker gave no reason
  int code = 0;     // of MQTT 5; 0: none
};
// An attempt to connect failed.
struct MqttFailed {
  std::string why;  // empty: it could not be made yet
  int code = 0;     // as above
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

using MqttHappening = std::variant<MqttFound, MqttConnected, MqttLost, MqttFailed, MqttRefused, MqttOverrun, MqttIncoming>;

// When it is full the oldest messages go, never what happened to the connection itself.
class MqttInbox {
 public:
  explicit MqttInbox(UniqueFd event) : event_(std::move(event)) {}

  [[nodiscard]] int fd() const { return event_.get(); }  // readable when take() has something
  void put(MqttHappening happening);
  std::vector<MqttHappening> take();
  // Nobody takes any more: what is in it goes, and what is put from now on.
  void close();

 private:
  void wake() const;
  void drop_oldest_message();

  UniqueFd event_;
  std::mutex mutex_;
  std::deque<MqttHappening> queue_;
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool is_closed_ = false;
};

}  // namespace voip
