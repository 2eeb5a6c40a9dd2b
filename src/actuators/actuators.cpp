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

}  // namespace voip
