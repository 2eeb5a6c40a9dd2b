#include "actuators/qos_scripts_state.h"

#include <algorithm>
#include <optional>

#include "actuators/call_rule.h"
#include "actuators/shown.h"
#include "base/words.h"

namespace voip::qos_scripts {
namespace {

constexpr std::uint32_t handle_of_tree = 0x00010000;

// Then everything leaves the WAN by the IFB, and there is no ingress. Any value does it, even 0 (generate.sh).
bool is_half_duplex(const Probe& probe, const QosSettings& settings) {
  return !configured(probe, settings, "halfduplex").empty();
}

bool shapes_download(const Probe& probe, const QosSettings& settings) {
  const std::string download = configured(probe, settings, "download");
  return !download.empty() && download != "0" && !is_half_duplex(probe, settings);
}

// Jumps of the FORWARD chain to the chains of qos-scripts: all, or only those for one device. A chain of the user's own has no
// `-o`.
std::size_t count_jumps(const Probe& probe, std::string_view device) {
  const CommandResult* result = shown::result_at(probe, jumps);
  if (!shown::ended_well(result)) {
    return 0;
  }
  const std::string wished = " -o " + std::string(device) + (device.empty() ? "" : " ");
  const auto lines = lines_of(result->output);
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](std::string_view line) {
    return line.find(" -j qos_") != std::string_view::npos && line.find(wished) != std::string_view::npos;
  }));
}

bool is_tree(const Qdisc& qdisc) {
  return qdisc.kind == "hfsc" && qdisc.is_at_root() && qdisc.handle == handle_of_tree;
}

// 100: below 1:10 and so on, as tcrules.awk numbers them.
bool is_leaf(const Qdisc& qdisc) {
  const std::uint32_t number = qdisc.handle >> 24U;
  return number != 0 && qdisc.handle == number << 24U && qdisc.parent == (handle_of_tree | number << 4U);
}

bool is_ingress(const Qdisc& qdisc) {
  return qdisc.kind == "ingress" && qdisc.is_at_ingress();
}

bool has(const Probe& probe, std::string_view device, bool (*is_it)(const Qdisc&)) {
  return std::any_of(probe.qdiscs.begin(), probe.qdiscs.end(),
                     [&](const Qdisc& qdisc) { return qdisc.device == device && is_it(qdisc); });
}

// ifb0, ifb1 ...: others put a name behind it (ifb4wan, ifb-wan).
bool is_numbered_ifb(std::string_view device) {
  return device.size() > 3 && device.substr(0, 3) == "ifb" && device.find_first_not_of("0123456789", 3) == std::string_view::npos;
}

bool has_ifb_tree(const Probe& probe) {
  return std::any_of(probe.qdiscs.begin(), probe.qdiscs.end(),
                     [](const Qdisc& qdisc) { return is_numbered_ifb(qdisc.device) && is_tree(qdisc); });
}

const Qdisc* ifb_that_is_down(const Probe& probe) {
  const auto found = std::find_if(probe.qdiscs.begin(), probe.qdiscs.end(), [&probe](const Qdisc& qdisc) {
    const Link* link = is_numbered_ifb(qdisc.device) && is_tree(qdisc) ? probe.find_link(qdisc.device) : nullptr;
    return link != nullptr && !link->is_up;
  });
  return found == probe.qdiscs.end() ? nullptr : &*found;
}

// An IFB of theirs, which qos-start beside a qos-stop leaves behind: the leaves tell it from a tree of others.
bool has_ifb_remains(const Probe& probe, const Site& site) {
  return has(probe, site.wan, is_ingress) && std::any_of(probe.qdiscs.begin(), probe.qdiscs.end(), [&](const Qdisc& qdisc) {
           return is_numbered_ifb(qdisc.device) && is_tree(qdisc) && has(probe, qdisc.device, is_leaf);
         });
}

// Without its tree on the WAN it is off; but all else of it is to be gone too.
QosObserved assess_remains(const Probe& probe, const Site& site) {
  const std::size_t all_jumps = count_jumps(probe, "");
  const bool has_ifb = !site.wan.empty() && has_ifb_remains(probe, site);
  const bool has_wan_ingress = !site.wan.empty() && has(probe, site.wan, is_ingress);
  if (all_jumps == 0 && !has_ifb) {
    return {Qos::off, ""};  // an ingress alone may be of others
  }
  if (!has_wan_ingress) {
    return {Qos::off, std::to_string(all_jumps) +
                          " rules of qos-scripts are left in the FORWARD chain of mangle: qos-stop leaves them "
                          "when the WAN cannot be resolved"};
  }
  return {Qos::off, "qos-scripts is half on: there is no HFSC on " + site.wan + (has_ifb ? "" : " (is kmod-sched-core loaded?)") +
                        ", but its ingress" + (has_ifb ? ", its HFSC on an IFB" : "") +
                        (all_jumps != 0 ? " and its chains" : "") + " are there"};
}

}  // namespace

