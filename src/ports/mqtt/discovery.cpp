#include "ports/mqtt/discovery.h"

#include <functional>
#include <utility>

#include "base/log.h"
#include "ports/mqtt/payload/home_assistant.h"

namespace voip {
namespace {

// Retained messages come right after the subscription; this is for a broker far away.
constexpr Duration look_around = 300ms;
// Home Assistant subscribes to the topics that it has just read of.
constexpr Duration until_subscribed = 1500ms;
constexpr Duration until_migrated = 5s;
constexpr Duration shortest_birth_delay = 1s;
constexpr std::int64_t birth_spread_ms = 2'000;
constexpr std::size_t most_found = 256;
constexpr std::size_t most_found_bytes = 1'048'576;  // more than that of as many devices as there can be

}  // namespace

MqttDiscovery::MqttDiscovery(const Settings& settings, std::string version, Loop& loop, Voice voice)
    : settings_(settings), version_(std::move(version)), loop_(loop), voice_(std::move(voice)) {}

void MqttDiscovery::connected(MqttConnection& connection) {
  lost();
  connection.subscribe(discovery_filter(settings_), MqttRetained::wanted);
  connection.subscribe(settings_.home_assistant.prefix + "/status", MqttRetained::unwanted);
  set(announce_timer_, look_around, [this] { announce(); });
}

void MqttDiscovery::lost() {
  for (Timer* timer : {&announce_timer_, &later_timer_, &repeat_timer_}) {
    if (*timer) {
      loop_.cancel(**timer);
      timer->reset();
    }
  }
  found_.clear();
  found_bytes_ = 0;
  later_.clear();
}

bool MqttDiscovery::take(const MqttIncoming& incoming) {
  if (is_own_discovery(settings_, incoming.topic)) {
    const std::size_t bytes = incoming.topic.size() + incoming.payload.size();
    if (incoming.is_retained && found_.size() < most_found && bytes <= most_found_bytes - found_bytes_) {
      found_bytes_ += bytes;
      found_[incoming.topic] = incoming.payload;
    }
    return true;
  }
  if (incoming.topic != settings_.home_assistant.prefix + "/status") {
    return false;
  }
  // A retained one is old news: all has just been said, on connecting.
  if (incoming.payload == "online" && !incoming.is_retained && !announce_timer_) {
    set(announce_timer_, some_seconds(), [this] {
      announce();
      voice_.say_everything();
    });
  }
  return true;
}

void MqttDiscovery::announce() {
  DiscoveryPlan plan = plan_discovery(settings_, version_, found_);
  found_.clear();
  found_bytes_ = 0;
  for (MqttMessage& message : plan.now) {
    voice_.say(std::move(message));
  }
  if (!plan.later.empty()) {
    log_info("mqtt: moving " + std::to_string(plan.later.size()) + " Home Assistant discovery topics to the other style");
    later_ = std::move(plan.later);
    set(later_timer_, until_migrated, [this] {
      for (MqttMessage& message : std::exchange(later_, {})) {
        voice_.say(std::move(message));
      }
    });
  }
  // What has changed of an entity but for its topic makes Home Assistant read nothing again: it is to hear it anew. And what the
  // broker does not keep has to be said to those who have only just subscribed.
  set(repeat_timer_, until_subscribed, voice_.say_everything);
}

void MqttDiscovery::set(Timer& timer, Duration after, std::function<void()> due) {
  if (timer) {
    loop_.cancel(*timer);
  }
  timer = loop_.call_at(loop_.now() + after, [&timer, due = std::move(due)] {
    timer.reset();
    due();
  });
}

// Spread, so that not all of a house answer at once; how it is spread does not matter.
Duration MqttDiscovery::some_seconds() {
  const std::size_t mixed = std::hash<std::string>{}(settings_.node.id + std::to_string(loop_.now().time_since_epoch().count()));
  return shortest_birth_delay + Duration(static_cast<std::int64_t>(mixed % static_cast<std::size_t>(birth_spread_ms)));
}

}  // namespace voip
