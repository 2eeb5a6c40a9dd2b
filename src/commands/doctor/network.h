// Judges where the daemon stands: the LAN that it watches, the devices that it is to know, the WAN. Pure.
#pragma once

#include "commands/doctor/check.h"
#include "commands/facts/facts.h"
#include "core/settings.h"

namespace voip {

Checks judge_lan(const NetworkFacts& facts, const Settings& settings);
Checks judge_devices(const NetworkFacts& facts, const Settings& settings);
Checks judge_wan(const NetworkFacts& facts, const QosSettings& qos);

}  // namespace voip