Plan look(const QosSettings& settings) {
  return {
      call_rule::list("iptables"),
      call_rule::list("ip6tables"),
      {.argv = {"uci", "-q", "show", "qos." + settings.qos_scripts.interface}},
  };
}

std::string configured(const Probe& probe, const QosSettings& settings, std::string_view key) {
  const CommandResult* result = shown::result_at(probe, configuration);
  return shown::ended_well(result)
             ? shown::uci_value(result->output, "qos." + settings.qos_scripts.interface + "." + std::string(key))
             : "";
}

bool uses_ifb(const Probe& probe, const QosSettings& settings) {
  return shapes_download(probe, settings) || is_half_duplex(probe, settings);
}

// With several WANs in its configuration there are several trees, each with its ingress, and one for each on an IFB. Others use
// HFSC with the same handle; so a tree on the WAN counts only with a second sign: chains, IFB, or its leaves, which is all there
// is when qos-start was killed early.
const Qdisc* foreign_shaping(const Probe& probe, const Site& site) {
  const bool has_jumps = count_jumps(probe, "") != 0;
  const bool has_ifb = has_ifb_tree(probe);
  const bool is_on = has(probe, site.wan, is_tree) && (has_jumps || has_ifb || has(probe, site.wan, is_leaf));
  for (const Qdisc& qdisc : probe.qdiscs) {
    const bool is_theirs = (is_on && has(probe, qdisc.device, is_tree)) || (is_numbered_ifb(qdisc.device) && is_tree(qdisc));
    // Without the HFSC module qos-start leaves its ingress and its chains behind, and so does one beside a qos-stop.
    const bool is_half = qdisc.device == site.wan && (has_jumps || has_ifb_remains(probe, site));
    if (is_theirs || is_half) {
      continue;
    }
    const bool is_taken = qdisc.kind == "hfsc" ? qdisc.is_at_root() : is_ingress(qdisc);
    const bool is_in_the_way = qdisc.device == site.wan && qdisc.is_at_root() && qdisc.handle != 0;
    if (is_taken || is_in_the_way) {
      return &qdisc;
    }
  }
  return nullptr;
}

const Qdisc* ifb_of_others(const Probe& probe) {
  const auto found = std::find_if(probe.qdiscs.begin(), probe.qdiscs.end(), [](const Qdisc& qdisc) {
    return qdisc.device.substr(0, 3) == "ifb" && qdisc.is_at_root() && qdisc.handle != 0 &&
           !(is_numbered_ifb(qdisc.device) && qdisc.kind == "hfsc");
  });
  return found == probe.qdiscs.end() ? nullptr : &*found;
}

QosObserved assess_queues(const Probe& probe, const QosSettings& settings, const Site& site) {
  const bool has_tree = !site.wan.empty() && has(probe, site.wan, is_tree);
  const bool has_ingress = !site.wan.empty() && has(probe, site.wan, is_ingress);
  if (!has_tree) {
    return assess_remains(probe, site);
  }
  if (const CommandResult* listing = shown::result_at(probe, jumps); !shown::ended_well(listing)) {
    return {std::nullopt,
            "HFSC is on " + site.wan + ", but its iptables rules cannot be listed: " + shown::why_not("iptables", listing)};
  }
  std::string missing;
  if (count_jumps(probe, site.wan) == 0) {
    missing = "its rules in the FORWARD chain of mangle are missing, so all upload counts as Normal";
  }
  if (!has_ingress && shapes_download(probe, settings)) {
    missing += (missing.empty() ? "" : ", and ") + std::string("the download is not shaped (no ingress on ") + site.wan + ")";
  }
  if (const Qdisc* down = ifb_that_is_down(probe); down != nullptr && uses_ifb(probe, settings)) {
    missing += (missing.empty() ? "" : ", and ") + std::string("the device ") + down->device +
               " is down, and all that comes to it is lost";
  }
  if (is_half_duplex(probe, settings) && !has_ifb_tree(probe)) {
    missing += (missing.empty() ? "" : ", and ") + std::string("the IFB by which all leaves with halfduplex has no HFSC");
  }
  if (!missing.empty()) {
    return {std::nullopt, "qos-scripts is half on: " + missing};
  }
  return {Qos::on, ""};
}

}  // namespace voip::qos_scripts
