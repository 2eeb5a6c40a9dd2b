#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>
#include <tuple>

#include "commands/doctor/look.h"
#include "ports/conntrack/conntrack.h"
#include "system/read_start.h"

namespace voip {
namespace {

constexpr std::size_t most_entries = 50'000;
constexpr Duration listing_limit = 3s;
constexpr Duration program_limit = 5s;
constexpr std::size_t most_processes = 50'000;

std::optional<std::int64_t> read_number(const std::string& path) {
  const std::string text = read_start(path);
  std::int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  return end.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<bool> read_flag(const std::string& path) {
  const auto number = read_number(path);
  return number ? std::optional(*number != 0) : std::nullopt;
}

// Programs that are known to set the counters of all connections to zero.
bool zeroes_counters(std::string_view name) {
  return name == "nlbwmon";
}

std::vector<std::string> running_programs(bool (*is_wanted)(std::string_view)) {
  std::vector<std::string> found;
  std::error_code error;
  std::size_t seen = 0;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end && seen < most_processes;
       entry.increment(error)) {
    const std::string number = entry->path().filename();
    if (number.find_first_not_of("0123456789") != std::string::npos) {
      continue;
    }
    ++seen;
    std::string name = read_start("/proc/" + number + "/comm");
    name = name.substr(0, name.find('\n'));
    if (is_wanted(name) && std::find(found.begin(), found.end(), name) == found.end()) {
      found.push_back(std::move(name));
    }
  }
  return found;
}

// Without the program: an answer of no words.
CommandResult run_if_there(CommandLoop& commands, const std::vector<std::string>& argv) {
  return is_program(argv.front()) ? commands.run({.argv = argv}, program_limit) : CommandResult{};
}

// One that was lent is no privilege of the process. It opens one at its start, and says why where it cannot.
bool has_packet_socket(const RunningDaemon& daemon) {
  return daemon.status && daemon.status->line && daemon.status->line->blocker.find("packet socket") == std::string::npos;
}

bool is_hung(const CommandResult& result) {
  return result.failure.find("time") != std::string::npos;
}

}  // namespace

KernelFacts look_at_kernel(const Settings& settings, const RunningDaemon& daemon) {
  KernelFacts facts;
  facts.own = own_rights();
  facts.daemon_runs = daemon.not_running.empty();
  if (daemon.number) {
    if (const std::string status = read_start("/proc/" + std::to_string(*daemon.number) + "/status"); !status.empty()) {
      facts.of_daemon = parse_rights(status);
      facts.of_daemon->captures = facts.of_daemon->captures || has_packet_socket(daemon);
    }
  }
  facts.switches = read_conntrack_switches();
  facts.lookup_error = try_lookup();
  facts.connections = read_number("/proc/sys/net/netfilter/nf_conntrack_count");
  facts.most_connections = read_number("/proc/sys/net/netfilter/nf_conntrack_max");
  facts.forwards_ipv4 = read_flag("/proc/sys/net/ipv4/ip_forward");
  facts.forwards_ipv6 = read_flag("/proc/sys/net/ipv6/conf/all/forwarding");
  facts.programs = running_programs(zeroes_counters);
  if (settings.monitor.kernel_events == KernelEvents::candidates && !facts.daemon_runs) {
    facts.listeners = why_not_limit_events();
  }
  return facts;
}

TrackingFacts look_at_tracking(const Lan& lan, CommandLoop& commands) {
  TrackingFacts facts{.trial = try_tracking(lan), .exempt_rules = {}};
  for (const auto& argv : {std::vector<std::string>{"nft", "-s", "list", "ruleset"}, {"iptables-save"}, {"ip6tables-save"}}) {
    const auto found = find_notrack(run_if_there(commands, argv).output);
    facts.exempt_rules.insert(facts.exempt_rules.end(), found.begin(), found.end());
  }
  return facts;
}

ListedFlows look_at_flows(const MarkSettings& call_mark, const Lan& lan, CommandLoop& commands) {
  ListedFlows facts;
  if (try_lookup() != ENOENT) {
    return facts;
  }
  const bool is_complete = list_connections(commands, protocol_udp, listing_limit, [&](const ConntrackEntry& entry) {
    ++facts.entries;
    facts.offloaded += entry.is_offloaded ? 1 : 0;
    facts.hw_offloaded += entry.is_hw_offloaded ? 1 : 0;
    facts.marked += (entry.mark & call_mark.mask) == call_mark.value ? 1 : 0;
    if (entry.protocol == protocol_udp && lan.orient(entry.original_source, entry.original_destination, entry.reply_source,
                                                     entry.reply_destination, entry.protocol)) {
      ++facts.of_lan;
      facts.uncounted += entry.original ? 0 : 1;
    }
    return facts.entries < most_entries;
  });
  facts.were_listed = true;
  facts.is_cut = !is_complete || facts.entries >= most_entries;
  return facts;
}

OffloadFacts look_at_offload(CommandLoop& commands) {
  OffloadFacts facts;
  const auto ask = [&](const std::vector<std::string>& argv) {
    if (!facts.problem.empty()) {
      return CommandResult{};
    }
    CommandResult result = run_if_there(commands, argv);
    if (is_hung(result)) {
      facts.problem = argv.front() + " did not answer within " + to_string(program_limit);
    }
    return result;
  };
  const CommandResult listed = ask({"nft", "list", "flowtables"});
  facts.may_list = listed.output.find("not permitted") == std::string::npos;
  facts.flowtables = listed.exit_status == 0 ? parse_flowtables(listed.output) : std::vector<Flowtable>();
  const auto is_set = [&](const std::string& option) {
    return ask({"uci", "-q", "get", "firewall.@defaults[0]." + option}).output.starts_with('1');
  };
  facts.uci_software = is_set("flow_offloading");
  facts.uci_hardware = is_set("flow_offloading_hw");
  return facts;
}

std::vector<ForeignMark> look_at_foreign_marks(CommandLoop& commands) {
  std::vector<ForeignMark> foreign;
  // What they use unless told otherwise; their rules come and go with their interfaces.
  for (const auto& [file, program, bits] :
       {std::tuple("/etc/config/mwan3", "mwan3", 0x3f00U), std::tuple("/etc/config/pbr", "pbr", 0x00ff0000U)}) {
    if (::access(file, F_OK) == 0) {
      foreign.push_back({program, bits});
    }
  }
  const auto listed = [&](const std::vector<std::string>& argv) {
    const CommandResult result = run_if_there(commands, argv);
    return result.exit_status == 0 ? result.output : std::string();
  };
  std::vector<std::string> iptables_tables;
  for (const std::string family : {"ip", "ip6"}) {
    // Without a table's name: naming one loads its module.
    IptablesMarks read = parse_iptables_marks(listed({family + "tables-save"}), family);
    std::move(read.tables.begin(), read.tables.end(), std::back_inserter(iptables_tables));
    std::move(read.marks.begin(), read.marks.end(), std::back_inserter(foreign));
  }
  for (ForeignMark& mark : parse_nft_marks(listed({"nft", "-s", "-t", "list", "ruleset"}), iptables_tables)) {
    foreign.push_back(std::move(mark));
  }
  return foreign;
}

}  // namespace voip
