// A socket filter (classic BPF) that lets only those conntrack events through that may concern the LAN, so that strangers' flows
// do not wake us. An optimisation: what passes is looked at again in user space, and what the filter does not understand passes.
#pragma once

#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace voip {

// Passes entries of UDP (and TCP, if wanted) whose original or reply source lies in one of the prefixes; with more than 32
// prefixes addresses are not looked at. Replaces an earlier filter of the socket.
Status attach_flow_filter(int fd, const std::vector<IpPrefix>& prefixes, bool with_tcp);

}  // namespace voip
