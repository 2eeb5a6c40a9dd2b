// Decides what an incoming command is worth: for the engine, for the asker and for the log. Holds the limits that make a flood of
// commands, meant or not, cost little. Pure: time comes in with each message.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/events.h"
#include "core/settings.h"
#include "core/time.h"
#include "ports/mqtt_commands.h"
#include "ports/mqtt_outbox.h"
#include "ports/mqtt_topics.h"

namespace voip {

// Lets `burst` through at once and then one each `interval`.
class TokenBucket {
 public:
  TokenBucket(Duration interval, std::int64_t burst) : interval_(interval), burst_(burst), tokens_(burst) {}

  bool take(Instant now) {
    if (now > filled_at_) {
      const std::int64_t due = (now - filled_at_) / interval_;
      tokens_ = std::min(burst_, tokens_ + std::min(due, burst_));
      filled_at_ += due * interval_;
    }
    if (tokens_ == 0) {
      return false;
    }
    --tokens_;
    return true;
  }

 private:
  Duration interval_;
  std::int64_t burst_;
  std::int64_t tokens_;
  Instant filled_at_{};
};

struct TakenIn {
  std::vector<Event> events;  // for the engine
  std::optional<Outgoing> answer;
  bool is_order = false;   // to be confirmed by the state that follows
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
  bool is_flooded_ = false;
  std::uint64_t refused_in_flood_ = 0;
  std::uint64_t untold_complaints_ = 0;
  std::set<std::string> told_retained_;
};

}  // namespace voip
