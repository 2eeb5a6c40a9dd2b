// Decides what an incoming command is worth: for the engine, for the asker and for the log. Holds the limits that make a flood of
// commands, meant or not, cost little. Pure: time comes in with each message.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/events.h"
#include "core/settings.h"
#include "core/time.h"
#include "ports/mqtt/outbox.h"
#include "ports/mqtt/payload/commands.h"
#include "ports/mqtt/payload/topics.h"
#include "system/token_bucket.h"

namespace voip {

struct TakenIn {
  std::vector<Event> events;  // for the engine; each order with a number of its own
  std::optional<Outgoing> answer;
  bool wants_all = false;  // everything is to be said again
  std::string warning;     // for the log; empty: nothing worth a line
};

class MqttIntake {
 public:
  explicit MqttIntake(const Settings& settings) : settings_(settings), topics_(settings) {}

  // `state` is the present one as JSON, for those who ask; empty: not known yet.
  TakenIn take(const MqttIncoming& incoming, Instant now, const std::string& state);
  // Messages that were lost on the way in, because they came too fast.
  TakenIn add_lost(std::uint64_t messages, Instant now) { return take_flooding(messages, now); }

 private:
  TakenIn take_flooding(std::uint64_t messages, Instant now);
  std::string complaint(std::string text, Instant now);

  Settings settings_;
  MqttTopics topics_;
  // More commands than anybody means, and few enough not to be felt. Complaints about them go into the log more rarely.
  TokenBucket commands_{5ms, 200};
  TokenBucket complaints_{10s, 5};
  std::uint64_t last_request_ = 0;
  bool is_flooded_ = false;
  std::uint64_t refused_in_flood_ = 0;
  std::uint64_t untold_complaints_ = 0;
  std::set<std::string> told_retained_;
  bool has_told_topic_ = false;
};

}  // namespace voip
