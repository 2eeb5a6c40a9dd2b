// Where the router's traffic passes, from its settings and its network.
#pragma once

#include "core/actuator.h"
#include "core/settings.h"
#include "ports/interfaces.h"

namespace voip {

// Without the phones and the calls: ports/qos_switch fills them in.
Site site_of(const Settings& settings, const Network& network);

}  // namespace voip
