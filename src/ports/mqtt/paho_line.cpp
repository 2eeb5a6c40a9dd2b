#include "ports/mqtt/paho_line.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ports/mqtt/aside.h"
#include "ports/mqtt/diagnosis.h"
#include "ports/mqtt/gate.h"
#include "ports/mqtt/reasons.h"

namespace voip {
namespace {

// Discovery messages that we read back are the longest; a command that is too long must only be seen to be so.
constexpr std::size_t longest_payload = 32'768;
// Longer than any of ours; a broker may send any.
constexpr std::size_t longest_topic = 1024;
constexpr std::size_t most_refused = 64;
constexpr std::size_t longest_shown = 100;

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

int reason_of(const mqtt::token& token) {
  const int reason = token.get_reason_code();
  return reason >= 0x80 && reason != mqtt::MQTTPP_V3_CODE ? reason : token.get_return_code();
}

std::string text_property(const mqtt::properties& properties, mqtt::property::code code) {
  return properties.contains(code) ? mqtt::get<std::string>(properties, code) : std::string();
}

// What the broker says of itself in its answer to CONNECT (MQTT 5, section 3.2.2.3).
void take_limits(MqttLimits& limits, const mqtt::properties& said) {
  if (said.contains(mqtt::property::RETAIN_AVAILABLE)) {
    limits.keeps_retained = limits.keeps_retained && mqtt::get<std::uint8_t>(said, mqtt::property::RETAIN_AVAILABLE) != 0;
  }
  if (said.contains(mqtt::property::MAXIMUM_QOS)) {
    limits.most_qos = std::min(limits.most_qos, mqtt::get<std::uint8_t>(said, mqtt::property::MAXIMUM_QOS));
  }
  if (said.contains(mqtt::property::MAXIMUM_PACKET_SIZE)) {
    limits.largest_packet =
        std::min<std::size_t>(limits.largest_packet, mqtt::get<std::uint32_t>(said, mqtt::property::MAXIMUM_PACKET_SIZE));
  }
  if (said.contains(mqtt::property::SERVER_KEEP_ALIVE)) {
    limits.keep_alive = std::chrono::seconds(mqtt::get<std::uint16_t>(said, mqtt::property::SERVER_KEEP_ALIVE));
  }
}

MqttIncoming incoming_from(const mqtt::message& message) {
  const mqtt::properties& properties = message.get_properties();
  const auto& payload = message.get_payload();
  return {message.get_topic(), payload.substr(0, longest_payload), message.is_retained(),
          text_property(properties, mqtt::property::RESPONSE_TOPIC), text_property(properties, mqtt::property::CORRELATION_DATA)};
}

// What the gate has turned away, in words; empty: nothing.
std::string words_for_turned_away(std::uint32_t version) {
  const auto away = take_turned_away();
  if (!away) {
    return {};
  }
  switch (away->packet.fault) {
    case PacketFault::too_long:
      break;
    case PacketFault::too_high_qos:
      return "a message of QoS 2 came, which nobody has asked for: something is wrong with the broker";
    case PacketFault::bad_frame:
      return "what came breaks the rules of WebSocket: something is wrong with the broker";
  }
  // Of a packet that is no message there is no topic; much of what is no MQTT looks like one.
  return (away->topic.empty() ? "a packet of " : "a message of ") + std::to_string(away->packet.bytes) + " bytes came" +
         (away->topic.empty() ? "" : " on " + away->topic) + ", more than a router takes (" +
         std::to_string(largest_incoming_bytes) + "): set max_packet_size at the broker" +
         (version == 5 ? ", which does not keep to what it is told" : ", or mqtt.version = 5 here");
}

}  // namespace

void PahoLine::tell(MqttHappening happening) const {
  if (!is_silent) {
    inbox->put(std::move(happening));
  }
}

void PahoLine::lose(std::string why, int code) {
  if (is_connected.exchange(false)) {
    tell(MqttLost{std::move(why), code});
  }
}

void listen_to_trace(bool is_trying) {
  MQTTAsync_setTraceCallback(&take_trace);
  MQTTAsync_setTraceLevel(is_trying ? MQTTASYNC_TRACE_MINIMUM : MQTTASYNC_TRACE_FATAL);
}

// Called twice at the first connect; the connected handler, which comes next, is what counts.
void ConnectListener::on_success(const mqtt::token& token) {
  try {
    take_limits(line_->limits, token.get_connect_response().get_properties());
  } catch (...) {  // NOLINT(bugprone-empty-catch)
  }
}

// The library holds its lock meanwhile: what takes long is asked elsewhere.
void ConnectListener::on_failure(const mqtt::token& token) {
  try {
    const int reason = reason_of(token);
    const std::string traced = std::exchange(trouble, {});
    const std::string turned_away = words_for_turned_away(line_->version);
    listen_to_trace(false);
    if (!turned_away.empty()) {
      line_->tell(MqttFailed{turned_away});
    } else if (reason > 0 || !traced.empty()) {
      line_->tell(MqttFailed{reason > 0 ? mqtt_words_for(reason) : traced, std::max(reason, 0)});
    } else if (!line_->is_silent) {
      ask_aside(line_->inbox, [uri = uri_] { return MqttFailed{diagnose_broker(uri)}; });
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch)
  }
}

void ReceiptListener::on_failure(const mqtt::token& token) {
  try {
    const int reason = reason_of(token);
    if (reason < 0x80) {
      return;
    }
    count(token);
    const auto topics = token.get_topics();
    if (!topics || topics->empty()) {
      return;
    }
    std::string what = token.get_type() == mqtt::token::SUBSCRIBE ? "subscribe to " : "publish to ";
    what += (*topics)[0];
    if (told_.size() < most_refused && told_.insert(what).second) {
      line_->tell(MqttRefused{std::move(what), mqtt_words_for(reason)});
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch)
  }
}

void ReceiptListener::count(const mqtt::token& token) {
  ++line_->signs_of_life;
  if (token.get_type() == mqtt::token::PUBLISH) {
    --line_->in_flight;
  }
}

void set_callbacks(mqtt::async_client& client, const std::shared_ptr<PahoLine>& line) {
  client.set_connected_handler([line](const std::string& /*cause*/) noexcept {
    try {
      trouble.clear();
      take_turned_away();  // that of an earlier connection
      listen_to_trace(false);
      line->is_connected = true;
      line->tell(MqttConnected{line->limits});
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  });
  client.set_connection_lost_handler([line](const std::string& cause) noexcept {
    try {
      const std::string turned_away = words_for_turned_away(line->version);
      line->lose(turned_away.empty() ? cause : turned_away);
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  });
  // The broker's own DISCONNECT (MQTT 5). The library calls no connection lost after it (paho.mqtt.c#1619).
  client.set_disconnected_handler([line](const mqtt::properties& properties, mqtt::ReasonCode reason) noexcept {
    try {
      const std::string said = text_property(properties, mqtt::property::REASON_STRING).substr(0, longest_shown);
      line->lose(mqtt_words_for(reason) + (said.empty() ? "" : ": \"" + said + "\""), reason);
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  });
  client.set_message_callback([line](const mqtt::const_message_ptr& message) noexcept {
    try {
      if (message && message->get_topic().size() <= longest_topic) {
        line->tell(incoming_from(*message));
      }
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  });
}

}  // namespace voip
