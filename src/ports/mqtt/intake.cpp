#include "ports/mqtt/intake.h"

#include <utility>
#include <variant>

namespace voip {
namespace {

constexpr std::size_t most_remembered_topics = 64;
constexpr std::size_t longest_remembered_topic = 256;
constexpr const char* flood_text = "too many commands at once: some are not obeyed";

// Who asked, of the orders that are answered by OrderTaken; null of all else.
RequestId* request_of(Event& event) {
  if (auto* mode = std::get_if<SetMode>(&event)) {
    return &mode->request;
  }
  if (auto* setting = std::get_if<SetSetting>(&event)) {
    return &setting->request;
  }
  auto* recheck = std::get_if<RecheckRequested>(&event);
  return recheck != nullptr ? &recheck->request : nullptr;
}

}  // namespace

TakenIn MqttIntake::take(const MqttIncoming& incoming, Instant now, const std::string& state) {
  if (!commands_.take(now)) {
    return take_flooding(1, now);
  }
  TakenIn taken;
  if (is_flooded_) {
    is_flooded_ = false;
    taken.warning = complaint("the flood of commands is over; " + std::to_string(refused_in_flood_) + " were not obeyed", now);
    refused_in_flood_ = 0;
  }
  const bool is_allowed = may_answer_on(topics_, settings_, incoming.response_topic);
  const auto answer = [&](const std::string& what, std::string payload) {
    taken.answer = Outgoing{{is_allowed ? incoming.response_topic : topics_.response(what), std::move(payload), 1, false},
                            incoming.correlation_data};
  };
  MqttCommand command = read_command(topics_, incoming);
  if (auto* accepted = std::get_if<CommandAccepted>(&command)) {
    taken.events = std::move(accepted->events);
    for (Event& event : taken.events) {
      if (RequestId* request = request_of(event)) {
        *request = {RequestId::Asker::mqtt, ++last_request_};
      }
    }
    taken.wants_all = accepted->wants_all;
    if (accepted->wants_answer || !incoming.response_topic.empty()) {
      answer(accepted->what, answer_payload({}, accepted->transaction, accepted->wants_all ? state : std::string()));
    }
  } else if (const auto* refused = std::get_if<CommandRefused>(&command)) {
    answer(refused->what, answer_payload(refused->error, refused->transaction));
    taken.warning = complaint("refused a command on " + topics_.base() + " (" + refused->what + "): " + refused->error, now);
  } else if (const auto* ignored = std::get_if<CommandIgnored>(&command)) {
    // A retained one comes again with each connection; one line is enough.
    if (!ignored->why.empty() && told_retained_.size() < most_remembered_topics &&
        told_retained_.insert(incoming.topic.substr(0, longest_remembered_topic)).second) {
      taken.warning = "ignored a command: " + ignored->why;
    }
  }
  if (taken.answer && !is_allowed && !incoming.response_topic.empty() && taken.warning.empty() &&
      !std::exchange(has_told_topic_, true)) {
    taken.warning = "answered on " + taken.answer->message.topic + ", not on the response topic " + incoming.response_topic +
                    ": allow it with mqtt.response_topics, if it is one that voip-qosd should write to";
  }
  return taken;
}

TakenIn MqttIntake::take_flooding(std::uint64_t messages, Instant now) {
  refused_in_flood_ += messages;
  TakenIn taken;
  // Told once for each flood; an answer to each message would be a flood too.
  if (!std::exchange(is_flooded_, true)) {
    taken.answer = Outgoing{{topics_.response("flood"), answer_payload(flood_text, {}), 1, false}, {}};
    taken.warning = complaint(flood_text, now);
  }
  return taken;
}

std::string MqttIntake::complaint(std::string text, Instant now) {
  if (!complaints_.take(now)) {
    ++untold_complaints_;
    return {};
  }
  const std::uint64_t untold = std::exchange(untold_complaints_, 0);
  return untold == 0 ? std::move(text) : text + " (and " + std::to_string(untold) + " more before it)";
}

}  // namespace voip
