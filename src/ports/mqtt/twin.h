// Another router with our node id: both say their state on the same topics, and obey the same orders. Each watches the node's
// `info` for one that another machine has said. What this machine said itself, in an earlier run or before the broker lost its
// memory, is never taken for a twin's; neither is what a machine left that this one has replaced. Pure, but for this_machine().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/time.h"

namespace voip {

// Tells this machine from others, and is the same in each run: a hash of what is its own.
std::string this_machine();

class MqttTwin {
 public:
  static constexpr Duration gone_after = 10min;
  static constexpr Duration asks_each = 3min;  // by saying our info again, which the other answers

  explicit MqttTwin(std::string machine) : machine_(std::move(machine)) {}

  [[nodiscard]] const std::string& machine() const { return machine_; }
  // Now what was kept comes in.
  void connected() { has_said_before_ = has_said_; }
  // Our info was said.
  void said() { has_said_ = true; }
  // An info came in. True: ours is to be said, so that the other hears of us.
  bool heard(std::string_view info, bool is_retained, Instant now);
  [[nodiscard]] bool is_there(Instant now) const { return heard_at_ && now - *heard_at_ < gone_after; }

 private:
  std::string machine_;
  bool has_said_before_ = false;  // on an earlier connection
  bool has_said_ = false;
  std::optional<Instant> answered_at_;
  std::optional<Instant> heard_at_;
};

}  // namespace voip
