#include "actuators/tc_changes.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "actuators/cake.h"
#include "actuators/shown.h"
#include "actuators/tc_state.h"
#include "base/words.h"

namespace voip::tc {
namespace {

std::vector<std::string> devices_with_tree(const Probe& probe) {
  std::vector<std::string> devices;
  for (const Qdisc& qdisc : probe.qdiscs) {
    const std::uint32_t major = qdisc.handle >> 16U;
    if (qdisc.kind == "htb" && qdisc.is_at_root() && (major == upload_major || major == download_major) &&
        is_plain(qdisc.device) && !contains(devices, qdisc.device)) {
      devices.push_back(qdisc.device);
    }
  }
  return devices;
}

// "900kbit" as we write it, "900Kbit" as tc prints it.
bool is_same_rate(std::string_view printed, std::string_view written) {
  const auto bit_per_s = cake::parse_rate(printed);
  const auto kbit = parse_number(written.substr(0, written.find("kbit")));
  return bit_per_s && kbit && cake::is_rate(*bit_per_s, *kbit);
}

// Whether the listing has the class of a line "class add dev D parent P classid C htb rate R ceil R ...".
bool has_class(std::string_view listing, const std::vector<std::string_view>& wanted) {
  const auto lines = lines_of(listing);
  return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
    const auto words = words_of(line);
    return words.size() > 2 && words[0] == "class" && words[2] == word_after(wanted, "classid") &&
           is_same_rate(word_after(words, "rate"), word_after(wanted, "rate")) &&
           is_same_rate(word_after(words, "ceil"), word_after(wanted, "ceil"));
  });
}

// The same of a queue with a limit: "qdisc add dev D parent P handle H: pfifo limit N".
bool has_queue(const Probe& probe, const std::vector<std::string_view>& wanted) {
  const std::string_view handle = word_after(wanted, "handle");
  const auto major = parse_number("0x" + std::string(handle.substr(0, handle.find(':'))));
  const auto limit = parse_number(word_after(wanted, "limit"));
  return std::any_of(probe.qdiscs.begin(), probe.qdiscs.end(), [&](const Qdisc& qdisc) {
    return qdisc.device == word_after(wanted, "dev") && qdisc.handle >> 16U == major &&
           (qdisc.limit == 0 || qdisc.limit == limit);
  });
}

bool has_arp_filter(std::string_view listing) {
  return listing.find("protocol arp pref 1 u32") != std::string_view::npos;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) {
    ++found;
  }
  return found;
}

}  // namespace

Plan show_trees(const Probe& seen) {
  Plan plan;
  for (const std::string& device : devices_with_tree(seen)) {
    std::string lines = "class show dev ";
    lines.append(device).append("\nfilter show dev ").append(device).append("\n");
    plan.push_back(batch(std::move(lines)));
  }
  return plan;
}

std::string changed_in_trees(const Probe& probe, std::size_t place, Qos state, const QosSettings& settings,
                             const Layout& layout) {
  const auto devices = devices_with_tree(probe);
  const Plan wanted = tc_installation(state, settings, layout, layout.lan, 1);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const CommandResult* shown = shown::result_at(probe, place + i);
    if (!shown::ended_well(shown)) {
      continue;
    }
    for (const std::string_view line : lines_of(wanted.front().input)) {
      const auto words = words_of(line);
      if (words.size() < 3 || word_after(words, "dev") != devices[i]) {
        continue;
      }
      const bool is_there = words[0] == "class"                                          ? has_class(shown->output, words)
                            : words[0] == "qdisc" && !word_after(words, "limit").empty() ? has_queue(probe, words)
                            : words[0] == "filter" && line.find("protocol arp") != std::string_view::npos
                                ? has_arp_filter(shown->output)
                                : true;
      if (!is_there) {
        return "somebody changed our shaping on " + devices[i] + ", which should have: " + std::string(line);
      }
    }
  }
  return "";
}

bool has_all_rules(std::string_view listing, const QosSettings& settings, const Site& site) {
  const std::string wanted = nft_rules(settings, site);
  const auto same = [&](std::string_view what) { return count(listing, what) >= count(wanted, what); };
  return same("meta priority set") && same("goto ");
}

}  // namespace voip::tc
