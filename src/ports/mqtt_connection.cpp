#include "ports/mqtt_connection.h"

#include <mqtt/async_client.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/unique_fd.h"
#include "ports/mqtt_inbox.h"

namespace voip {
namespace {

// Discovery messages that we read back are the longest; a command that is too long must only be seen to be so.
constexpr std::size_t longest_payload = 32'768;
constexpr auto connect_timeout = std::chrono::seconds(10);
constexpr int too_many_in_flight = -12;  // MQTTASYNC_MAX_BUFFERED_MESSAGES

class ConnectListener : public virtual mqtt::iaction_listener {
 public:
  explicit ConnectListener(std::shared_ptr<MqttInbox> inbox) : inbox_(std::move(inbox)) {}

  // Called twice at the first connect and again at each reconnect; the connected handler is what counts.
  void on_success(const mqtt::token& /*token*/) override {}

  void on_failure(const mqtt::token& token) override {
    try {
      const int reason = token.get_reason_code();
      inbox_->put(MqttFailed{mqtt_words_for(reason >= 0x80 ? reason : token.get_return_code())});
    } catch (...) {  // NOLINT(bugprone-empty-catch): an exception that left would end the program
    }
  }

 private:
  std::shared_ptr<MqttInbox> inbox_;
};

std::string text_property(const mqtt::properties& properties, mqtt::property::code code) {
  return properties.contains(code) ? mqtt::get<std::string>(properties, code) : std::string();
}

MqttIncoming incoming_from(const mqtt::message& message) {
  const mqtt::properties& properties = message.get_properties();
  const auto& payload = message.get_payload();
  return {message.get_topic(), payload.substr(0, longest_payload), message.is_retained(),
          text_property(properties, mqtt::property::RESPONSE_TOPIC), text_property(properties, mqtt::property::CORRELATION_DATA)};
}

// All before connect(), once: setting a handler later can deadlock with the receiving thread (paho.mqtt.cpp#356).
void set_callbacks(mqtt::async_client& client, const std::shared_ptr<MqttInbox>& inbox) {
  client.set_connected_handler([inbox](const std::string& /*cause*/) noexcept {
    try {
      inbox->is_connected = true;
      inbox->put(MqttConnected{});
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  });
  client.set_connection_lost_handler([inbox](const std::string& cause) noexcept {
    try {
      inbox->is_connected = false;
      const std::string reason = inbox->take_reason();
      inbox->put(MqttLost{!reason.empty() ? reason : cause.empty() ? "it closed the connection or stopped answering" : cause});
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  });
  client.set_disconnected_handler([inbox](const mqtt::properties& /*properties*/, mqtt::ReasonCode reason) noexcept {
    try {
      inbox->set_reason(mqtt_words_for(reason));
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  });
  client.set_message_callback([inbox](const mqtt::const_message_ptr& message) noexcept {
    try {
      if (message) {
        inbox->put(incoming_from(*message));
      }
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  });
}

bool needs_tls(const std::string& uri) {
  return uri.rfind("mqtts:", 0) == 0 || uri.rfind("ssl:", 0) == 0 || uri.rfind("wss:", 0) == 0;
}

// Built in place: moved or copied options lose parts of themselves in this version (paho.mqtt.cpp#337, #445).
void fill(mqtt::connect_options& connect, const MqttConnectionOptions& options) {
  const int version = options.version == 5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
  connect.set_mqtt_version(version);
  if (options.version == 5) {
    connect.set_clean_start(true);
  } else {
    connect.set_clean_session(true);
  }
  connect.set_keep_alive_interval(std::chrono::duration_cast<std::chrono::seconds>(options.keep_alive));
  connect.set_connect_timeout(connect_timeout);
  const auto longest = std::chrono::duration_cast<std::chrono::seconds>(options.max_reconnect_delay);
  connect.set_automatic_reconnect(std::chrono::seconds(1), std::max(longest, std::chrono::seconds(1)));
  if (!options.username.empty()) {
    connect.set_user_name(options.username);
  }
  if (!options.password.empty()) {
    connect.set_password(options.password);
  }
  if (!options.will.topic.empty()) {
    connect.set_will_message(mqtt::message(options.will.topic, options.will.payload, options.will.qos, options.will.is_retained));
  }
  if (options.uris.size() > 1) {
    connect.set_servers(mqtt::string_collection::create(options.uris));
  }
  if (std::any_of(options.uris.begin(), options.uris.end(), needs_tls)) {
    mqtt::ssl_options tls;
    tls.set_trust_store(options.ca_file.empty() ? "/etc/ssl/certs/ca-certificates.crt" : options.ca_file);
    if (!options.cert_file.empty()) {
      tls.set_key_store(options.cert_file);
    }
    if (!options.key_file.empty()) {
      tls.set_private_key(options.key_file);
    }
    tls.set_enable_server_cert_auth(true);
    tls.set_verify(options.verify_hostname);  // off by default in the library: a wrong name would be accepted
    connect.set_ssl(tls);
  }
}

class PahoConnection : public MqttConnection {
 public:
  PahoConnection(std::shared_ptr<MqttInbox> inbox, const MqttConnectionOptions& options)
      : inbox_(std::move(inbox)),
        listener_(inbox_),
        // Without a number of messages: giving one would switch sending-while-disconnected on.
        client_(options.uris.front(), options.client_id,
                mqtt::create_options(options.version == 5 ? MQTTVERSION_5 : MQTTVERSION_DEFAULT)) {
    set_callbacks(client_, inbox_);
    mqtt::connect_options connect;
    fill(connect, options);
    client_.connect(connect, nullptr, listener_);
  }

  [[nodiscard]] int fd() const override { return inbox_->fd(); }
  std::vector<MqttHappening> take() override { return inbox_->take(); }
  void wake() override { inbox_->wake(); }

  MqttSent publish(const MqttMessage& message, const std::string& correlation_data) override {
    // The library holds its lock while it resolves the broker's name; so it is not even asked while there is no connection.
    if (!inbox_->is_connected) {
      return MqttSent::never;
    }
    try {
      auto outgoing = mqtt::make_message(message.topic, message.payload, message.qos, message.is_retained);
      if (!correlation_data.empty()) {
        mqtt::properties properties;
        properties.add(mqtt::property(mqtt::property::CORRELATION_DATA, correlation_data));
        outgoing->set_properties(std::move(properties));
      }
      client_.publish(std::move(outgoing));
      return MqttSent::yes;
    } catch (const mqtt::exception& error) {
      return error.get_return_code() == too_many_in_flight ? MqttSent::later : MqttSent::never;
    } catch (const std::exception&) {
      return MqttSent::never;
    }
  }

  void subscribe(const std::string& filter, bool wants_retained) override {
    if (!inbox_->is_connected) {
      return;
    }
    try {
      // What we publish ourselves does not come back (MQTT 5). Retained commands are taken in, so that they can be complained of.
      const mqtt::subscribe_options options(
          true, 0,
          wants_retained ? mqtt::subscribe_options::SEND_RETAINED_ON_SUBSCRIBE : mqtt::subscribe_options::DONT_SEND_RETAINED);
      client_.subscribe(filter, 1, options);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the connection went away; the next one subscribes again
    }
  }

  void stop(const MqttMessage& farewell, Duration limit) override {
    if (!inbox_->is_connected) {
      return;
    }
    try {
      client_.publish(mqtt::make_message(farewell.topic, farewell.payload, farewell.qos, farewell.is_retained))->wait_for(limit);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): then the broker publishes the will
    }
    try {
      client_.disconnect(std::chrono::milliseconds(500))->wait_for(std::chrono::milliseconds(1000));
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    }
    inbox_->is_connected = false;
  }

 private:
  std::shared_ptr<MqttInbox> inbox_;
  ConnectListener listener_;
  mqtt::async_client client_;  // last: it goes first
};

}  // namespace

Result<std::unique_ptr<MqttConnection>> MqttConnection::start(const MqttConnectionOptions& options) {
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) {
    return Error{std::string("create an eventfd for MQTT: ") + std::strerror(errno)};
  }
  try {
    return std::unique_ptr<MqttConnection>(new PahoConnection(std::make_shared<MqttInbox>(std::move(event)), options));
  } catch (const std::exception& error) {
    return Error{"set up MQTT for " + options.uris.front() + ": " + error.what() + ": check mqtt.uri"};
  }
}

}  // namespace voip
