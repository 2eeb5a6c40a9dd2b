// Our own shaping for any Linux router with HTB, IFB, u32, mirred and nftables (tc_profile.h says what it looks like).
// It is never laid over what others have put at a root, and removed only by our own handles. The state is read from one dump of
// the qdiscs: everything that we install has handles of ours, the marker comes last, and it says which state it is.
#include "actuators/tc_changes.h"
#include "actuators/tc_profile.h"
#include "actuators/tc_state.h"
#include "actuators/unknown_line.h"
#include "core/actuator.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace voip::actuators {
namespace {

using tc::Found;

void append(Plan more, Plan& plan) {
  std::move(more.begin(), more.end(), std::back_inserter(plan));
}

Plan preflight(Qos /*wanted*/, const Probe& seen, const QosSettings& /*settings*/, const Site& /*site*/) {
  Plan plan = tc::show_filters(seen);
  append(tc::show_trees(seen), plan);
  return plan;
}

std::string refuse(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  if (wanted == Qos::off) {
    return "";
  }
  if (settings.tc.upload_kbit == 0 && settings.tc.download_kbit == 0) {
    if (!settings.tc.upload_is_auto && !settings.tc.download_is_auto) {
      return "neither qos.tc.upload_kbit nor qos.tc.download_kbit is set: leave them out, and they are learnt, or measure the "
             "line";
    }
    return unknown_line(site, "qos.tc.upload_kbit");
  }
  if (site.wan.empty()) {
    return "there is no WAN now (no default route); set qos.wan if it is another device";
  }
  if (before.find_link(site.wan) == nullptr) {
    return "the WAN device " + site.wan + " does not exist now";
  }
  if (const Link& wan = *before.find_link(site.wan); !wan.bridge.empty()) {
    return "the WAN device " + wan.name + " is a port of the bridge " + wan.bridge +
           ", and what is routed goes out of the bridge: set qos.wan to " + wan.bridge;
  }
  const tc::Layout layout = tc::layout_of(before, settings, site);
  if (settings.tc.download_kbit != 0 && layout.lan.empty()) {
    return "no device towards the LAN was found to shape the download on: set qos.tc.lan, or qos.tc.download_kbit to 0";
  }
  for (const std::string& device : layout.lan) {
    if (!tc::is_plain(device)) {
      return "the name of LAN device \"" + device + "\" has letters that tc and nft cannot take";
    }
  }
  if (!tc::is_plain(site.wan)) {
    return "the name of the WAN device \"" + site.wan + "\" has letters that tc and nft cannot take";
  }
  for (const Qdisc& qdisc : before.qdiscs) {
    if (layout.shapes_upload() && qdisc.device == layout.wan && qdisc.is_at_root() && qdisc.handle != 0 &&
        qdisc.handle >> 16U != tc::upload_major) {
      return "another program shapes " + qdisc.device + " already (qdisc " + qdisc.kind +
             " at its root), and that is not ours to remove: stop it, or use an actuator that switches it";
    }
    if (tc::contains(layout.lan, qdisc.device) && qdisc.kind == "ingress") {
      return "another program has an ingress qdisc on " + qdisc.device +
             ", beside which the download cannot be shaped there: remove it, name other devices in qos.tc.lan, or set "
             "qos.tc.download_kbit to 0";
    }
  }
  return "";
}

// A clsact that others use too stays, without our redirect. One without any filter is what an interrupted installation leaves.
bool clsact_is_removed(const tc::Filters& filters, bool is_something_ours) {
  return !filters.has_foreign && (filters.has_ours || is_something_ours);
}

// Removes whatever of ours is there, each thing by its handle, the redirect before the device that it leads to.
Plan removal(const Probe& before) {
  std::string lines;
  for (const Qdisc& qdisc : before.qdiscs) {
    if (qdisc.is_at_root() && qdisc.handle >> 16U == tc::upload_major && qdisc.kind == "htb") {
      lines += "qdisc del dev " + qdisc.device + " root handle ca1:\n";
    }
  }
  const bool is_something_ours = tc::has_something_of_ours(before);
  const auto devices = tc::devices_with_clsact(before);
  for (std::size_t place = 0; place < devices.size(); ++place) {
    const tc::Filters filters = tc::filters_of(before, place);
    if (clsact_is_removed(filters, is_something_ours)) {
      lines += "qdisc del dev " + devices[place] + " clsact\n";
    } else if (filters.has_ours) {
      lines += "filter del dev " + devices[place] + " egress pref " + std::to_string(tc::preference) + "\n";
    }
  }
  Plan plan;
  if (!lines.empty()) {
    plan.push_back(tc::batch(lines));
  }
  if (before.find_link(tc::ifb) != nullptr) {
    plan.push_back({.argv = {"ip", "link", "del", std::string(tc::ifb)}});
  }
  return plan;
}

// What is there is all that these settings install, and unchanged.
bool is_as_installed(const Probe& before, const QosSettings& settings, const Site& site, const tc::Layout& layout) {
  const Found found = tc::find_ours(before, layout);
  return (found == Found::draining || found == Found::settled) &&
         tc::is_up_to_date(before, tc::fingerprint(settings, site, layout)) &&
         tc::changed_in_trees(before, tc::devices_with_clsact(before).size(), found == Found::draining ? Qos::draining : Qos::on,
                              settings, layout)
             .empty();
}

// What is there is what was installed with the rates of the last switch, for the same directions.
bool differs_in_rates_alone(const Probe& before, const QosSettings& settings, const Site& site, const tc::Layout& layout) {
  QosSettings old = settings;
  old.tc.upload_kbit = before.last_rates.upload_kbit;
  old.tc.download_kbit = before.last_rates.download_kbit;
  const auto is_same_way = [](std::uint32_t a, std::uint32_t b) { return (a == 0) == (b == 0); };
  return is_same_way(old.tc.upload_kbit, settings.tc.upload_kbit) &&
         is_same_way(old.tc.download_kbit, settings.tc.download_kbit) && is_as_installed(before, old, site, layout);
}

Plan plan(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  if (wanted == Qos::off) {
    Plan plan = removal(before);
    plan.push_back({.argv = {"nft", "-f", "-"}, .input = tc::nft_removal()});
    return plan;
  }
  const tc::Layout layout = tc::layout_of(before, settings, site);
  const Command rules{.argv = {"nft", "-f", "-"}, .input = tc::nft_rules(settings, site)};
  const std::uint32_t fingerprint = tc::fingerprint(settings, site, layout);
  if (is_as_installed(before, settings, site, layout)) {
    return {rules, tc::batch(tc::tc_change(wanted, settings, layout, before, fingerprint))};
  }
  if (differs_in_rates_alone(before, settings, site, layout)) {
    return {tc::batch(tc::tc_retune(wanted, settings, layout, before, fingerprint))};
  }
  Plan plan = removal(before);
  std::vector<std::string> with_clsact;
  const bool is_something_ours = tc::has_something_of_ours(before);
  const auto devices = tc::devices_with_clsact(before);
  for (std::size_t place = 0; place < devices.size(); ++place) {
    if (!clsact_is_removed(tc::filters_of(before, place), is_something_ours)) {
      with_clsact.push_back(devices[place]);
    }
  }
  if (layout.shapes_download()) {
    const std::string name(tc::ifb);
    plan.push_back({.argv = {"ip", "link", "add", name, "type", "ifb"}});
    // Its own queue length is 32, and all of the LAN's traffic passes it.
    plan.push_back({.argv = {"ip", "link", "set", name, "txqueuelen", "1000", "up"}});
  }
  plan.push_back(rules);
  append(tc::tc_installation(wanted, settings, layout, with_clsact, fingerprint), plan);
  return plan;
}

Plan observe(const Probe& seen, const QosSettings& /*settings*/, const Site& /*site*/) {
  Plan plan = tc::show_filters(seen);
  plan.push_back({.argv = {"nft", "-t", "list", "table", "inet", std::string(tc::table)}});
  append(tc::show_trees(seen), plan);
  return plan;
}

QosObserved read(const Probe& probe, const QosSettings& settings, const Site& site) {
  // nft comes after the lists of filters.
  const std::size_t place = tc::devices_with_clsact(probe).size();
  const CommandResult table = place < probe.results.size() ? probe.results[place] : CommandResult{.exit_status = 1};
  const bool has_table = table.exit_status == 0;
  const tc::Layout layout = tc::layout_of(probe, settings, site);
  const Found found = tc::find_ours(probe, layout);
  if (found == Found::nothing) {
    return {Qos::off, has_table ? "our nft table inet voip_qosd is left over" : ""};
  }
  if (found == Found::remains) {
    // Neither on nor off while something is shaped.
    return {tc::shapes_something(probe) ? std::nullopt : std::optional(Qos::off),
            "parts of our shaping are missing or left over: a switch was interrupted, or somebody changed it"};
  }
  if (!has_table) {
    return {std::nullopt, "our nft table inet voip_qosd is missing, so calls do not come first: " +
                              (table.failure.empty() ? std::string("somebody removed it") : "nft: " + table.failure)};
  }
  // After a change of the settings it is put in place anew.
  const bool is_up_to_date = tc::is_up_to_date(probe, tc::fingerprint(settings, site, layout));
  const Qos state = found == Found::draining ? Qos::draining : Qos::on;
  if (is_up_to_date) {
    if (!tc::has_all_rules(table.output, settings, site)) {
      return {std::nullopt, "rules of our nft table inet voip_qosd are missing: somebody removed them"};
    }
    if (std::string changed = tc::changed_in_trees(probe, place + 1, state, settings, layout); !changed.empty()) {
      return {std::nullopt, std::move(changed)};
    }
  }
  return {state, "", state == Qos::on && !is_up_to_date};
}

}  // namespace

extern const Actuator tc_shaping;
const Actuator tc_shaping{.name = "tc",
                          .drains = true,
                          .takes_rates = true,
                          .preflight = preflight,
                          .refuse = refuse,
                          .plan = plan,
                          .observe = observe,
                          .read = read};

}  // namespace voip::actuators
