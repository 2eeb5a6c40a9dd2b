#include "ports/conntrack/candidates.h"

#include <utility>

#include "base/log.h"
#include "base/words.h"
#include "core/model.h"
#include "ports/conntrack/conntrack.h"
#include "system/read_start.h"

namespace voip {
namespace {

constexpr Duration nft_time_limit = 2s;
constexpr std::uint32_t netlink_netfilter = 12;    // linux/netlink.h
constexpr std::uint32_t conntrack_groups = 0b111;  // NFNLGRP_CONNTRACK_NEW, _UPDATE, _DESTROY: linux/netfilter/nfnetlink.h

const std::string table = "inet voip_qosd_events";
// IPCT_LABEL alone (linux/netfilter/nf_conntrack_common.h): no births, no ends. A mask of nothing would mean all events.
const std::string silence = "ct event set 0x400 accept";

Command delete_table() {
  return {.argv = {"nft", "delete", "table", "inet", "voip_qosd_events"}, .may_fail = true};
}

std::string prefixes(const FlowFilter& wanted, bool is_v6) {
  std::string text;
  for (const IpPrefix& prefix : wanted.lan) {
    if (prefix.address().is_v6() == is_v6) {
      text += (text.empty() ? "" : ", ") + prefix.to_string();
    }
  }
  return text;
}

std::string port_lines(const std::vector<PortRule>& rules) {
  std::string text;
  for (const PortRule& rule : rules) {
    const std::string range = std::to_string(rule.first) + (rule.last == rule.first ? "" : "-" + std::to_string(rule.last));
    for (const char* port : {"th sport ", "th dport "}) {
      text += "    " + (port + range) + " " + (rule.can_matter ? "accept" : silence) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string candidate_rules(const FlowFilter& wanted) {
  std::string text = "add table " + table + "\ndelete table " + table + "\ntable " + table + " {\n";
  text += "  chain from_lan {\n    ip daddr 224.0.0.0-255.255.255.255 " + silence + "\n    ip6 daddr ff00::/8 " + silence + "\n" +
          port_lines(wanted.ports) + "    accept\n  }\n";
  // After destination NAT (priority -100), so that the reply tuple shows the device behind a forwarded port.
  text += "  chain prerouting {\n    type filter hook prerouting priority -90; policy accept;\n    ct state != new accept\n";
  text += "    meta l4proto != " + std::string(wanted.with_tcp ? "{ tcp, udp } " : "udp ") + silence + "\n";
  for (const bool is_v6 : {false, true}) {
    if (const std::string lan = prefixes(wanted, is_v6); !lan.empty()) {
      const std::string source = std::string(is_v6 ? "ip6" : "ip") + " saddr { " + lan + " } ";
      text += "    " + source + "goto from_lan\n";
      text += "    ct reply " + source + "accept\n";
    }
  }
  text += "    " + silence + "\n  }\n";
  // The router's own connections are nobody's calls.
  text +=
      "  chain output {\n    type filter hook output priority -90; policy accept;\n    ct state new " + silence + "\n  }\n}\n";
  return text;
}

std::vector<std::uint32_t> event_listeners(std::string_view proc_net_netlink) {
  std::vector<std::uint32_t> found;
  for (const std::string_view line : lines_of(proc_net_netlink)) {
    const auto words = words_of(line);  // sk, Eth (the protocol), Pid, Groups (hexadecimal) ...
    if (words.size() < 4 || parse_number(words[1]) != netlink_netfilter) {
      continue;
    }
    const auto port = parse_number(words[2]);
    const auto groups = parse_number("0x" + std::string(words[3]));
    if (port && groups && (*groups & conntrack_groups) != 0) {
      found.push_back(*port);
    }
  }
  return found;
}

std::optional<std::string> why_not_limit_events() {
  const std::string sockets = read_start("/proc/thread-self/net/netlink");
  const auto listeners = event_listeners(sockets);
  if (listeners.empty()) {
    return std::nullopt;
  }
  const std::string id = std::to_string(listeners.front());
  const std::string name = read_start("/proc/" + id + "/comm", 64);
  const auto lines = lines_of(name);
  return (lines.empty() ? "another program" : std::string(lines[0]) + " (process " + id + ")") +
         " listens to conntrack events and would miss connections";
}

void CandidateEvents::limit(const FlowFilter& wanted) {
  run({.argv = {"nft", "-f", "-"}, .input = candidate_rules(wanted)});
}

void CandidateEvents::tidy() {
  run(delete_table());
}

void CandidateEvents::run(Command command) {
  if (child_.is_running()) {
    next_ = std::move(command);
    return;
  }
  is_limited_ = is_limited_ || !command.may_fail;
  child_.start(command, nft_time_limit, [this, may_fail = command.may_fail](const CommandResult& result) {
    if (result.exit_status != 0 && !may_fail) {
      log_warning("limit conntrack events to candidates (monitor.kernel_events): " +
                  (result.failure.empty() ? result.output.substr(0, result.output.find('\n')) : result.failure) +
                  "; the kernel goes on to tell all of them");
    }
    if (next_) {
      run(*std::exchange(next_, std::nullopt));
    }
  });
}

void CandidateEvents::close() {
  child_.abandon();
  next_.reset();
  if (!std::exchange(is_limited_, false)) {
    return;
  }
  // The daemon's loop turns no more.
  const auto loop = Loop::open();
  if (!loop) {
    return;
  }
  Child child(**loop);
  child.start(delete_table(), nft_time_limit, [](const CommandResult&) {});
  while (child.is_running()) {
    (*loop)->wait(std::nullopt);
  }
}

}  // namespace voip
