// Judges whether QoS could be switched now: the actuator's programs, what the kernel has for it, what the actuator itself says,
// its settings. Pure.
#pragma once

#include <optional>
#include <string>

#include "commands/common/status_reading.h"
#include "commands/doctor/check.h"
#include "commands/facts/facts.h"
#include "core/settings.h"

namespace voip {

// `waits`: see waits_for_line().
Checks judge_actuator(const ActuatorFacts& facts, const QosSettings& qos, const Platform& platform, bool waits = false);

// What the running daemon tells of the line.
struct LineFacts {
  std::optional<SeenLine> line{};  // absent: no daemon tells
  std::string now{};               // by its clock
};
Checks judge_rates(const QosSettings& qos, const LineFacts& facts);

// The settings with the rates of the line that tc would take now, where they are learnt. Where nothing is known yet some are made
// up, so that all else can be looked at; where one direction is, the other is not shaped.
QosSettings with_learnt_rates(const QosSettings& qos, const std::optional<SeenLine>& line);
// Whether tc waits for a line of which nothing is known, so that it would switch nothing now; where no daemon tells, too.
bool waits_for_line(const QosSettings& qos, const std::optional<SeenLine>& line);

}  // namespace voip
