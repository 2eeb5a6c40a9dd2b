// Keeps the kernel from even building conntrack events of flows that cannot matter: a small nftables table of our own sets the
// event mask of each new flow (`ct event set`). A busy router is spared about a microsecond for each new connection.
// Other programs that listen to conntrack events would miss those flows too, so it is refused while there are any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ports/conntrack/filter.h"
#include "system/child.h"
#include "system/loop.h"

namespace voip {

// What nft is to read: replaces our table, in one transaction. The same flows pass as through attach_flow_filter().
std::string candidate_rules(const FlowFilter& wanted);

// The port ids of sockets that listen to conntrack events, out of /proc/net/netlink. Of a program's first socket it is its
// process id.
std::vector<std::uint32_t> event_listeners(std::string_view proc_net_netlink);

class CandidateEvents {
 public:
  explicit CandidateEvents(Loop& loop) : child_(loop) {}

  // Asks nft, which answers later; a failure is told in the log, and all events go on.
  void limit(const FlowFilter& wanted);
  // Takes away what a run that was killed may have left.
  void tidy();
  // Takes the table away, if it is there, and waits for that: two seconds at most.
  void close();

 private:
  void run(Command command);

  Child child_;
  std::optional<Command> next_;
  bool is_limited_ = false;
};

}  // namespace voip
