// The rule that translates the mark of calls for qos-scripts. Setting its own value on the connection does not last: its chain
// takes only the low nibble back and its default rules overwrite both with the next packet. So one rule of ours stands before the
// jump to its chain and puts what belongs to calls into class 2 (Express) by the high nibble, which those rules then let be.
// qos-start appends its jump, so the rule survives it; what rewrites the whole table is noticed by looking.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/actuator.h"

namespace voip::call_rule {

// iptables for IPv4, ip6tables for IPv6; both print the same.
Command list(std::string_view program);

// Whose the start is that the rule came with: it stands in the rule itself, so that it outlives the daemon.
enum class Start : std::uint8_t { ours, others };

struct Found {
  bool is_known = false;        // the listing worked
  bool is_right = false;        // exactly one, for this WAN and this mark, before any jump to the chains of qos-scripts
  Start start = Start::others;  // ours where one of the rules says so
  std::vector<std::vector<std::string>> ours;  // the rules of ours, as arguments that name them
};
Found find(const CommandResult* listing, const QosSettings& settings, std::string_view wan);

void append_removal(std::string_view program, const Found& found, Plan& plan);
Command insertion(std::string_view program, const QosSettings& settings, std::string_view wan, Start start);

}  // namespace voip::call_rule
