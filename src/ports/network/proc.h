// What the kernel tells in files alone, of the network namespace of this thread.
#pragma once

#include <string>
#include <vector>

namespace voip {

// The devices that carry PPPoE now.
std::vector<std::string> read_pppoe_carriers();

// Whether something on this router listens for SIP by UDP.
bool listens_for_sip();

}  // namespace voip
