// Gathers what the command doctor judges. It reads only, and each look ends within seconds whatever hangs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/doctor/broker.h"
#include "commands/doctor/check.h"
#include "commands/doctor/kernel.h"
#include "commands/doctor/marks.h"
#include "commands/doctor/network.h"
#include "commands/doctor/offload.h"
#include "commands/doctor/setup.h"
#include "commands/doctor/shaping.h"
#include "core/settings.h"
#include "system/command_loop.h"

namespace voip {

RunningDaemon look_at_daemon(const std::string& socket, const std::string& own_version);
OwnFilesFacts look_at_own_files(const Settings& settings, bool daemon_runs);

KernelFacts look_at_kernel(const Settings& settings, const RunningDaemon& daemon);
TrackingFacts look_at_tracking(const Lan& lan, CommandLoop& commands);
ListedFlows look_at_flows(const MarkSettings& call_mark, const Lan& lan, CommandLoop& commands);
OffloadFacts look_at_offload(CommandLoop& commands);
std::vector<ForeignMark> look_at_foreign_marks(CommandLoop& commands);

BrokerFacts look_at_brokers(const Settings& settings, const RunningDaemon& daemon, CommandLoop& commands);

}  // namespace voip
