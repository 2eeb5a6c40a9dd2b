#include <poll.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "ports/mqtt/connection.h"
#include "ports/mqtt/mqtt.h"
#include "ports/mqtt/options.h"
#include "ports/mqtt/payload/home_assistant.h"

namespace voip {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto connect_limit = std::chrono::seconds(20);      // longer than one attempt takes
constexpr auto quiet_after = std::chrono::milliseconds(700);  // retained messages come in one go
constexpr auto collect_limit = std::chrono::seconds(10);
constexpr std::size_t most_topics = 16'384;  // of a broker that is full of them the rest goes with the next run
constexpr auto send_limit = std::chrono::seconds(10);
constexpr auto send_pause = std::chrono::milliseconds(10);

// Waits for something to happen until `end`; empty: nothing did.
std::vector<MqttHappening> next(MqttConnection& connection, Steady::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Steady::now()).count();
  pollfd waiting{connection.fd(), POLLIN, 0};
  if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0) {
    return {};
  }
  return connection.take();
}

Status wait_until_connected(MqttConnection& connection) {
  const auto end = Steady::now() + connect_limit;
  while (Steady::now() < end) {
    for (const MqttHappening& happening : next(connection, end)) {
      if (std::holds_alternative<MqttConnected>(happening)) {
        return {};
      }
      if (const auto* failed = std::get_if<MqttFailed>(&happening)) {
        return Error{failed->why.empty() ? "earlier attempts still hang" : failed->why};
      }
    }
  }
  return Error{"no answer"};
}

// To the first of the brokers that can be had, as the daemon does it. A broker that does not answer is left with its connection.
Result<std::unique_ptr<MqttConnection>> connect(MqttConnectionOptions options) {
  std::string failures;
  for (const std::string& uri : std::exchange(options.uris, {})) {
    options.uris = {uri};
    Result<std::unique_ptr<MqttConnection>> connection = MqttConnection::make(options);
    if (!connection) {
      return connection;
    }
    (*connection)->connect(0);
    const Status connected = wait_until_connected(**connection);
    if (connected) {
      return connection;
    }
    failures += (failures.empty() ? "" : "; ") + uri + ": " + connected.error();
  }
  return Error{"purge MQTT: cannot connect to " + failures};
}

struct Found {
  std::set<std::string> topics;
  bool is_online = false;
};

Found find_retained(MqttConnection& connection, const MqttTopics& topics) {
  Found found;
  const auto limit = Steady::now() + collect_limit;
  for (auto end = Steady::now() + quiet_after; Steady::now() < end && end < limit;) {
    for (const MqttHappening& happening : next(connection, end)) {
      const auto* incoming = std::get_if<MqttIncoming>(&happening);
      if (incoming != nullptr && incoming->is_retained && !incoming->payload.empty() && found.topics.size() < most_topics) {
        found.topics.insert(incoming->topic);
        found.is_online = found.is_online || (incoming->topic == topics.status() && incoming->payload == "online");
        end = Steady::now() + quiet_after;
      }
    }
  }
  return found;
}

}  // namespace

Result<MqttPurged> purge_mqtt(const Settings& settings) {
  if (settings.mqtt.uri.empty()) {
    return Error{"purge MQTT: there is no mqtt.uri in the configuration"};
  }
  Result<MqttConnectionOptions> options = mqtt_options(settings);
  if (!options) {
    return Error{options.error()};
  }
  options->client_id += "-purge";
  options->will = {};
  const Result<std::unique_ptr<MqttConnection>> connected = connect(std::move(*options));
  if (!connected) {
    return Error{connected.error()};
  }
  MqttConnection& connection = **connected;
  const MqttTopics topics(settings);
  connection.subscribe(topics.of("#"), MqttRetained::wanted);
  connection.subscribe(discovery_filter(settings), MqttRetained::wanted);
  const Found found = find_retained(connection, topics);

  const auto end = Steady::now() + send_limit;
  for (const std::string& topic : found.topics) {
    while (connection.publish({topic, {}, 1, true}, {}) != MqttSent::yes) {
      if (Steady::now() > end) {
        return Error{"purge MQTT: the broker stopped taking messages"};
      }
      std::this_thread::sleep_for(send_pause);
    }
  }
  // The broker's receipt for the last one is a receipt for all before it.
  connection.stop({topics.status(), {}, 1, true}, std::chrono::duration_cast<Duration>(send_limit));
  return MqttPurged{found.topics.size(), found.is_online};
}

}  // namespace voip
