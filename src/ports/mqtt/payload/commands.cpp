#include "ports/mqtt/payload/commands.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "base/result.h"
#include "base/utf8.h"
#include "core/live_settings.h"
#include "core/model.h"
#include "core/setting_orders.h"
#include "core/time.h"
#include "system/json.h"

namespace voip {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_topic = 256;

// What stands in the payload, in whichever of the two forms.
struct Fields {
  std::string word;  // trimmed, lower case
  std::optional<std::string> duration;
  std::string transaction;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view{} : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// What the user wrote, short enough to be repeated in an answer and a log line.
std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 40;
  std::string shown;
  for (const char c : text.substr(0, most)) {
    shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  while (!is_utf8_text(shown)) {
    shown.pop_back();  // cut in the middle of a character
  }
  return "\"" + shown + (text.size() > most ? "...\"" : "\"");
}

// One word of a command line that people copy, whatever stands in it.
std::string for_a_shell(std::string_view text) {
  constexpr std::string_view harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-.";
  if (text.find_first_not_of(harmless) == std::string_view::npos) {
    return std::string(text);
  }
  std::string word = "'";
  for (const char letter : text) {
    word += letter == '\'' ? std::string_view("'\\''") : std::string_view(&letter, 1);
  }
  return word + "'";
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::optional<std::string> read_field(const std::string& key, const Json& value, Fields& fields) {
  if (key == "transaction") {
    if (!value.is_string() && !value.is_number()) {
      return "\"transaction\" must be a text or a number";
    }
    fields.transaction = value.dump();
    return std::nullopt;
  }
  if (key == "state" || key == "value") {
    if (value.is_boolean()) {
      fields.word = value.get<bool>() ? "on" : "off";
    } else if (value.is_number()) {
      fields.word = value.dump();
    } else if (value.is_string()) {
      fields.word = lower(trimmed(value.get<std::string>()));
    } else {
      return in_quotes(key) + " must be a word";
    }
    return std::nullopt;
  }
  if (key == "for") {
    if (!value.is_string()) {
      return R"("for" must be a duration with its unit, such as "30m")";
    }
    fields.duration = value.get<std::string>();
    return std::nullopt;
  }
  return "unknown key " + in_quotes(key) + R"(; known are "state" (or "value"), "for" and "transaction")";
}

// Fills `fields` as far as it gets, so that a refusal can still carry the transaction. Returns what is wrong.
std::optional<std::string> read_fields(std::string_view payload, Fields& fields) {
  const std::string_view text = trimmed(payload);
  if (text.empty() || text.front() != '{') {
    fields.word = lower(text);
    return std::nullopt;
  }
  const Json json = parse_json(text);
  if (!json.is_object()) {
    return "not a JSON object that can be read: " + in_quotes(text);
  }
  std::optional<std::string> problem;
  for (const auto& [key, value] : json.items()) {
    if (auto found = read_field(key, value, fields); found && !problem) {
      problem = std::move(found);
    }
  }
  return problem;
}

Result<SetMode> read_qos(const Fields& fields) {
  static constexpr std::array<std::pair<std::string_view, Mode>, 7> words{{{"on", Mode::on},
                                                                           {"1", Mode::on},
                                                                           {"true", Mode::on},
                                                                           {"off", Mode::off},
                                                                           {"0", Mode::off},
                                                                           {"false", Mode::off},
                                                                           {"auto", Mode::automatic}}};
  const auto* const found =
      std::find_if(words.begin(), words.end(), [&](const auto& known) { return known.first == fields.word; });
  if (found == words.end()) {
    return Error{"ON, OFF or AUTO is understood here, not " + in_quotes(fields.word)};
  }
  SetMode order{found->second, false, std::nullopt};
  if (fields.duration) {
    if (order.mode == Mode::automatic) {
      return Error{R"(AUTO ends an override at once; it takes no "for")"};
    }
    order.time_limit = parse_duration(*fields.duration);
    if (!order.time_limit) {
      return Error{R"("for" must be a duration with its unit, such as "30m", not )" + in_quotes(*fields.duration)};
    }
    if (*order.time_limit < shortest_time_limit || *order.time_limit > longest_time_limit) {
      return Error{R"("for" must be from )" + to_string(shortest_time_limit) + " to " + to_string(longest_time_limit) + ", not " +
                   in_quotes(*fields.duration)};
    }
  }
  return order;
}

Result<SetMode> read_mode(const Fields& fields) {
  const std::optional<Mode> mode = parse_mode(fields.word);
  if (!mode) {
    return Error{"auto, on or off is understood here, not " + in_quotes(fields.word)};
  }
  if (fields.duration) {
    return Error{R"(a mode stays until it is changed; for a time limit use qos/set)"};
  }
  return SetMode{*mode, true, std::nullopt};
}

bool is_setting(const std::string& what) {
  return std::find(setting_names.begin(), setting_names.end(), what) != setting_names.end();
}

Result<SetSetting> read_named_setting(const std::string& what, const Fields& fields) {
  if (fields.duration) {
    return Error{R"("for" goes with qos/set only)"};
  }
  Result<SetSetting> order = read_setting(what, fields.word);
  return order ? std::move(order) : Error{order.error() + ", not " + in_quotes(fields.word)};
}

template <typename Order>
MqttCommand accepted_order(CommandAccepted accepted, const Result<Order>& order) {
  if (!order) {
    return CommandRefused{accepted.what, order.error(), accepted.transaction};
  }
  accepted.events.emplace_back(order.value());
  return accepted;
}

MqttCommand read_known(const std::string& what, bool is_request, std::string_view payload) {
  if (!is_name(what)) {
    return CommandRefused{"unknown", "there is no command of this name: " + in_quotes(what), {}};
  }
  if (payload.size() > largest_command_bytes) {
    return CommandRefused{what, "longer than " + std::to_string(largest_command_bytes) + " bytes", {}};
  }
  if (!is_utf8_text(payload)) {
    return CommandRefused{what, "not UTF-8 text", {}};
  }
  Fields fields;
  if (auto problem = read_fields(payload, fields)) {
    return CommandRefused{what, *problem, fields.transaction};
  }
  CommandAccepted accepted{what, {}, is_request || !fields.transaction.empty(), false, fields.transaction};
  if (what == "qos") {
    return accepted_order(std::move(accepted), read_qos(fields));
  }
  if (what == "mode") {
    return accepted_order(std::move(accepted), read_mode(fields));
  }
  if (is_setting(what)) {
    return accepted_order(std::move(accepted), read_named_setting(what, fields));
  }
  if (what == "status" && is_request) {
    accepted.wants_all = true;
    return accepted;
  }
  if (what == "recheck") {
    accepted.events = {RecheckRequested{}};
    return accepted;
  }
  return CommandRefused{what,
                        (is_request ? "unknown request " + in_quotes(what) + "; known are status, "
                                    : "unknown command " + in_quotes(what) + "; known are ") +
                            "qos, mode, release_after, override_for, sensitivity and recheck",
                        fields.transaction};
}

}  // namespace

MqttCommand read_command(const MqttTopics& topics, const MqttIncoming& incoming) {
  const std::string prefix = topics.base() + "/";
  if (incoming.topic.compare(0, prefix.size(), prefix) != 0) {
    return CommandIgnored{};
  }
  constexpr std::string_view request = "request/";
  constexpr std::string_view set = "/set";
  std::string what = incoming.topic.substr(prefix.size());
  const bool is_request = what.compare(0, request.size(), request) == 0;
  if (is_request) {
    what.erase(0, request.size());
  } else if (what.size() > set.size() && what.compare(what.size() - set.size(), set.size(), set) == 0) {
    what.erase(what.size() - set.size());
  } else {
    return CommandIgnored{};
  }
  if (incoming.is_retained) {
    // It would be obeyed again at each connection, whatever was wanted in between.
    return CommandIgnored{"a retained command is never obeyed; clear it with: mosquitto_pub -r -n -t " +
                          for_a_shell(incoming.topic)};
  }
  if (incoming.payload.empty() && !(is_request && (what == "status" || what == "recheck"))) {
    return CommandIgnored{};  // how retained messages are cleared
  }
  return read_known(what, is_request, incoming.payload);
}

std::string answer_payload(std::string_view error, std::string_view transaction, std::string_view data) {
  Json json{{"data", Json::object()}, {"status", error.empty() ? "ok" : "error"}};
  if (!data.empty()) {
    json["data"] = parse_json(data);
  }
  if (!error.empty()) {
    json["error"] = error;
  }
  if (!transaction.empty()) {
    json["transaction"] = parse_json(transaction);
  }
  return text_of(json);
}

bool may_answer_on(const MqttTopics& topics, const Settings& settings, std::string_view response_topic) {
  if (response_topic.empty() || response_topic.size() > longest_topic || response_topic.front() == '$' ||
      response_topic.find_first_of("+#") != std::string_view::npos || printable(response_topic) != response_topic) {
    return false;
  }
  const auto is_below = [response_topic](const std::string& parent) { return response_topic.starts_with(parent + "/"); };
  const auto is_or_is_below = [&](const std::string& parent) { return response_topic == parent || is_below(parent); };
  const std::vector<std::string>& allowed = settings.mqtt.response_topics;
  return is_below(topics.of("response")) ||
         (std::any_of(allowed.begin(), allowed.end(), is_or_is_below) && !is_or_is_below(settings.mqtt.base_topic) &&
          !is_or_is_below(settings.home_assistant.prefix));
}

}  // namespace voip
