// What others may tell the node over MQTT: from a topic and a payload to an event for the engine, or to a refusal in words that
// a person with a phone in the hand understands. Pure, and total: any bytes have an answer, none throws.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/events.h"
#include "ports/mqtt/payload/topics.h"

namespace voip {

inline constexpr std::size_t largest_command_bytes = 1024;

// A message as it came in. Response topic and correlation data exist in MQTT 5 only; empty: none given.
struct MqttIncoming {
  std::string topic;
  std::string payload;
  bool is_retained = false;
  std::string response_topic;
  std::string correlation_data;
};

// Not a command at all, or one that must not count: `why` is empty where it is not worth a word.
struct CommandIgnored {
  std::string why;
};

struct CommandRefused {
  std::string what;         // "qos", "mode", ...: the answer goes to response/<what>
  std::string error;        // for people
  std::string transaction;  // a JSON value; empty: none given
};

struct CommandAccepted {
  std::string what;
  std::vector<Event> events;  // for the engine, in order; none where only the present state is asked for
  bool wants_answer = false;  // came over request/<what>, or brought a transaction
  bool wants_all = false;     // everything is to be published again
  std::string transaction;
};

using MqttCommand = std::variant<CommandIgnored, CommandRefused, CommandAccepted>;

// `<base>/<what>/set` takes a bare word or a JSON object, `<base>/request/<what>` a JSON object, a bare word, or nothing.
MqttCommand read_command(const MqttTopics& topics, const MqttIncoming& incoming);

// {"data":{},"status":"ok"} or {"data":{},"status":"error","error":..}, with the transaction of the request. `data` is a JSON
// object as text; empty: {}.
std::string answer_payload(std::string_view error, std::string_view transaction, std::string_view data = {});

// Whether an asker may name this response topic (MQTT 5). Whoever may ask must not make us write what he could not write himself,
// so it is a plain topic below our own response/, or mqtt.response_topics has it or one above it; and even then none that nodes
// or Home Assistant listen to: nothing else below mqtt.base_topic, nothing below the discovery prefix.
bool may_answer_on(const MqttTopics& topics, const Settings& settings, std::string_view response_topic);

}  // namespace voip
