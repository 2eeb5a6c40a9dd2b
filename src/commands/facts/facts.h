// What more than one command wants to know of the machine: where it stands, whose network it is, which actuator would run. It is
// looked at only, nothing is changed, and each look ends within seconds whatever hangs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/actuator.h"
#include "core/settings.h"
#include "ports/network/network.h"
#include "system/command_loop.h"

namespace voip {

// Where this runs, as far as advice differs.
struct Platform {
  bool is_openwrt = false;
  bool is_container = false;
};
Platform look_at_platform();

struct Rights {
  bool administers = false;  // CAP_NET_ADMIN, effective
  bool captures = false;     // CAP_NET_RAW, or a packet socket that was lent
};
// Of the text of /proc/PID/status. Pure.
Rights parse_rights(std::string_view process_status);
Rights own_rights();
// Why headers of packets cannot be looked at from here, so that nothing is learnt of the line; empty: they can.
std::string why_no_headers();

struct NetworkFacts {
  std::string error;  // why the kernel did not tell; then nothing else is known
  std::vector<Interface> interfaces;
  DefaultRoutes routes;
  Network network;
  std::vector<std::vector<IpAddress>> found;  // of each configured device that is given by mac or hostname: where it is now
};
NetworkFacts look_at_network(const Settings& settings, CommandLoop& commands);

// Something in the kernel that an actuator's commands need: any of these functions, or these modules.
struct KernelPart {
  std::string name;
  std::vector<std::string> functions;
  std::vector<std::string> modules;
  std::string openwrt_package;
};
std::vector<KernelPart> needed_parts(const QosSettings& qos);
// Of those, the ones that the running kernel has not and could not load; nothing where that cannot be known, as in a container.
std::optional<std::vector<std::string>> missing_parts(const std::vector<KernelPart>& parts);

// The programs without which one of the commands fails, each once; of commands that may fail, none. Pure.
std::vector<std::string> needed_programs(const std::vector<Plan>& plans);
// Whether posix_spawnp(3) would find it.
bool is_program(const std::string& name);

struct ActuatorFacts {
  std::string name;
  bool switches = true;
  std::string wan{};       // empty: there is none now
  bool is_allowed = true;  // to look at queues and rules
  std::string problem{};   // why it could not be looked at: a program that hangs, a kernel that says nothing
  std::vector<std::string> missing_programs{};
  bool parts_are_known = true;               // else nothing can be said of
  std::vector<std::string> missing_parts{};  // names, as in needed_parts()
  std::string refusal{};                     // what a switch on would be refused with now
  std::optional<QosObserved> observed{};
  std::string remark{};
};
// Of settings.qos.actuator. `may_look`: whether what tc, nft and iptables say can be believed; without CAP_NET_ADMIN they show
// less than there is.
ActuatorFacts look_at_actuator(const Settings& settings, const Network& network, bool may_look, CommandLoop& commands);

}  // namespace voip
