// Judges whether QoS could be switched now: the actuator's programs, what the kernel has for it, what the actuator itself says,
// its settings. Pure.
#pragma once

#include "commands/doctor/check.h"
#include "commands/facts/facts.h"
#include "core/settings.h"

namespace voip {

Checks judge_actuator(const ActuatorFacts& facts, const QosSettings& qos, const Platform& platform);

Checks judge_rates(const QosSettings& qos);

}  // namespace voip
