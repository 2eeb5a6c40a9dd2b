// The port that looks at the line, as closely as WatchLine asks for: it tells LineStirred, or LineSampled with the counters of
// the WAN's device and with what the headers of TCP segments there say, IPv4 and IPv6. While MeasureDelay is in force it tells
// DelayMeasured besides. It sends nothing; no payload reaches it, since the kernel's filter passes headers alone. While nothing
// is asked for nothing is open. Needs CAP_NET_RAW, or a packet socket that somebody with it has lent; that one stays open, and
// nothing passes it while nothing is asked for. Without either, or without a WAN, nothing is told but LineSightChanged.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "core/line_state.h"
#include "core/settings.h"
#include "system/loop.h"
#include "system/port.h"

namespace voip {

// The device of the WAN now, asked for at each beginning and each look at QoS; empty: there is none.
using FindWan = std::function<std::string()>;

// What is learnt is kept in the state directory, if one is named, in a file that is written seldom. `lent`: a packet socket to
// use in the place of sockets of its own, which outlives the port; -1: there is none.
std::unique_ptr<Port> make_line(const Settings& settings, FindWan find_wan, int lent = -1);

// Hands a packet socket to the service manager, who passes it on to the daemon that it starts next (systemd: ExecStartPre=, with
// NotifyAccess=exec and FileDescriptorStoreMax=1). Needs CAP_NET_RAW.
Status lend_packet_socket();
// The other end of it, before there are threads: the socket that was passed on, if one was. Programs that are started inherit
// neither it nor what tells of it.
UniqueFd take_lent_packet_socket();

// What was known of the line when the daemon ended last: its rates. Says in the log what cannot be read.
LineState read_line(const Settings& settings, const Loop& loop);

}  // namespace voip
