#include "ports/mqtt_connection.h"

#include <mqtt/async_client.h>
#include <openssl/crypto.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>
#include <utility>

#include "base/unique_fd.h"
#include "ports/mqtt_address.h"
#include "ports/mqtt_diagnosis.h"
#include "ports/mqtt_inbox.h"

namespace voip {
namespace {

using Steady = std::chrono::steady_clock;

// Discovery messages that we read back are the longest; a command that is too long must only be seen to be so.
constexpr std::size_t longest_payload = 32'768;
constexpr auto connect_timeout = std::chrono::seconds(10);  // the library looks at it every three seconds
constexpr int too_many_in_flight = -12;                     // MQTTASYNC_MAX_BUFFERED_MESSAGES
constexpr std::size_t most_refused = 64;

// What the trace told of the attempt that runs on this thread of the library; it reports the failure on the same one.
thread_local std::string trouble;

void take_trace(MQTTASYNC_TRACE_LEVELS /*level*/, char* line) {
  try {
    if (auto words = words_for_trace(line)) {
      trouble = std::move(*words);
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): an exception that left would end the program
  }
}

// There is one trace for the whole process. It tells much, so it is listened to only while an attempt runs.
void listen_to_trace(bool is_trying) {
  MQTTAsync_setTraceLevel(is_trying ? MQTTASYNC_TRACE_MINIMUM : MQTTASYNC_TRACE_FATAL);
}

int reason_of(const mqtt::token& token) {
  const int reason = token.get_reason_code();
  return reason >= 0x80 && reason != mqtt::MQTTPP_V3_CODE ? reason : token.get_return_code();
}

class ConnectListener : public virtual mqtt::iaction_listener {
 public:
  ConnectListener(std::shared_ptr<MqttInbox> inbox, std::string uri) : inbox_(std::move(inbox)), uri_(std::move(uri)) {}

  // Called twice at the first connect; the connected handler is what counts.
  void on_success(const mqtt::token& /*token*/) override {}

  // The library holds its lock meanwhile, but without a connection nobody asks it for anything.
  void on_failure(const mqtt::token& token) override {
    try {
      const int reason = reason_of(token);
      const std::string traced = std::exchange(trouble, {});
      const std::string why = reason > 0 ? mqtt_words_for(reason) : traced.empty() ? diagnose_broker(uri_) : traced;
      listen_to_trace(false);
      inbox_->is_trying = false;
      inbox_->put(MqttFailed{why});
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  }

 private:
  std::shared_ptr<MqttInbox> inbox_;
  std::string uri_;
};

// Passes on what the broker's access list forbids, once for each topic. That messages are lost with a connection is no news.
class RefusalListener : public virtual mqtt::iaction_listener {
 public:
  explicit RefusalListener(std::shared_ptr<MqttInbox> inbox) : inbox_(std::move(inbox)) {}

