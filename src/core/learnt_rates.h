// Which rates of the settings are learnt from the line ("auto"), for the actuators that take such: tc and cake-rate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/settings.h"

namespace voip {

struct LearntWays {
  bool upload = false;
  bool download = false;
  [[nodiscard]] bool any() const { return upload || download; }
};
LearntWays learnt_ways(const QosSettings& qos);

// By which the configured actuator shapes, in kbit/s; 0: it does not shape that direction, or does not know its rate yet.
LineRates rates_in_use(const QosSettings& qos);

// Puts what is known of the line in the place of what is learnt.
void take_learnt(QosSettings& qos, const LineRates& line);

// A number that is more than 15 % from what the line is known to carry: with more the shaper has no queue, so no call is
// protected; with less `tc` takes from the rest what is there. The rates that cake-rate sets for calls may well be less.
struct ContradictedRate {
  std::string key;
  std::uint32_t kbit = 0;
  std::uint32_t learnt_kbit = 0;
};
std::vector<ContradictedRate> contradicted_rates(const QosSettings& qos, const LineRates& learnt);
std::string to_string(const ContradictedRate& rate);

// CAKE holds back by its bandwidth alone. So much of a learnt rate leaves the queue with CAKE while the line varies a little.
inline constexpr std::uint32_t learnt_cake_percent = 95;

// What a line that is full beside a call carries under the configured actuator, in percent of the rate that it was told.
std::uint32_t shared_percent(const QosSettings& qos);

}  // namespace voip
