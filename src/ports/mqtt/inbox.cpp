#include "ports/mqtt/inbox.h"

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
  return incoming == nullptr ? 0
                             : incoming->topic.size() + incoming->payload.size() + incoming->response_topic.size() +
                                   incoming->correlation_data.size();
}

}  // namespace

void MqttInbox::put(MqttHappening happening) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) {
      return;
    }
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

void MqttInbox::close() {
  std::deque<MqttHappening> rest;  // what is in it may take long to end: not with the lock
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  rest.swap(queue_);
}

void MqttInbox::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event_.get(), &one, sizeof one);
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

}  // namespace voip
