// A message to a command topic: a byte of flags, the topic below the base, the response topic and the payload, each ended by a
// newline but the last.
#include <nlohmann/json.hpp>

#include "core/live_settings.h"
#include "fuzz/fuzz.h"
#include "ports/mqtt/payload/commands.h"

using namespace voip;

namespace {

std::string_view until_newline(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Settings settings;
  static const MqttTopics topics(settings);
  if (size == 0) {
    return 0;
  }
  std::string_view rest = fuzz::text_of(data + 1, size - 1);
  MqttIncoming incoming;
  incoming.is_retained = (data[0] & 1U) != 0;
  incoming.topic = ((data[0] & 2U) != 0 ? "" : topics.base() + "/") + std::string(until_newline(rest));
  incoming.response_topic = until_newline(rest);
  incoming.payload = rest;
  const MqttCommand command = read_command(topics, incoming);
  if (const auto* refused = std::get_if<CommandRefused>(&command)) {
    fuzz::hold(!refused->error.empty(), "a refusal has words");
    fuzz::hold(nlohmann::json::accept(answer_payload(refused->error, refused->transaction)), "an answer is JSON");
  } else if (const auto* accepted = std::get_if<CommandAccepted>(&command)) {
    fuzz::hold(nlohmann::json::accept(answer_payload("", accepted->transaction)), "an answer is JSON");
    fuzz::hold(incoming.payload.size() <= largest_command_bytes, "what is too long is refused");
  }
  return 0;
}
