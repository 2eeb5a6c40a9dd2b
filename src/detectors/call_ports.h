// What the ports of a flow say before its first packet is counted.
#pragma once

#include <vector>

#include "core/detector.h"
#include "core/model.h"
#include "core/settings.h"

namespace voip::detectors {

enum class PortHint : std::uint8_t {
  none,
  voip,      // a port where calls are common: STUN, TURN, RTP ranges of well-known programs
  weak,      // a port where anything may run: it takes far more to believe in a call
  excluded,  // infrastructure, tunnels, games: never a call by itself
};

// The configured ports outrank the built-in ones; never_ports outrank voip_ports. Of a device that is a telephone IPsec through
// NAT is not excluded, as Wi-Fi calling goes through it.
PortHint port_hint(const FlowKey& key, const CallsSettings& settings, Role role = Role::any);

// Says of each flow whether its hint may be another than `excluded`, of the LAN's telephones too if there are any.
std::vector<PortRule> port_rules(const CallsSettings& settings, bool has_phones = false);

}  // namespace voip::detectors
