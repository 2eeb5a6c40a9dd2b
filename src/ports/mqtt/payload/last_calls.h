// The calls that are over, newest first, as one retained message: what a household calls its list of calls. Home Assistant's own
// log tells an event again each time its broker comes back; this one holds each call once, over restarts of everybody, since the
// broker keeps it and the node takes up what it finds there.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "core/model.h"
#include "core/time.h"
#include "ports/mqtt/payload/topics.h"
#include "system/json.h"

namespace voip {

// What is told of a call that is over, of its event and here.
Json ended_call_json(const Call& call, const Calendar& calendar);

class MqttLastCalls {
 public:
  static constexpr std::size_t most = 10;

  MqttLastCalls(const Settings& settings, Calendar calendar);

  void add(const Call& ended);  // but for one that was none
  // What the broker holds of an earlier life; once, and only what can be ours. Goes behind what this life has seen.
  void take_up(std::string_view payload);

  [[nodiscard]] bool empty() const { return calls_.empty(); }
  // Of the last call all is said, of those before it who, when and for how long.
  [[nodiscard]] MqttMessage message() const;

 private:
  std::string topic_;
  Calendar calendar_;
  std::deque<Json> calls_;
  bool has_taken_up_ = false;
};

}  // namespace voip
