// The port that watches how long packets on the WAN wait for their answers: while MeasureDelay is in force it looks at the
// headers of TCP segments there, IPv4 and IPv6, and tells DelayMeasured. It sends nothing; no payload reaches it, since the
// kernel's filter passes headers alone. At all other times nothing is open. Needs CAP_NET_RAW. Without it, or without a WAN,
// nothing is told; that is said in the log once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "system/port.h"

namespace voip {

// The device of the WAN now, asked for at each beginning; empty: there is none.
using FindWan = std::function<std::string()>;

std::unique_ptr<Port> make_line_delay(FindWan find_wan);

}  // namespace voip
