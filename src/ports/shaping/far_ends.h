// The far ends of calls, as the engine's actions tell them: of those that are up, and of those that have ended since QoS was off.
// Bounded: of more than 64 the oldest are forgotten.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/events.h"

namespace voip {

class FarEnds {
 public:
  // Returns whether a far end has come that was not there.
  bool take(const Action& action);
  // QoS is off: what has ended needs no cleaning up any more.
  void forget_past() { past_.clear(); }

  [[nodiscard]] std::vector<IpAddress> present() const;
  [[nodiscard]] const std::vector<IpAddress>& past() const { return past_; }

 private:
  bool add(const FlowKey& flow);
  template <typename Ends>
  void remove(const Ends& ends);

  std::vector<FlowKey> flows_;
  std::vector<IpAddress> past_;
  std::int32_t calls_ = 0;
};

}  // namespace voip
