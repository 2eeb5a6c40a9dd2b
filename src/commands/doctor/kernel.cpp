#include "commands/doctor/kernel.h"

#include <algorithm>
#include <cerrno>

#include "base/words.h"
#include "core/learnt_rates.h"

namespace voip {
namespace {

constexpr std::int64_t full_percent = 95;
constexpr std::int64_t nearly_full_percent = 80;

constexpr const char* give_headers =
    "for systemd, where the unit is another than the one that is shipped: systemctl edit voip-qosd, [Service], "
    "ExecStartPre=-+/usr/sbin/voip-qosd lend-socket, NotifyAccess=exec and FileDescriptorStoreMax=1; for Docker: "
    "--cap-add NET_RAW";

std::string kept(const std::string& setting) {
  return "sysctl -w " + setting + "\nto keep it: echo " + setting + " > /etc/sysctl.d/90-voip-qosd.conf";
}

std::string load_conntrack(const Platform& platform) {
  return platform.is_openwrt     ? "install the package kmod-nf-conntrack-netlink"
         : platform.is_container ? "on the host: modprobe nf_conntrack_netlink"
                                 : "modprobe nf_conntrack_netlink";
}

Check judge_lookup_error(const KernelFacts& facts, const Platform& platform) {
  if (!facts.switches.accounting) {
    return {"conntrack", CheckResult::failed, "the kernel keeps no connection table here (no nf_conntrack)",
            load_conntrack(platform)};
  }
  if (facts.lookup_error == EPERM) {
    return {"conntrack", CheckResult::note, "not asked: that needs CAP_NET_ADMIN"};
  }
  const SightChanged seen = judge_lookup(facts.lookup_error);
  if (seen.sight != Sight::ok) {
    return {"conntrack", CheckResult::failed, split_advice(seen.why).what, load_conntrack(platform)};
  }
  return {"conntrack", CheckResult::ok, "the kernel tells about single connections (ctnetlink)"};
}

Check judge_table(std::int64_t used, std::int64_t most) {
  const std::int64_t percent = most > 0 ? used * 100 / most : 0;
  const std::string seen =
      std::to_string(used) + " of " + std::to_string(most) + " connections (" + std::to_string(percent) + " %)";
  if (percent < nearly_full_percent) {
    return {"table", CheckResult::ok, seen};
  }
  const bool is_full = percent >= full_percent;
  return {"table", is_full ? CheckResult::failed : CheckResult::warning,
          seen + (is_full ? ": new ones are dropped, calls too" : ": soon new ones will be dropped, calls too"),
          kept("net.netfilter.nf_conntrack_max=" + std::to_string(most * 2))};
}

Check judge_accounting(const KernelFacts& facts, const MonitorSettings& settings, const Platform& platform) {
  const std::string setting = "net.netfilter.nf_conntrack_acct=1";
  if (*facts.switches.accounting) {
    return {"accounting", CheckResult::ok, "connections have packet counters (nf_conntrack_acct)"};
  }
  const bool is_read_only = !facts.switches.may_set_accounting;
  const std::string fix = is_read_only && platform.is_container ? "on the host: " + kept(setting) : kept(setting);
  const std::string seen = "nf_conntrack_acct is 0: connections that begin now get no counters, and no call is seen in them";
  if (facts.daemon_runs) {
    return {
        "accounting", CheckResult::failed,
        seen + (settings.enable_accounting ? "; the daemon switches it on at its start and each monitor.audit_interval, if it may"
                                           : ""),
        fix};
  }
  if (!settings.enable_accounting) {
    return {"accounting", CheckResult::failed, seen, fix + "\nor set monitor.enable_accounting = true"};
  }
  if (is_read_only) {
    return {"accounting", CheckResult::failed,
            seen + "; it cannot be switched on from here (/proc/sys is read-only, or we may not)", fix};
  }
  return {"accounting", CheckResult::warning,
          "nf_conntrack_acct is 0: the daemon switches it on at its start, and calls that are up by then stay unseen", fix};
}

Check judge_events(const ConntrackSwitches& switches) {
  if (!switches.events) {
    return {"events", CheckResult::warning,
            "the kernel cannot tell of new connections (no conntrack events), so calls are found late",
            "a kernel with CONFIG_NF_CONNTRACK_EVENTS; until then: monitor.audit_interval = \"10s\""};
  }
  if (!*switches.events) {
    return {"events", CheckResult::warning, "nf_conntrack_events is 0: new connections are found late",
            kept("net.netfilter.nf_conntrack_events=2")};
  }
  return {"events", CheckResult::ok, "the kernel tells of new connections (nf_conntrack_events)"};
}

// The daemon takes a counter that went back for a fresh start, so this is no fault.
Check judge_programs(const KernelFacts& facts) {
  std::string names;
  for (const std::string& name : facts.programs) {
    names += (names.empty() ? "" : ", ") + name;
  }
  if (facts.listeners) {
    return {"other_programs", CheckResult::warning, "monitor.kernel_events = \"candidates\" will be refused: " + *facts.listeners,
            "set monitor.kernel_events = \"all\", or stop that program"};
  }
  return names.empty() ? Check{"other_programs", CheckResult::ok, "none is known to zero the counters"}
                       : Check{"other_programs", CheckResult::note,
                               names +
                                   " runs and zeroes the counters of all connections now and then: the daemon knows a zeroed "
                                   "counter from a burst, and loses one reading each time"};
}

}  // namespace

Checks judge_rights(const KernelFacts& facts, const Settings& settings) {
  const Rights rights = facts.of_daemon.value_or(facts.own);
  const std::string whose = facts.of_daemon ? "the daemon" : "this user";
  if (!rights.administers) {
    return {{"privileges", CheckResult::failed,
             whose + " has no CAP_NET_ADMIN: connections cannot be seen, queues cannot be switched" +
                 (facts.of_daemon ? "" : ", and the daemon would not start so"),
             "run as root: sudo voip-qosd doctor\nfor a service: AmbientCapabilities=CAP_NET_ADMIN; for Docker: --cap-add "
             "NET_ADMIN"}};
  }
  const bool learns = learnt_ways(settings.qos).any();
  const bool is_measured = settings.qos.tc.drain == Drain::measured;
  if (!rights.captures && (learns || is_measured)) {
    std::string lost = learns ? "the rates of the line cannot be learnt" : "";
    lost += is_measured ? (learns ? ", and " : "") + std::string("qos.tc.drain = \"measured\" drains for a fixed time") : "";
    return {{"privileges", CheckResult::warning, whose + " has CAP_NET_ADMIN but not CAP_NET_RAW, so " + lost,
             give_headers +
                 std::string(learns ? "\nor set upload_kbit and download_kbit in [qos." + settings.qos.actuator + "]" : "") +
                 (is_measured ? "\nor set qos.tc.drain = \"fixed\"" : "")}};
  }
  if (!facts.own.administers) {
    return {{"privileges", CheckResult::note, "the daemon has CAP_NET_ADMIN; this user has not, so not all can be looked at",
             "sudo voip-qosd doctor"}};
  }
  if (!rights.captures) {
    return {{"privileges", CheckResult::note, whose + " has CAP_NET_ADMIN; without CAP_NET_RAW nothing is told of the line",
             give_headers}};
  }
  return {{"privileges", CheckResult::ok, whose + " has CAP_NET_ADMIN, and may look at headers of packets"}};
}

Checks judge_conntrack(const KernelFacts& facts, const MonitorSettings& settings, const Platform& platform) {
  Checks checks{judge_lookup_error(facts, platform)};
  if (!facts.switches.accounting) {
    return checks;
  }
  if (facts.connections && facts.most_connections) {
    checks.push_back(judge_table(*facts.connections, *facts.most_connections));
  }
  checks.push_back(judge_accounting(facts, settings, platform));
  checks.push_back(judge_events(facts.switches));
  checks.push_back(judge_programs(facts));
  return checks;
}

Checks judge_tracking(const TrackingFacts& facts) {
  if (facts.trial.sight != Sight::ok) {
    const Complaint complaint = split_advice(facts.trial.why);
    return {{"tracking", facts.trial.sight == Sight::blind ? CheckResult::failed : CheckResult::warning, complaint.what,
             complaint.advice}};
  }
  if (!facts.exempt_rules.empty()) {
    return {{"tracking", CheckResult::warning,
             "a rule keeps connections out of the table, and no call in them is seen: " + facts.exempt_rules.front(),
             "let it spare UDP of the LAN"}};
  }
  return {{"tracking", CheckResult::ok, "no rule keeps connections out of the table"}};
}

std::vector<std::string> find_notrack(std::string_view rules) {
  constexpr std::size_t most = 8;
  std::vector<std::string> found;
  for (const std::string_view line : lines_of(rules)) {
    const auto words = words_of(line);
    const auto has = [&](std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); };
    const bool is_for_loopback = has("lo") || has("\"lo\"");
    if ((has("notrack") || has("--notrack") || has("NOTRACK")) && !is_for_loopback && found.size() < most) {
      std::string text;
      for (const std::string_view word : words) {
        text += (text.empty() ? "" : " ") + std::string(word);
      }
      found.push_back(std::move(text));
    }
  }
  return found;
}

