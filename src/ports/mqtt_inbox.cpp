#include "ports/mqtt_inbox.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace voip {
namespace {

constexpr std::size_t most_messages = 512;
constexpr std::size_t most_bytes = 262'144;

std::size_t size_of(const MqttHappening& happening) {
  const auto* incoming = std::get_if<MqttIncoming>(&happening);
  return incoming == nullptr ? 0 : incoming->topic.size() + incoming->payload.size();
}

}  // namespace

void MqttInbox::put(MqttHappening happening) {
  {
    const std::lock_guard lock(mutex_);
    bytes_ += size_of(happening);
    messages_ += std::holds_alternative<MqttIncoming>(happening) ? 1U : 0U;
    queue_.push_back(std::move(happening));
    while (messages_ > most_messages || bytes_ > most_bytes) {
      drop_oldest_message();
    }
  }
  wake();
}

std::vector<MqttHappening> MqttInbox::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(event_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  std::vector<MqttHappening> taken(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
  if (dropped_ > 0) {
    taken.emplace_back(MqttOverrun{std::exchange(dropped_, 0)});
  }
  queue_.clear();
  messages_ = 0;
  bytes_ = 0;
  return taken;
}

void MqttInbox::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event_.get(), &one, sizeof one);
}

void MqttInbox::set_reason(std::string reason) {
  const std::lock_guard lock(mutex_);
  reason_ = std::move(reason);
}

std::string MqttInbox::take_reason() {
  const std::lock_guard lock(mutex_);
  return std::exchange(reason_, {});
}

void MqttInbox::drop_oldest_message() {
  const auto oldest = std::find_if(queue_.begin(), queue_.end(), [](const MqttHappening& happening) {
    return std::holds_alternative<MqttIncoming>(happening);
  });
  bytes_ -= size_of(*oldest);
  --messages_;
  ++dropped_;
  queue_.erase(oldest);
}

std::string mqtt_words_for(int code) {
  switch (code) {
    case 4:
    case 0x86:
      return "wrong user name or password";
    case 5:
    case 0x87:
      return "not authorised: wrong user name or password, or the broker's access list forbids it";
    case 1:
    case 0x84:
      return "the broker does not speak this MQTT version: try the other one in mqtt.version";
    case 2:
    case 0x85:
      return "the broker refuses the client id";
    case 3:
    case 0x88:
      return "the broker says that it is unavailable";
    case 0x89:
      return "the broker is busy";
    case 0x8a:
      return "the broker has banned this client";
    case 0x8b:
      return "the broker shuts down";
    case 0x8d:
      return "the broker heard nothing for longer than the keep-alive";
    case 0x8e:
      return "another client uses the same client id";
    case 0x95:
      return "a packet was too large for the broker";
    case 0x97:
      return "the broker's quota is exceeded";
    default:
      return "code " + std::to_string(code);
  }
}

}  // namespace voip
