// A socket filter (classic BPF) that lets only those conntrack events through that may matter, so that strangers' flows and the
// LAN's name look-ups do not wake us. An optimisation: what passes is looked at again in user space, and what the filter does
// not understand passes.
#pragma once

#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "core/detector.h"

namespace voip {

struct FlowFilter {
  std::vector<IpPrefix> lan;
  bool with_tcp = false;
  std::vector<PortRule> ports;  // of the detector
};

// Passes entries of UDP (and TCP, if wanted) whose original or reply source lies in the LAN. Of those that the LAN opened it
// drops such as are multicast or broadcast, or cannot matter by their ports. With more than 32 prefixes addresses are not looked
// at, with more than 200 rules ports are not. Replaces an earlier filter of the socket.
Status attach_flow_filter(int fd, const FlowFilter& filter);

}  // namespace voip
