#include "ports/mqtt/outbox.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace voip {

MqttSender::~MqttSender() {
  if (timer_) {
    loop_.cancel(*timer_);
  }
}

void MqttSender::say(const MqttMessage& message, const std::string& correlation_data) {
  if (!link_.is_connected()) {
    return;
  }
  if (!outbox_.empty() || link_.connection().publish(message, correlation_data) == MqttSent::later) {
    if (!outbox_.put({message, correlation_data}) && !std::exchange(is_slow_told_, true)) {
      log_warning(
          "mqtt: the broker takes messages more slowly than there are: of the state it gets the newest, some answers and "
          "events are left out");
    }
    if (!timer_) {
      send_later();
    }
  }
}

void MqttSender::forget() {
  outbox_.clear();
  is_slow_told_ = false;
}

void MqttSender::send_later() {
  timer_ = loop_.call_at(loop_.now() + delay_, [this] {
    timer_.reset();
    send();
  });
  delay_ = std::min(delay_ * 2, longest_delay);
}

void MqttSender::send() {
  for (; !outbox_.empty(); outbox_.pop()) {
    const Outgoing& next = outbox_.front();
    if (link_.connection().publish(next.message, next.correlation_data) == MqttSent::later) {
      send_later();
      return;
    }
    delay_ = first_delay;
  }
}

}  // namespace voip
