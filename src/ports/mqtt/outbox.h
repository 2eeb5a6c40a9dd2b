// What waits to be sent while the library has enough on its way already.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "ports/mqtt/link.h"
#include "ports/mqtt/payload/topics.h"
#include "system/loop.h"

namespace voip {

struct Outgoing {
  MqttMessage message;
  std::string correlation_data;
};

// Messages in order, of a retained topic only the newest. When it is full the oldest goes that is not retained: an answer that
// nobody waits for any more, before the state.
class Outbox {
 public:
  static constexpr std::size_t most = 512;
  static constexpr std::size_t most_bytes = 1'048'576;

  // False: something had to go for it, or it is too large itself.
  bool put(Outgoing outgoing) {
    if (outgoing.message.is_retained) {
      const auto same = std::find_if(queue_.begin(), queue_.end(), [&](const Outgoing& waiting) {
        return waiting.message.is_retained && waiting.message.topic == outgoing.message.topic;
      });
      if (same != queue_.end()) {
        take_out(same);
      }
    }
    bytes_ += size_of(outgoing);
    queue_.push_back(std::move(outgoing));
    bool has_lost = false;
    for (; queue_.size() > most || bytes_ > most_bytes; has_lost = true) {
      const auto oldest =
          std::find_if(queue_.begin(), queue_.end(), [](const Outgoing& one) { return !one.message.is_retained; });
      take_out(oldest == queue_.end() ? queue_.begin() : oldest);
    }
    return !has_lost;
  }

  [[nodiscard]] bool empty() const { return queue_.empty(); }
  [[nodiscard]] const Outgoing& front() const { return queue_.front(); }
  void pop() { take_out(queue_.begin()); }
  void clear() {
    queue_.clear();
    bytes_ = 0;
  }

 private:
  static std::size_t size_of(const Outgoing& one) {
    return one.message.topic.size() + one.message.payload.size() + one.correlation_data.size();
  }
  void take_out(const std::deque<Outgoing>::iterator& one) {
    bytes_ -= size_of(*one);
    queue_.erase(one);
  }

  std::deque<Outgoing> queue_;
  std::size_t bytes_ = 0;
};

// Sends; what the library does not take now waits in an outbox.
class MqttSender {
 public:
  MqttSender(Loop& loop, MqttLink& link) : loop_(loop), link_(link) {}
  ~MqttSender();
  MqttSender(const MqttSender&) = delete;
  MqttSender& operator=(const MqttSender&) = delete;

  // While there is no connection it is forgotten.
  void say(const MqttMessage& message, const std::string& correlation_data = {});
  // What waits for a connection that has ended says nothing to the next one.
  void forget();

 private:
  static constexpr Duration first_delay = 10ms;
  static constexpr Duration longest_delay = 1s;
  void send();
  void send_later();

  Loop& loop_;
  MqttLink& link_;
  Outbox outbox_;
  bool is_slow_told_ = false;  // on this connection
  std::optional<Loop::TimerId> timer_;
  Duration delay_ = first_delay;
};

}  // namespace voip
