// The port that looks at the line, as closely as WatchLine asks for: it tells LineStirred, or LineSampled with the counters of
// the WAN's device and with what the headers of TCP segments there say, IPv4 and IPv6. While MeasureDelay is in force it tells
// DelayMeasured besides. It sends nothing; no payload reaches it, since the kernel's filter passes headers alone. While nothing
// is asked for nothing is open. Needs CAP_NET_RAW. Without it, or without a WAN, nothing is told but LineSightChanged.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "system/port.h"

namespace voip {

// The device of the WAN now, asked for at each beginning and each look at QoS; empty: there is none.
using FindWan = std::function<std::string()>;

std::unique_ptr<Port> make_line(FindWan find_wan);

}  // namespace voip