  void on_success(const mqtt::token& /*token*/) override {}
  void on_failure(const mqtt::token& token) override {
    try {
      const int reason = reason_of(token);
      const auto topics = token.get_topics();
      if (reason < 0x80 || !topics || topics->empty()) {
        return;
      }
      std::string what = token.get_type() == mqtt::token::SUBSCRIBE ? "subscribe to " : "publish to ";
      what += (*topics)[0];
      if (told_.size() < most_refused && told_.insert(what).second) {
        inbox_->put(MqttRefused{std::move(what), mqtt_words_for(reason)});
      }
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  }

 private:
  std::shared_ptr<MqttInbox> inbox_;
  std::set<std::string> told_;
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

// Connections that were given up while an attempt was under way. As long as one of them waits for a name server it holds the
// library's lock, half a minute perhaps, and whoever asked the library for anything would wait with it.
std::vector<std::shared_ptr<MqttInbox>>& given_up() {
  static std::vector<std::shared_ptr<MqttInbox>> inboxes;
  return inboxes;
}

bool is_library_busy() {
  std::erase_if(given_up(), [](const auto& inbox) { return !inbox->is_trying; });
  return !given_up().empty();
}

// All before connect(), once: setting a handler later can deadlock with the receiving thread (paho.mqtt.cpp#356).
void set_callbacks(mqtt::async_client& client, const std::shared_ptr<MqttInbox>& inbox) {
  client.set_connected_handler([inbox, &client](const std::string& /*cause*/) noexcept {
    try {
      trouble.clear();
      listen_to_trace(false);
      if (inbox->is_given_up) {
        client.disconnect();
      }
      inbox->is_connected = true;
      inbox->is_trying = false;
      inbox->put(MqttConnected{});
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  });
  client.set_connection_lost_handler([inbox](const std::string& cause) noexcept {
    try {
      inbox->is_connected = false;
      const std::string reason = inbox->take_reason();
      inbox->put(MqttLost{reason.empty() ? cause : reason});
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

// Built in place: moved or copied options lose parts of themselves in this version (paho.mqtt.cpp#337, #445).
void fill(mqtt::connect_options& connect, const MqttConnectionOptions& options, bool needs_tls) {
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
  if (!options.will.topic.empty()) {
    connect.set_will_message(mqtt::message(options.will.topic, options.will.payload, options.will.qos, options.will.is_retained));
  }
  if (needs_tls) {
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

// One client for each broker: the library cannot be told another address, and confuses plain, TLS and WebSocket in a list.
struct Broker {
  Broker(const std::shared_ptr<MqttInbox>& inbox, const std::string& uri, const MqttConnectionOptions& options)
      : needs_tls(parse_mqtt_uri(uri).has_tls),
        connecting(inbox, uri),
        refusing(inbox),
        // Without a number of messages: giving one would switch sending-while-disconnected on.
        client(uri, options.client_id, mqtt::create_options(options.version == 5 ? MQTTVERSION_5 : MQTTVERSION_DEFAULT)) {
    set_callbacks(client, inbox);
  }

  bool needs_tls;
  ConnectListener connecting;
  RefusalListener refusing;
  mqtt::async_client client;  // last: it goes first
};

class PahoConnection : public MqttConnection {
 public:
  PahoConnection(std::shared_ptr<MqttInbox> inbox, const MqttConnectionOptions& options)
      : inbox_(std::move(inbox)), options_(options) {
    // An attempt that was given up may go on in the library's thread while the process ends: OpenSSL must not be taken down under
    // it. Only the very first initialisation can say so.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    if (!is_library_busy()) {
      make_brokers();
    }
  }
  ~PahoConnection() override {
    inbox_->is_given_up = true;
    if (inbox_->is_trying) {
      given_up().push_back(inbox_);
      for (std::unique_ptr<Broker>& broker : brokers_) {
        static_cast<void>(broker.release());  // to the library, which ends the attempt by itself and makes no second one
      }
    }
  }
  PahoConnection(const PahoConnection&) = delete;
  PahoConnection& operator=(const PahoConnection&) = delete;

  [[nodiscard]] int fd() const override { return inbox_->fd(); }
  std::vector<MqttHappening> take() override { return inbox_->take(); }
  void wake() override { inbox_->wake(); }

  void connect(std::size_t broker) override {
    if (is_library_busy()) {
      inbox_->put(MqttFailed{});
      return;
    }
    inbox_->is_trying = true;
    listen_to_trace(true);
    try {
      make_brokers();
      current_ = brokers_.at(broker).get();
      mqtt::connect_options connect;
      fill(connect, options_, current_->needs_tls);
      current_->client.connect(connect, nullptr, current_->connecting);
    } catch (const std::exception& error) {
      inbox_->is_trying = false;
      inbox_->put(MqttFailed{error.what()});
    }
  }

  MqttSent publish(const MqttMessage& message, const std::string& correlation_data) override {
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
      current_->client.publish(std::move(outgoing), nullptr, current_->refusing);
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
      current_->client.subscribe(filter, 1, nullptr, current_->refusing, options);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the connection went away; the next one subscribes again
    }
  }

  void stop(const MqttMessage& farewell, Duration limit) override {
    if (!inbox_->is_connected) {
      return;
    }
    const auto end = Steady::now() + limit;
    try {
      mqtt::async_client& client = current_->client;
      // Without a receipt the broker hangs, and publishes the will when it notices.
      if (farewell.topic.empty() ||
          client.publish(mqtt::make_message(farewell.topic, farewell.payload, farewell.qos, farewell.is_retained))
              ->wait_for(limit)) {
        client.disconnect()->wait_for(std::chrono::duration_cast<Duration>(end - Steady::now()));
      }
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    }
    inbox_->is_connected = false;
  }

 private:
  void make_brokers() {
    MQTTAsync_setTraceCallback(&take_trace);
    for (std::size_t i = brokers_.size(); i < options_.uris.size(); ++i) {
      brokers_.push_back(std::make_unique<Broker>(inbox_, options_.uris[i], options_));
    }
  }

  std::shared_ptr<MqttInbox> inbox_;
  MqttConnectionOptions options_;
  std::vector<std::unique_ptr<Broker>> brokers_;
  Broker* current_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<MqttConnection>> MqttConnection::make(const MqttConnectionOptions& options) {
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) {
    return Error{std::string("create an eventfd for MQTT: ") + std::strerror(errno)};
  }
  try {
    return std::unique_ptr<MqttConnection>(new PahoConnection(std::make_shared<MqttInbox>(std::move(event)), options));
  } catch (const std::exception& error) {
    std::string uris;
    for (const std::string& uri : options.uris) {
      uris += (uris.empty() ? "" : ", ") + uri;
    }
    return Error{"set up MQTT for " + uris + ": " + error.what() + ": check mqtt.uri"};
  }
}

}  // namespace voip
