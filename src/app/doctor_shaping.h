// Judges whether QoS could be switched now: the actuator's programs, what the kernel has for it, what the actuator itself says,
// its settings. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/doctor_check.h"
#include "app/doctor_kernel.h"
#include "core/actuator.h"
#include "core/settings.h"

namespace voip {

// Something in the kernel that an actuator's commands need: any of these functions, or these modules.
struct KernelPart {
  std::string name;
  std::vector<std::string> functions;
  std::vector<std::string> modules;
  std::string openwrt_package;
};
std::vector<KernelPart> needed_parts(const QosSettings& qos);

// The programs without which one of the commands fails, each once; of commands that may fail, none.
std::vector<std::string> needed_programs(const std::vector<Plan>& plans);

struct ActuatorFacts {
  std::string name;
  bool switches = true;
  std::string wan{};       // empty: there is none now, which has a check of its own
  bool is_allowed = true;  // to look at queues and rules
  std::string problem{};   // why it could not be looked at: a program that hangs, a kernel that says nothing
  std::vector<std::string> missing_programs{};
  bool parts_are_known = true;               // else nothing can be said of
  std::vector<std::string> missing_parts{};  // names, as in needed_parts()
  std::string refusal{};                     // what a switch on would be refused with now
  std::optional<QosObserved> observed{};
  std::string remark{};
};
Checks judge_actuator(const ActuatorFacts& facts, const QosSettings& qos, const Platform& platform);

Checks judge_rates(const QosSettings& qos);

}  // namespace voip
