// Judges what the kernel lets us see of the connections that pass: rights, the connection table, counters, events. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/doctor/check.h"
#include "commands/facts/facts.h"
#include "core/settings.h"
#include "ports/conntrack/conntrack.h"

namespace voip {

struct KernelFacts {
  Rights own;
  std::optional<Rights> of_daemon;  // of the one that runs, if one does
  bool daemon_runs = false;
  ConntrackSwitches switches;
  int lookup_error = 0;  // errno of a lookup that no kernel can answer with an entry; ENOENT where all is well
  std::optional<std::int64_t> connections;
  std::optional<std::int64_t> most_connections;
  std::optional<bool> forwards_ipv4;
  std::optional<bool> forwards_ipv6;
  std::vector<std::string> programs;     // names of the running ones that zero counters
  std::optional<std::string> listeners;  // why "candidates" would be refused, where that is wanted and no daemon runs
};
Checks judge_rights(const KernelFacts& facts, const Settings& settings);
Checks judge_conntrack(const KernelFacts& facts, const MonitorSettings& settings, const Platform& platform);
struct TrackingFacts {
  SightChanged trial;
  std::vector<std::string> exempt_rules;  // rules that keep connections out of the table
};
Checks judge_tracking(const TrackingFacts& facts);
// The lines of a listing of rules (nft, iptables-save) that say "notrack", but for those of the loopback alone. Bounded.
std::vector<std::string> find_notrack(std::string_view rules);
Checks judge_forwarding(const KernelFacts& facts);

// What a bounded look at the connection table showed.
struct ListedFlows {
  bool were_listed = false;
  bool is_cut = false;           // there was more than was looked at
  std::size_t entries = 0;       // of UDP, of every network
  std::size_t of_lan = 0;        // between the LAN and the world
  std::size_t uncounted = 0;     // of these
  std::size_t offloaded = 0;     // of all: IPS_OFFLOAD
  std::size_t hw_offloaded = 0;  // IPS_HW_OFFLOAD
  std::size_t marked = 0;        // with qos.call_mark
};
// `seen` are the flows that began since the daemon did, if one runs.
Checks judge_counters(const ListedFlows& facts, const ConntrackSwitches& switches, std::optional<std::int64_t> seen);

}  // namespace voip
