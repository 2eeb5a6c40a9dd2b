// What is said each second while there is a call: the bandwidth of all calls and of each configured device. Written into the same
// memory again and again, so that a call that goes on needs no more of it.
#pragma once

#include <span>
#include <vector>

#include "core/events.h"
#include "ports/mqtt/payload/topics.h"

namespace voip {

class MqttRates {
 public:
  explicit MqttRates(const MqttTopics& topics);

  // The report tells since when a call is up. A device without traffic gets its one zero and then no more, unless all are wanted.
  // Valid until the next call.
  std::span<const MqttMessage* const> write(const RatesMeasured& rates, const Report* report, Instant now, bool wants_all);

 private:
  std::vector<MqttMessage> messages_;  // of all, then of the devices in their order
  std::vector<const MqttMessage*> due_;
  std::vector<bool> were_idle_;
};

}  // namespace voip
