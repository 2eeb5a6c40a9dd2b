// What waits to be sent while the library has enough on its way already.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>

#include "ports/mqtt_topics.h"

namespace voip {

struct Outgoing {
  MqttMessage message;
  std::string correlation_data;
};

// Messages in order, of a retained topic only the newest; when it is full the oldest goes.
class Outbox {
 public:
  static constexpr std::size_t most = 512;

  void put(Outgoing outgoing) {
    if (outgoing.message.is_retained) {
      const auto same = std::find_if(queue_.begin(), queue_.end(), [&](const Outgoing& waiting) {
        return waiting.message.is_retained && waiting.message.topic == outgoing.message.topic;
      });
      if (same != queue_.end()) {
        queue_.erase(same);
      }
    }
    if (queue_.size() == most) {
      queue_.pop_front();
    }
    queue_.push_back(std::move(outgoing));
  }

  [[nodiscard]] bool empty() const { return queue_.empty(); }
  [[nodiscard]] const Outgoing& front() const { return queue_.front(); }
  void pop() { queue_.pop_front(); }
  void clear() { queue_.clear(); }

 private:
  std::deque<Outgoing> queue_;
};

}  // namespace voip
