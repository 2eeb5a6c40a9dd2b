// Judges flow offload: packets that take a short cut through the kernel or the hardware, past counters, marks and queues. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "commands/doctor/check.h"
#include "commands/doctor/kernel.h"
#include "core/settings.h"

namespace voip {

struct Flowtable {
  std::string name;          // "inet fw4 ft"
  bool has_counter = false;  // else what it carries is not counted
  bool is_hardware = false;  // flags offload
  friend bool operator==(const Flowtable&, const Flowtable&) = default;
};
// Out of what `nft list flowtables` prints; survives any text.
std::vector<Flowtable> parse_flowtables(std::string_view text);

struct OffloadFacts {
  std::vector<Flowtable> flowtables{};
  bool uci_software = false;  // firewall.@defaults[0].flow_offloading
  bool uci_hardware = false;  // ..._hw, which counts only with the other one
  bool may_list = true;       // else nft kept its flowtables from us
  std::string problem{};      // a program that did not answer
};
Checks judge_offload(const OffloadFacts& facts, const ListedFlows& flows, const QosSettings& qos, const Platform& platform);

}  // namespace voip
