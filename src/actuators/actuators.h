// The ways to switch QoS, one file each. Pure: argument lists and readers of what was observed.
#pragma once

#include <span>
#include <string_view>

#include "core/actuator.h"

namespace voip {

std::span<const Actuator* const> all_actuators();
const Actuator* find_actuator(std::string_view name);  // null when there is none of that name

// Whether who runs with the other settings finds and takes away what was switched on, and the marks of calls, with the one.
bool takes_over(const QosSettings& one, const QosSettings& other);

}  // namespace voip
