#include "ports/mqtt/connection.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "base/system_error.h"
#include "base/unique_fd.h"
#include "ports/mqtt/address.h"
#include "ports/mqtt/aside.h"
#include "ports/mqtt/diagnosis.h"
#include "ports/mqtt/names.h"
#include "ports/mqtt/reasons.h"

namespace voip {

Result<std::unique_ptr<MqttConnection>> MqttConnection::make(const MqttConnectionOptions& options) {
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) {
    return system_error("create an eventfd for MQTT");
  }
  const auto inbox = std::make_shared<MqttInbox>(std::move(event));
  for (const std::string& uri : options.uris) {
    if (const auto client = MqttClient::make(inbox, uri, options); !client) {
      return Error{client.error()};
    }
  }
  return std::unique_ptr<MqttConnection>(new MqttConnection(inbox, options));
}

MqttConnection::MqttConnection(std::shared_ptr<MqttInbox> inbox, MqttConnectionOptions options)
    : inbox_(std::move(inbox)), options_(std::move(options)) {
  for (const std::string& uri : options_.uris) {
    brokers_.push_back({uri});
  }
}

void MqttConnection::connect(std::size_t broker) {
  current_ = broker;
  // The client may have to wait for the end of the one before it.
  ask_aside(inbox_, [inbox = inbox_, options = options_, chosen = brokers_.at(broker)]() mutable -> MqttHappening {
    const auto address =
        find_broker(chosen.uri, options.knocks_first ? Knock::always : Knock::if_there_is_a_choice, chosen.failures);
    if (!address) {
      return MqttFailed{address.error()};
    }
    answer_with(parse_mqtt_uri(chosen.uri).host, *address);
    if (!chosen.client) {
      Result<std::unique_ptr<MqttClient>> made = MqttClient::make(inbox, chosen.uri, options, chosen.limits);
      if (!made) {
        return MqttFailed{made.error()};
      }
      chosen.client = std::move(*made);
    }
    return MqttFound{std::move(chosen.client)};
  });
}

std::vector<MqttHappening> MqttConnection::take() {
  std::vector<MqttHappening> happenings = inbox_->take();
  for (MqttHappening& happening : happenings) {
    if (auto* found = std::get_if<MqttFound>(&happening)) {
      brokers_[current_].client = std::move(found->client);
      brokers_[current_].client->connect();
    } else if (const auto* failed = std::get_if<MqttFailed>(&happening)) {
      ++brokers_[current_].failures;
      learn(failed->code);
    } else if (std::holds_alternative<MqttConnected>(happening)) {
      brokers_[current_].failures = 0;
    } else if (const auto* lost = std::get_if<MqttLost>(&happening)) {
      learn(lost->code);
      drop();
    }
  }
  return happenings;
}

// The next attempt does without it.
void MqttConnection::learn(int code) {
  Broker& broker = brokers_[current_];
  if (code == retain_not_supported) {
    broker.limits.keeps_retained = false;
  } else if (code == qos_not_supported) {
    broker.limits.most_qos = 0;
  } else if (code == packet_too_large && broker.client && broker.client->largest_sent() > 0) {
    broker.limits.largest_packet = std::min(broker.limits.largest_packet, broker.client->largest_sent() - 1);
  } else {
    return;
  }
  drop();
}

void MqttConnection::drop() {
  std::vector<std::shared_ptr<MqttClient>> ended;
  for (Broker& broker : brokers_) {
    if (broker.client) {
      broker.client->fall_silent();
      ended.push_back(std::move(broker.client));
    }
  }
  if (!ended.empty()) {
    end_aside(std::move(ended));
  }
}

MqttSent MqttConnection::publish(const MqttMessage& message, const std::string& correlation_data) {
  const auto& client = brokers_[current_].client;
  return client ? client->publish(message, correlation_data) : MqttSent::never;
}

void MqttConnection::subscribe(const std::string& filter, MqttRetained retained) {
  if (const auto& client = brokers_[current_].client) {
    client->subscribe(filter, retained);
  }
}

void MqttConnection::ask_for_sign() {
  if (const auto& client = brokers_[current_].client) {
    client->ask_for_sign();
  }
}

std::uint32_t MqttConnection::signs_of_life() const {
  const auto& client = brokers_[current_].client;
  return client ? client->signs_of_life() : 0;
}

void MqttConnection::stop(const MqttMessage& farewell, Duration limit) {
  if (const auto& client = brokers_[current_].client) {
    client->stop(farewell, limit);
  }
}

}  // namespace voip
