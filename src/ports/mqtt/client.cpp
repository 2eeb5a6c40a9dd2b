#include "ports/mqtt/client.h"

#include <mqtt/async_client.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include "ports/mqtt/address.h"
#include "ports/mqtt/gate.h"
#include "ports/mqtt/paho_line.h"

namespace voip {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto connect_timeout = std::chrono::seconds(10);  // the library looks at it every three seconds
constexpr int too_many_in_flight = -12;                     // MQTTASYNC_MAX_BUFFERED_MESSAGES
// We never subscribe to it; the broker has to answer all the same when we end the subscription.
constexpr const char* no_subscription = "voip-qosd/are-you-there";

// The library is taken down with its last client and set up with the next one. It does not mind when both happen at once.
std::mutex& births_and_deaths() {
  static std::mutex one;
  return one;
}

// Built in place: moved or copied options lose parts of themselves in this version (paho.mqtt.cpp#337, #445).
void fill(mqtt::connect_options& connect, const MqttConnectionOptions& options, const MqttMessage& will, bool needs_tls) {
  connect.set_mqtt_version(options.version == 5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
  if (options.version == 5) {
    connect.set_clean_start(true);
  } else {
    connect.set_clean_session(true);
  }
  connect.set_keep_alive_interval(std::chrono::duration_cast<std::chrono::seconds>(options.keep_alive));
  connect.set_connect_timeout(connect_timeout);
  if (!options.username.empty()) {
    connect.set_user_name(options.username);
  }
  if (!options.password.empty()) {
    connect.set_password(options.password);
  }
  const auto will_delay = static_cast<std::int32_t>(options.will_delay / Duration(1s));
  const bool delays_will = !will.topic.empty() && options.version == 5 && will_delay > 0;
  if (!will.topic.empty()) {
    mqtt::properties properties;
    if (delays_will) {
      properties.add({mqtt::property::WILL_DELAY_INTERVAL, will_delay});
    }
    connect.set_will(mqtt::will_options(will.topic, mqtt::binary_ref(will.payload), will.qos, will.is_retained, properties));
  }
  if (VOIP_TLS && needs_tls) {
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
  if (options.version == 5) {
    // Last, and the options live on until the library has them: their copies refer to these.
    mqtt::properties properties{{mqtt::property::MAXIMUM_PACKET_SIZE, static_cast<std::uint32_t>(largest_incoming_bytes)}};
    if (delays_will) {
      // The will is published when the session ends, however long its own delay is.
      properties.add({mqtt::property::SESSION_EXPIRY_INTERVAL, will_delay});
    }
    connect.set_properties(std::move(properties));
  }
}

std::shared_ptr<PahoLine> make_line(const std::shared_ptr<MqttInbox>& inbox, std::uint32_t version, const MqttLimits& limits) {
  auto line = std::make_shared<PahoLine>();
  line->inbox = inbox;
  line->version = version;
  line->limits = limits;
  return line;
}

class PahoClient : public MqttClient {
 public:
  // With births_and_deaths() locked.
  PahoClient(const std::shared_ptr<MqttInbox>& inbox, const std::string& uri, const MqttConnectionOptions& options,
             const MqttLimits& limits)
      : line_(make_line(inbox, options.version, limits)),
        options_(options),
        needs_tls_(parse_mqtt_uri(uri).has_tls),
        connecting_(line_, uri),
        receipts_(line_),
        // Without a number of messages: giving one would switch sending-while-disconnected on.
        client_(std::in_place, uri, options.client_id,
                mqtt::create_options(options.version == 5 ? MQTTVERSION_5 : MQTTVERSION_DEFAULT)) {
    set_callbacks(*client_, line_);
  }
  ~PahoClient() override {
    listen_to_trace(false);
    const std::lock_guard lock(births_and_deaths());
    client_.reset();
  }
  PahoClient(const PahoClient&) = delete;
  PahoClient& operator=(const PahoClient&) = delete;

  void connect() override {
    listen_to_trace(true);
    try {
      mqtt::connect_options connect;
      fill(connect, options_, fit(options_.will), needs_tls_);
      client_->connect(connect, nullptr, connecting_);
    } catch (const std::exception& error) {
      listen_to_trace(false);
      line_->tell(MqttFailed{error.what()});
    }
  }

  MqttSent publish(const MqttMessage& message, const std::string& correlation_data) override {
    if (!line_->is_connected) {
      return MqttSent::never;
    }
    const std::size_t bytes = message.topic.size() + message.payload.size() + correlation_data.size() + header_bytes;
    if (bytes > line_->limits.largest_packet) {
      line_->tell(MqttRefused{"publish to " + message.topic, "a packet was too large for the broker, which takes " +
                                                                 std::to_string(line_->limits.largest_packet) +
                                                                 " bytes at most"});
      return MqttSent::never;
    }
    const MqttMessage fitting = fit(message);
    if (fitting.qos > 0 && line_->in_flight >= most_in_flight) {
      return MqttSent::later;
    }
    largest_sent_ = std::max(largest_sent_, bytes);
    try {
      auto outgoing = mqtt::make_message(fitting.topic, fitting.payload, fitting.qos, fitting.is_retained);
      if (!correlation_data.empty()) {
        mqtt::properties properties;
        properties.add(mqtt::property(mqtt::property::CORRELATION_DATA, correlation_data));
        outgoing->set_properties(std::move(properties));
      }
      return hand_over(std::move(outgoing));
    } catch (const mqtt::exception& error) {
      return error.get_return_code() == too_many_in_flight ? MqttSent::later : MqttSent::never;
    } catch (const std::exception&) {
      return MqttSent::never;
    }
  }

  void subscribe(const std::string& filter, MqttRetained retained) override {
    if (!line_->is_connected) {
      return;
    }
    try {
      // What we publish ourselves does not come back (MQTT 5). Retained commands are taken in, so that they can be complained of.
      const mqtt::subscribe_options options(true, retained == MqttRetained::told ? 1 : 0,
                                            retained == MqttRetained::unwanted
                                                ? mqtt::subscribe_options::DONT_SEND_RETAINED
                                                : mqtt::subscribe_options::SEND_RETAINED_ON_SUBSCRIBE);
      client_->subscribe(filter, 1, nullptr, receipts_, options);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the connection went away; the next one subscribes again
    }
  }

  void ask_for_sign() override {
    if (!line_->is_connected) {
      return;
    }
    try {
      client_->unsubscribe(no_subscription, nullptr, receipts_);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): then there will be no sign
    }
  }
  [[nodiscard]] std::uint32_t signs_of_life() const override { return line_->signs_of_life; }
  void fall_silent() override {
    line_->is_silent = true;
    line_->is_connected = false;
  }
  [[nodiscard]] std::size_t largest_sent() const override { return largest_sent_; }

  void stop(const MqttMessage& farewell, Duration limit) override {
    if (!line_->is_connected) {
      return;
    }
    const auto end = Steady::now() + limit;
    const MqttMessage last = fit(farewell);
    try {
      // Without a receipt the broker hangs, and publishes the will when it notices.
      if (last.topic.empty() ||
          client_->publish(mqtt::make_message(last.topic, last.payload, last.qos, last.is_retained))->wait_for(limit)) {
        client_->disconnect()->wait_for(std::chrono::duration_cast<Duration>(end - Steady::now()));
      }
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    }
    line_->is_connected = false;
  }

 private:
  // What a packet has besides, at most.
  static constexpr std::size_t header_bytes = 16;

  // As the broker takes it.
  [[nodiscard]] MqttMessage fit(MqttMessage message) const {
    message.qos = std::min(message.qos, line_->limits.most_qos);
    message.is_retained = message.is_retained && line_->limits.keeps_retained;
    return message;
  }

  // There are receipts only for what is more than QoS 0.
  MqttSent hand_over(mqtt::message_ptr outgoing) {
    if (outgoing->get_qos() == 0) {
      client_->publish(std::move(outgoing));
      return MqttSent::yes;
    }
    ++line_->in_flight;
    try {
      client_->publish(std::move(outgoing), nullptr, receipts_);
    } catch (...) {
      --line_->in_flight;
      throw;
    }
    return MqttSent::yes;
  }

  std::shared_ptr<PahoLine> line_;
  MqttConnectionOptions options_;
  bool needs_tls_;
  ConnectListener connecting_;
  ReceiptListener receipts_;
  std::size_t largest_sent_ = 0;
  std::optional<mqtt::async_client> client_;
};

}  // namespace

Result<std::unique_ptr<MqttClient>> MqttClient::make(const std::shared_ptr<MqttInbox>& inbox, const std::string& uri,
                                                     const MqttConnectionOptions& options, const MqttLimits& limits) {
  try {
    const std::lock_guard lock(births_and_deaths());
    return std::unique_ptr<MqttClient>(new PahoClient(inbox, uri, options, limits));
  } catch (const std::exception& error) {
    return Error{"set up MQTT for " + uri + ": " + error.what() + ": check mqtt.uri"};
  }
}

}  // namespace voip
