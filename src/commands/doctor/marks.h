// Judges whether the marks of calls (qos.mark_calls) last: who else writes conntrack marks, and which of their bits. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/doctor/check.h"
#include "commands/doctor/kernel.h"
#include "core/settings.h"

namespace voip {

// Somebody who writes conntrack marks.
struct ForeignMark {
  std::string who;         // a program, or the place of a rule
  std::uint32_t bits = 0;  // that it may change
  std::string rule{};      // as it is listed; empty: it is not known
  friend bool operator==(const ForeignMark&, const ForeignMark&) = default;
};

// The rules that write conntrack marks, out of what `nft -s -t list ruleset` prints; survives any text. Rules of tables that
// iptables manages are left out where `iptables_tables` (as "ip mangle") holds them: nft tells them wrongly.
std::vector<ForeignMark> parse_nft_marks(std::string_view ruleset, const std::vector<std::string>& iptables_tables);

struct IptablesMarks {
  std::vector<std::string> tables;  // that were listed, as "ip mangle"
  std::vector<ForeignMark> marks;
};
// The same out of what `iptables-save` (family "ip") or `ip6tables-save` ("ip6") prints.
IptablesMarks parse_iptables_marks(std::string_view saved, std::string_view family);

struct MarkFacts {
  std::vector<ForeignMark> foreign;
  ListedFlows flows;
  std::int64_t calls = 0;  // that the daemon knows of, of UDP
};
Checks judge_mark(const MarkFacts& facts, const QosSettings& qos);

}  // namespace voip
