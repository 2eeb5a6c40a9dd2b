#include "actuators/actuators.h"

#include <array>

namespace voip {

namespace actuators {
#define VOIP_ACTUATOR(variable) extern const Actuator variable;
#include "actuators/all.def"
#undef VOIP_ACTUATOR
}  // namespace actuators

std::span<const Actuator* const> all_actuators() {
  static constexpr std::array shapers{
#define VOIP_ACTUATOR(variable) &actuators::variable,
#include "actuators/all.def"
#undef VOIP_ACTUATOR
  };
  return shapers;
}

const Actuator* find_actuator(std::string_view name) {
  for (const Actuator* actuator : all_actuators()) {
    if (actuator->name == name) {
      return actuator;
    }
  }
  return nullptr;
}

bool takes_over(const QosSettings& one, const QosSettings& other) {
  // What may change in a call: an actuator sees that it is not as it is to be now, and puts it right without a gap.
  QosSettings alike = other;
  alike.timeout = one.timeout;
  alike.retries = one.retries;
  alike.tc = one.tc;
  alike.cake_rate = one.cake_rate;
  alike.cake_rate.download_device = other.cake_rate.download_device;
  alike.qos_scripts.foreign = one.qos_scripts.foreign;
  return alike == one;
}

}  // namespace voip
