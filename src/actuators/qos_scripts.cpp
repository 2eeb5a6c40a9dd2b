// OpenWrt's qos-scripts (HFSC). Its programs end with 0 whatever happened, so only what is in the kernel counts; `/etc/init.d/qos
// stop` does not switch off, so it is never used. qos-stop takes the queues of every device that shows HFSC or an ingress qdisc,
// whoever put them there: so nothing is run while there is shaping of others.
#include <algorithm>
#include <array>
#include <optional>

#include "actuators/call_rule.h"
#include "actuators/shown.h"
#include "base/words.h"
#include "core/actuator.h"

namespace voip::actuators {
namespace {

constexpr std::uint32_t handle_of_tree = 0x00010000;

// ---- what the commands say ----

// Order of the results, of preflight and observe alike.
enum Place : std::size_t { jumps, jumps_v6, configuration };

// IPv6 is marked only where its program and its table are there: qos-scripts does without them too.
constexpr std::array<std::pair<std::string_view, Place>, 2> tables{{{"iptables", jumps}, {"ip6tables", jumps_v6}}};

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

// Then everything leaves the WAN by the IFB, and there is no ingress. Any value does it, even 0 (generate.sh).
bool is_half_duplex(const Probe& probe, const QosSettings& settings) {
  return !configured(probe, settings, "halfduplex").empty();
}

bool shapes_download(const Probe& probe, const QosSettings& settings) {
  const std::string download = configured(probe, settings, "download");
  return !download.empty() && download != "0" && !is_half_duplex(probe, settings);
}

bool uses_ifb(const Probe& probe, const QosSettings& settings) {
  return shapes_download(probe, settings) || is_half_duplex(probe, settings);
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

call_rule::Found find_rule(const Probe& probe, Place place, const QosSettings& settings, const Site& site) {
  return call_rule::find(shown::result_at(probe, place), settings, site.wan);
}

// The rule for calls is to be there, in each table that works, exactly when QoS is on and calls are marked.
bool rules_are_right(const Probe& probe, const QosSettings& settings, const Site& site, bool is_wanted) {
  return std::all_of(tables.begin(), tables.end(), [&](const auto& table) {
    const auto found = find_rule(probe, table.second, settings, site);
    return !found.is_known || (is_wanted ? found.is_right : found.ours.empty());
  });
}

void append_rule_removals(const Probe& probe, const QosSettings& settings, const Site& site, Plan& plan) {
  for (const auto& [program, place] : tables) {
    call_rule::append_removal(program, find_rule(probe, place, settings, site), plan);
  }
}

bool has_rule(const Probe& probe, const QosSettings& settings, const Site& site) {
  return std::any_of(tables.begin(), tables.end(),
                     [&](const auto& table) { return !find_rule(probe, table.second, settings, site).ours.empty(); });
}

// Whether shaping that is on is to be left so, since somebody else has started it. A start of ours is known by its rule; without
// one by memory.
bool is_start_of_others(const Probe& probe, const QosSettings& settings, const Site& site) {
  if (settings.qos_scripts.foreign == Foreign::stop) {
    return false;
  }
  if (!has_rule(probe, settings, site)) {
    return probe.last_switch != Qos::on;
  }
  return std::none_of(tables.begin(), tables.end(), [&](const auto& table) {
    return find_rule(probe, table.second, settings, site).start == call_rule::Start::ours;
  });
}

// Whatever of ours is there and not right is taken away, and what is missing put first.
void append_rules(const Probe& probe, const QosSettings& settings, const Site& site, call_rule::Start start, bool may_fail,
                  Plan& plan) {
  for (const auto& [program, place] : tables) {
    const auto found = find_rule(probe, place, settings, site);
    if (found.is_right && settings.mark_calls) {
      continue;
    }
    call_rule::append_removal(program, found, plan);
    if (found.is_known && settings.mark_calls) {
      plan.push_back(call_rule::insertion(program, settings, site.wan, start));
      plan.back().may_fail = may_fail;
    }
  }
}

// ---- what the kernel says ----

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

// Shaping that qos-stop would take although it is not of qos-scripts. With several WANs in its configuration there are several
// trees, each with its ingress, and one for each on an IFB. Others use HFSC with the same handle; so a tree on the WAN counts
// only with a second sign: chains, IFB, or its leaves, which is all there is when qos-start was killed early.
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

// An IFB of others that is in use. Where ifb is a module, generate.sh unloads and loads it again whenever the number of devices
// named ifb* is not the one that it needs for downloads; they would be gone.
const Qdisc* ifb_of_others(const Probe& probe) {
  const auto found = std::find_if(probe.qdiscs.begin(), probe.qdiscs.end(), [](const Qdisc& qdisc) {
    return qdisc.device.substr(0, 3) == "ifb" && qdisc.is_at_root() && qdisc.handle != 0 &&
           !(is_numbered_ifb(qdisc.device) && qdisc.kind == "hfsc");
  });
  return found == probe.qdiscs.end() ? nullptr : &*found;
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

// What is in force, in words where something is wrong with it.
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

Plan preflight(Qos /*wanted*/, const Probe& /*seen*/, const QosSettings& settings, const Site& /*site*/) {
  return look(settings);
}

std::string refuse(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  if (const Qdisc* foreign = foreign_shaping(before, site)) {
    return "another program has a qdisc " + foreign->kind + " on " + foreign->device + ", and " + settings.qos_scripts.stop +
           " (which " + settings.qos_scripts.start +
           " runs first) would remove it: stop the one or the other, or use another actuator";
  }
  if (wanted == Qos::off) {
    return "";
  }
  const std::string& section = settings.qos_scripts.interface;
  const CommandResult* uci = shown::result_at(before, configuration);
  if (uci != nullptr && uci->exit_status > 0) {
    return "/etc/config/qos has no interface " + section +
           ": qos-scripts is not installed, or qos.qos-scripts.interface is another";
  }
  // Not there counts as enabled (generate.sh).
  if (shown::is_uci_false(configured(before, settings, "enabled"))) {
    return "qos-scripts is switched off in its own configuration, so its programs would do nothing: run `uci set qos." + section +
           ".enabled=1; uci commit qos; /etc/init.d/qos disable` (the last, so that only calls switch it on)";
  }
  if (site.wan.empty()) {
    return "there is no WAN now (no default route), and qos-scripts would do nothing";
  }
  if (before.find_link(site.wan) == nullptr) {
    return "the WAN device " + site.wan + " does not exist now, and qos-scripts would make an IFB of that name";
  }
  if (const Qdisc* foreign = uses_ifb(before, settings) ? ifb_of_others(before) : nullptr) {
    return "another program shapes with the IFB " + foreign->device + ", and " + settings.qos_scripts.start +
           " may unload the ifb module under it: stop the one or the other, or use another actuator";
  }
  return "";
}

Plan plan(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  const QosObserved queues = assess_queues(before, settings, site);
  Plan plan;
  if (wanted == Qos::off) {
    // qos-stop forks a hundred programs; a rule of ours that is left over needs none of them.
    const bool is_only_rule = queues == QosObserved{Qos::off, ""} && !rules_are_right(before, settings, site, false);
    const bool is_left = queues == QosObserved{Qos::on, ""} && is_start_of_others(before, settings, site);
    if (!is_only_rule && !is_left) {
      plan.push_back({.argv = {settings.qos_scripts.stop}});
    }
    append_rule_removals(before, settings, site, plan);
    return plan;
  }
  if (queues == QosObserved{Qos::on, ""} && !rules_are_right(before, settings, site, settings.mark_calls)) {
    // A start would empty all queues and leave the line without shaping for seconds.
    append_rules(before, settings, site,
                 is_start_of_others(before, settings, site) ? call_rule::Start::others : call_rule::Start::ours, false, plan);
    return plan;
  }
  // The rule first: a call that is not known while the line fills goes through it as bulk.
  append_rules(before, settings, site, call_rule::Start::ours, true, plan);
  plan.push_back({.argv = {settings.qos_scripts.start}});
  return plan;
}

Plan observe(const Probe& /*seen*/, const QosSettings& settings, const Site& /*site*/) {
  return look(settings);
}

QosObserved read(const Probe& probe, const QosSettings& settings, const Site& site) {
  QosObserved queues = assess_queues(probe, settings, site);
  const bool is_of_others = is_start_of_others(probe, settings, site);
  if (is_of_others && probe.last_switch == Qos::off && !queues.problem.empty()) {
    // It may be in the middle of it.
    return {.qos = Qos::off, .problem = "", .remark = queues.problem + ": somebody else has started or stopped it"};
  }
  if (!queues.problem.empty() || !queues.qos) {
    return queues;
  }
  const bool is_on = queues.qos == Qos::on;
  if (is_on && is_of_others && !has_rule(probe, settings, site)) {
    return {.qos = Qos::on, .problem = "", .needs_renewal = settings.mark_calls, .is_left = true};
  }
  if (!rules_are_right(probe, settings, site, is_on && settings.mark_calls)) {
    queues.problem = is_on && settings.mark_calls
                         ? "the rule that puts calls first is not before the chains of qos-scripts: its listing has changed "
                           "(see `iptables -t mangle -S FORWARD`), or iptables lacks the match connmark"
                         : "the rule that puts calls first is left over in the FORWARD chain of mangle";
  }
  return queues;
}

}  // namespace

extern const Actuator qos_scripts;
const Actuator qos_scripts{
    .name = "qos-scripts", .preflight = preflight, .refuse = refuse, .plan = plan, .observe = observe, .read = read};

}  // namespace voip::actuators
