// OpenWrt's qos-scripts (HFSC). Its programs end with 0 whatever happened, so only what is in the kernel counts; `/etc/init.d/qos
// stop` does not switch off, so it is never used. qos-stop takes the queues of every device that shows HFSC or an ingress qdisc,
// whoever put them there: so nothing is run while there is shaping of others.
#include <algorithm>
#include <optional>

#include "core/actuator.h"

namespace voip::actuators {
namespace {

constexpr std::uint32_t root = 0xffffffff;     // TC_H_ROOT
constexpr std::uint32_t ingress = 0xfffffff1;  // TC_H_INGRESS; clsact has it too
constexpr std::uint32_t handle_of_tree = 0x00010000;

// ---- what the commands say ----

// Order of the results, of preflight and observe alike.
enum Place : std::size_t { jumps, configuration };

Plan look(const QosSettings& settings) {
  return {
      {.argv = {"iptables", "-w", "-t", "mangle", "-S", "FORWARD"}},
      {.argv = {"uci", "-q", "show", "qos." + settings.qos_scripts.interface}},
  };
}

const CommandResult* result_at(const Probe& probe, Place place) {
  return place < probe.results.size() ? &probe.results[place] : nullptr;
}

// One value of `uci show`, which prints qos.wan.enabled='1'; empty where it is not set.
std::string configured(const Probe& probe, const QosSettings& settings, std::string_view key) {
  const CommandResult* result = result_at(probe, configuration);
  if (result == nullptr || result->exit_status != 0) {
    return "";
  }
  const std::string start = "qos." + settings.qos_scripts.interface + "." + std::string(key) + "=";
  const std::string& text = result->output;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (text.compare(begin, start.size(), start) == 0) {
      std::string value = text.substr(begin + start.size(), end - begin - start.size());
      std::erase(value, '\'');
      return value;
    }
    begin = end + 1;
  }
  return "";
}

// Jumps of the FORWARD chain to the chains of qos-scripts: all, or only those for one device. A chain of the user's own has no
// `-o`.
std::size_t count_jumps(const Probe& probe, std::string_view device) {
  const CommandResult* result = result_at(probe, jumps);
  std::size_t count = 0;
  if (result == nullptr || result->exit_status != 0) {
    return count;
  }
  const std::string_view text = result->output;
  const std::string wished = " -o " + std::string(device) + (device.empty() ? "" : " ");
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (line.find(" -j qos_") != std::string_view::npos && line.find(wished) != std::string_view::npos) {
      ++count;
    }
    begin = end + 1;
  }
  return count;
}

// ---- what the kernel says ----

bool is_tree(const Qdisc& qdisc) {
  return qdisc.kind == "hfsc" && qdisc.parent == root && qdisc.handle == handle_of_tree;
}

bool is_ingress(const Qdisc& qdisc) {
  return qdisc.kind == "ingress" && qdisc.parent == ingress;
}

bool has(const Probe& probe, std::string_view device, bool (*is_it)(const Qdisc&)) {
  return std::any_of(probe.qdiscs.begin(), probe.qdiscs.end(),
                     [&](const Qdisc& qdisc) { return qdisc.device == device && is_it(qdisc); });
}

// ifb0, ifb1 ...: others put a name behind it (ifb4wan, ifb-wan).
bool is_numbered_ifb(std::string_view device) {
  return device.size() > 3 && device.substr(0, 3) == "ifb" && device.find_first_not_of("0123456789", 3) == std::string_view::npos;
}