Checks judge_forwarding(const KernelFacts& facts) {
  if (facts.forwards_ipv4 == true) {
    return {{"forwarding", CheckResult::ok,
             facts.forwards_ipv6 == true ? "this machine routes IPv4 and IPv6" : "this machine routes IPv4, not IPv6"}};
  }
  if (facts.forwards_ipv6 == true) {
    return {{"forwarding", CheckResult::ok, "this machine routes IPv6, not IPv4"}};
  }
  return {{"forwarding", CheckResult::warning,
           "this machine forwards nothing (net.ipv4.ip_forward is 0): it is no router, so no call of others passes it",
           "run voip-qosd on the router, or make this one: sysctl -w net.ipv4.ip_forward=1"}};
}

Checks judge_counters(const ListedFlows& facts, const ConntrackSwitches& switches, std::optional<std::int64_t> seen) {
  if (!facts.were_listed) {
    return {{"counters", CheckResult::note, "the connection table could not be listed"}};
  }
  const std::string of_lan = std::to_string(facts.of_lan) + " UDP connection" + (facts.of_lan == 1 ? "" : "s") + " of the LAN" +
                             (facts.is_cut ? " (among the first " + std::to_string(facts.entries) + ")" : "");
  if (facts.of_lan == 0 && seen == 0) {
    return {
        {"counters", CheckResult::note,
         "no UDP connection of the LAN is open just now, and none has begun since the daemon runs: what passes another router or "
         "access point is not seen here",
         "call, and see whether the phone's address is in: conntrack -L -p udp"}};
  }
  if (facts.of_lan == 0) {
    return {{"counters", CheckResult::ok, "no UDP connection of the LAN is open just now"}};
  }
  if (facts.uncounted == 0) {
    return {{"counters", CheckResult::ok, of_lan + ", all with counters"}};
  }
  if (switches.accounting == false) {
    return {{"counters", CheckResult::note, of_lan + ", " + std::to_string(facts.uncounted) + " without counters"}};
  }
  return {{"counters", CheckResult::warning,
           of_lan + ", " + std::to_string(facts.uncounted) +
               " without counters: they began before accounting was on, and a call among "
               "them is not seen",
           "hang up and call again; or end what is open: conntrack -D -p udp"}};
}

}  // namespace voip
