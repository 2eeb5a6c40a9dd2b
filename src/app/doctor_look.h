// Gathers what the command doctor judges. It reads only, and each look ends within seconds whatever hangs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/doctor_broker.h"
#include "app/doctor_check.h"
#include "app/doctor_kernel.h"
#include "app/doctor_marks.h"
#include "app/doctor_network.h"
#include "app/doctor_offload.h"
#include "app/doctor_setup.h"
#include "app/doctor_shaping.h"
#include "core/settings.h"
#include "ports/command_loop.h"

namespace voip {

Platform look_at_platform();
RunningDaemon look_at_daemon(const std::string& socket, const std::string& own_version);
OwnFilesFacts look_at_own_files(const Settings& settings, bool daemon_runs);

KernelFacts look_at_kernel(const Settings& settings, const RunningDaemon& daemon);
ListedFlows look_at_flows(const MarkSettings& call_mark, const Lan& lan, CommandLoop& commands);
OffloadFacts look_at_offload(CommandLoop& commands);
std::vector<ForeignMark> look_at_foreign_marks(CommandLoop& commands);

NetworkFacts look_at_network(const Settings& settings, CommandLoop& commands);

// `may_look`: whether what tc, nft and iptables say can be believed; without CAP_NET_ADMIN they show less than there is.
ActuatorFacts look_at_actuator(const Settings& settings, const Network& network, bool may_look, CommandLoop& commands);

BrokerFacts look_at_brokers(const Settings& settings, const RunningDaemon& daemon, CommandLoop& commands);

// Whether posix_spawnp(3) would find it.
bool is_program(const std::string& name);
// Of those, the ones that the running kernel has not and could not load; nothing where that cannot be known, as in a container.
std::optional<std::vector<std::string>> missing_parts(const std::vector<KernelPart>& parts);

// Of a file like those in /proc: its text up to a limit; empty where there is none.
std::string read_text(const std::string& path);

}  // namespace voip