// Shaping that qos-stop would take although it is not of qos-scripts. With several WANs in its configuration there are several
// trees, each with its ingress, and one for each on an IFB. Others use HFSC with the same handle; so a tree on the WAN counts
// only with a second sign.
const Qdisc* foreign_shaping(const Probe& probe, const Site& site) {
  const bool has_jumps = count_jumps(probe, "") != 0;
  const bool has_ifb = std::any_of(probe.qdiscs.begin(), probe.qdiscs.end(),
                                   [](const Qdisc& qdisc) { return is_numbered_ifb(qdisc.device) && is_tree(qdisc); });
  const bool is_on = has(probe, site.wan, is_tree) && (has_jumps || has_ifb);
  for (const Qdisc& qdisc : probe.qdiscs) {
    const bool is_theirs = (is_on && has(probe, qdisc.device, is_tree)) || (is_numbered_ifb(qdisc.device) && is_tree(qdisc));
    // Without the HFSC module qos-start leaves its ingress and its chains behind.
    const bool is_half = qdisc.device == site.wan && has_jumps;
    if (is_theirs || is_half) {
      continue;
    }
    const bool is_taken = qdisc.kind == "hfsc" ? qdisc.parent == root : is_ingress(qdisc);
    const bool is_in_the_way = qdisc.device == site.wan && qdisc.parent == root && qdisc.handle != 0;
    if (is_taken || is_in_the_way) {
      return &qdisc;
    }
  }
  return nullptr;
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
  const CommandResult* uci = result_at(before, configuration);
  if (uci != nullptr && uci->exit_status > 0) {
    return "/etc/config/qos has no interface " + section +
           ": qos-scripts is not installed, or qos.qos_scripts.interface is another";
  }
  // Not there counts as enabled (generate.sh); so does the rest of what uci takes for true.
  if (const std::string enabled = configured(before, settings, "enabled");
      enabled == "0" || enabled == "no" || enabled == "off" || enabled == "false" || enabled == "disabled") {
    return "qos-scripts is switched off in its own configuration, so its programs would do nothing: run `uci set qos." + section +
           ".enabled=1; uci commit qos; /etc/init.d/qos disable` (the last, so that only calls switch it on)";
  }
  if (site.wan.empty()) {
    return "there is no WAN now (no default route), and qos-scripts would do nothing";
  }
  if (std::find(before.links.begin(), before.links.end(), site.wan) == before.links.end()) {
    return "the WAN device " + site.wan + " does not exist now, and qos-scripts would make an IFB of that name";
  }
  return "";
}

Plan plan(Qos wanted, const Probe& /*before*/, const QosSettings& settings, const Site& /*site*/) {
  return {{.argv = {wanted == Qos::off ? settings.qos_scripts.stop : settings.qos_scripts.start}}};
}

Plan observe(const Probe& /*seen*/, const QosSettings& settings, const Site& /*site*/) {
  return look(settings);
}

QosObserved read(const Probe& probe, const QosSettings& settings, const Site& site) {
  const CommandResult* iptables = result_at(probe, jumps);
  const bool knows_jumps = iptables != nullptr && iptables->exit_status == 0;
  const bool has_tree = !site.wan.empty() && has(probe, site.wan, is_tree);
  const bool has_ingress = !site.wan.empty() && has(probe, site.wan, is_ingress);
  const std::size_t all_jumps = count_jumps(probe, "");
  if (!has_tree) {
    if (all_jumps == 0) {
      return {Qos::off, ""};
    }
    if (has_ingress) {
      return {Qos::off, "qos-scripts is half on: there is no HFSC on " + site.wan +
                            " (is kmod-sched-core loaded?), but its ingress and " + "its chains are there"};
    }
    return {Qos::off, std::to_string(all_jumps) +
                          " rules of qos-scripts are left in the FORWARD chain of mangle: qos-stop leaves them "
                          "when the WAN cannot be resolved"};
  }
  if (!knows_jumps) {
    return {std::nullopt, "HFSC is on " + site.wan + ", but its iptables rules cannot be listed: " +
                              (iptables == nullptr         ? std::string("iptables was not run")
                               : iptables->failure.empty() ? "iptables: " + iptables->output
                                                           : "iptables: " + iptables->failure)};
  }
  std::string missing;
  if (count_jumps(probe, site.wan) == 0) {
    missing = "its rules in the FORWARD chain of mangle are missing, so all upload counts as Normal";
  }
  if (const std::string download = configured(probe, settings, "download");
      !has_ingress && !download.empty() && download != "0") {
    missing += (missing.empty() ? "" : ", and ") + std::string("the download is not shaped (no ingress on ") + site.wan + ")";
  }
  if (!missing.empty()) {
    return {std::nullopt, "qos-scripts is half on: " + missing};
  }
  return {Qos::on, ""};
}

}  // namespace

extern const Actuator qos_scripts;
const Actuator qos_scripts{
    .name = "qos-scripts", .preflight = preflight, .refuse = refuse, .plan = plan, .observe = observe, .read = read};

}  // namespace voip::actuators
