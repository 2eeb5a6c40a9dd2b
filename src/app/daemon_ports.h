// The ports of the daemon: which there are, and what is done to all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "core/actuator.h"
#include "core/settings.h"
#include "system/loop.h"
#include "system/port.h"

namespace voip {

// Which part of the ports a life of the engine begins with.
enum class Extent : std::uint8_t {
  whole,      // all, or it does not begin
  remainder,  // those that open: calls are still heard and QoS is switched
  farewell,   // what is needed to leave the line as policy.on_exit says, which is all that is done
};

struct OwnedPort {
  std::unique_ptr<Port> port;
  bool can_be_missed = false;  // calls are heard and QoS is switched without it
};
using Ports = std::vector<OwnedPort>;

struct PortNeeds {
  Extent extent = Extent::whole;
  int packets = -1;       // a packet socket that was lent
  bool is_alone = false;  // what is found of ours in the kernel is an earlier run's, and no other daemon's
};

// In the order in which they see an action: a flow is marked before the line is shaped. The settings outlive them.
Ports make_ports(const Settings& settings, const Actuator& actuator, const PortNeeds& needs);
// After an error none is open.
Status open_ports(Ports& ports, Loop& loop, Extent extent);
void close_ports(Ports& ports);
void perform(const Ports& ports, const Action& action);

}  // namespace voip
