#include "actuators/actuators.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/left_out.h"

namespace voip {

namespace actuators {
#define VOIP_ACTUATOR(variable, name) extern const Actuator variable;
#include "actuators/all.def"
#undef VOIP_ACTUATOR
}  // namespace actuators

namespace {

#define VOIP_ACTUATOR(variable, name) has_part(name),
constexpr std::array is_there{
#include "actuators/all.def"
};
#undef VOIP_ACTUATOR

// What is left out is named nowhere, so the linker leaves it out too.
constexpr auto there = [] {
#define VOIP_ACTUATOR(variable, name) has_part(name) ? &actuators::variable : nullptr,
  constexpr std::array<const Actuator*, is_there.size()> every{
#include "actuators/all.def"
  };
#undef VOIP_ACTUATOR
  std::array<const Actuator*, std::count(is_there.begin(), is_there.end(), true)> kept{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < every.size(); ++i) {
    if (is_there[i]) {
      kept[count++] = every[i];
    }
  }
  return kept;
}();

}  // namespace

std::span<const Actuator* const> all_actuators() {
  return there;
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
