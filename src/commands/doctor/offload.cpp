#include "commands/doctor/offload.h"

#include <algorithm>

namespace voip {
namespace {

constexpr std::size_t most_flowtables = 64;
constexpr std::string_view blank = " \t{};\r";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(blank);
    if (begin == std::string_view::npos) {
      return words;
    }
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(blank), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::string names_of(const std::vector<Flowtable>& tables) {
  std::string names;
  for (const Flowtable& table : tables) {
    names += (names.empty() ? "" : ", ") + table.name;
  }
  return names;
}

std::string uci_off(const std::string& option) {
  return "uci set firewall.@defaults[0]." + option + "=0; uci commit firewall; /etc/init.d/firewall restart";
}

Check hardware(const OffloadFacts& facts, const ListedFlows& flows, const Platform& platform) {
  const std::string where = flows.hw_offloaded != 0 ? std::to_string(flows.hw_offloaded) + " connections are in the hardware now"
                            : facts.uci_hardware    ? "firewall.@defaults[0].flow_offloading_hw is 1"
                                                    : "nftables: " + names_of(facts.flowtables);
  return {
      "offload", CheckResult::failed,
      "hardware flow offload is on (" + where +
          "): counters of offloaded connections stand still, so calls are not seen, and "
          "queues do not see their packets",
      platform.is_openwrt ? uci_off("flow_offloading_hw") : "take `flags offload` out of the flowtable in your nftables rules"};
}

// What the short cut leaves out of what this actuator relies on.
Check software(const std::string& seen, const QosSettings& qos, const Platform& platform) {
  const std::string fix = platform.is_openwrt ? uci_off("flow_offloading") : "take the flowtable out of your nftables rules";
  if (qos.actuator == "tc" || qos.actuator == "qos-scripts") {
    return {"offload", CheckResult::failed,
            seen + ": offloaded packets skip the rules that classify them, so with qos.actuator \"" + qos.actuator +
                "\" calls do not come first",
            fix};
  }
  if (qos.mark_calls && (qos.actuator == "sqm-scripts" || qos.actuator == "cake-rate")) {
    return {"offload", CheckResult::warning,
            seen + ": the line is shaped, but offloaded packets skip the rule that gives calls their DSCP", fix};
  }
  return {"offload", CheckResult::ok, seen + ", which counts what it carries"};
}

}  // namespace

std::vector<Flowtable> parse_flowtables(std::string_view text) {
  std::vector<Flowtable> tables;
  std::string owner;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.size() >= 3 && words[0] == "table") {
      owner = std::string(words[1]) + " " + std::string(words[2]);
    } else if (words.size() >= 2 && words[0] == "flowtable" && tables.size() < most_flowtables) {
      tables.push_back({owner + " " + std::string(words[1])});
    } else if (!tables.empty() && !words.empty() && words[0] == "counter") {
      tables.back().has_counter = true;
    } else if (!tables.empty() && words.size() >= 2 && words[0] == "flags") {
      tables.back().is_hardware = std::find(words.begin(), words.end(), "offload") != words.end();
    }
  }
  return tables;
}

Checks judge_offload(const OffloadFacts& facts, const ListedFlows& flows, const QosSettings& qos, const Platform& platform) {
  if (!facts.problem.empty()) {
    return {{"offload", CheckResult::failed, "it cannot be seen: " + facts.problem, "find out why that program hangs"}};
  }
  const auto& tables = facts.flowtables;
  const bool is_hardware = flows.hw_offloaded != 0 || (facts.uci_software && facts.uci_hardware) ||
                           std::any_of(tables.begin(), tables.end(), [](const Flowtable& table) { return table.is_hardware; });
  if (is_hardware) {
    return {hardware(facts, flows, platform)};
  }
  if (tables.empty() && !facts.uci_software && flows.offloaded == 0 && !facts.may_list) {
    return {{"offload", CheckResult::note, "not looked at: that needs CAP_NET_ADMIN"}};
  }
  if (tables.empty() && !facts.uci_software && flows.offloaded == 0) {
    return {{"offload", CheckResult::ok, "no flow offload: every packet passes counters and queues"}};
  }
  const std::string seen =
      "software flow offload is on (" +
      (tables.empty() ? std::string(facts.uci_software ? "firewall.@defaults[0].flow_offloading is 1" : "") : names_of(tables)) +
      (flows.offloaded == 0                    ? ""
       : tables.empty() && !facts.uci_software ? std::to_string(flows.offloaded) + " connections"
                                               : ", " + std::to_string(flows.offloaded) + " connections") +
      ")";
  if (std::any_of(tables.begin(), tables.end(), [](const Flowtable& table) { return !table.has_counter; })) {
    return {{"offload", CheckResult::failed, seen + " and does not count what it carries, so calls are not seen",
             platform.is_openwrt ? uci_off("flow_offloading") + " (OpenWrt 23.05 and later count)"
                                 : "put the word `counter` into the flowtable of your nftables rules"}};
  }
  return {software(seen, qos, platform)};
}

}  // namespace voip
