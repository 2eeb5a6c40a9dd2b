// The rule that translates the mark of calls for qos-scripts. Setting its own value on the connection does not last: its chain
// takes only the low nibble back and its default rules overwrite both with the next packet. So one rule of ours stands before the
// jump to its chain and puts what belongs to calls into class 2 (Express) by the high nibble, which those rules then let be.
// qos-start appends its jump, so the rule survives it; what rewrites the whole table is noticed by looking.
#pragma once

#include <string_view>
#include <vector>

#include "core/actuator.h"

namespace voip::call_rule {

// iptables for IPv4, ip6tables for IPv6; both print the same.
Command list(std::string_view program);

struct Found {
  bool is_known = false;  // the listing worked
  bool is_right = false;  // exactly one, for this WAN and this mark, before any jump to the chains of qos-scripts
  std::vector<std::vector<std::string>> ours;  // the rules of ours, as arguments that name them
};
Found find(const CommandResult* listing, const QosSettings& settings, std::string_view wan);

void append_removal(std::string_view program, const Found& found, Plan& plan);
Command insertion(std::string_view program, const QosSettings& settings, std::string_view wan);

}  // namespace voip::call_rule
