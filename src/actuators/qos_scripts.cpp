// OpenWrt's qos-scripts (HFSC). Its programs end with 0 whatever happened, so only what is in the kernel counts; `/etc/init.d/qos
// stop` does not switch off, so it is never used. qos-stop takes the queues of every device that shows HFSC or an ingress qdisc,
// whoever put them there: so nothing is run while there is shaping of others.
#include <algorithm>
#include <array>

#include "actuators/call_rule.h"
#include "actuators/qos_scripts_state.h"
#include "actuators/shown.h"
#include "core/actuator.h"

namespace voip::actuators {
namespace {

using voip::qos_scripts::assess_queues;
using voip::qos_scripts::configured;
using voip::qos_scripts::Place;

// IPv6 is marked only where its program and its table are there: qos-scripts does without them too.
constexpr std::array<std::pair<std::string_view, Place>, 2> tables{{{"iptables", Place::jumps}, {"ip6tables", Place::jumps_v6}}};

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

Plan preflight(Qos /*wanted*/, const Probe& /*seen*/, const QosSettings& settings, const Site& /*site*/) {
  return voip::qos_scripts::look(settings);
}

std::string refuse(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  if (const Qdisc* foreign = voip::qos_scripts::foreign_shaping(before, site)) {
    return "another program has a qdisc " + foreign->kind + " on " + foreign->device + ", and " + settings.qos_scripts.stop +
           " (which " + settings.qos_scripts.start +
           " runs first) would remove it: stop the one or the other, or use another actuator";
  }
  if (wanted == Qos::off) {
    return "";
  }
  const std::string& section = settings.qos_scripts.interface;
  const CommandResult* uci = shown::result_at(before, Place::configuration);
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
  if (const Qdisc* foreign = voip::qos_scripts::uses_ifb(before, settings) ? voip::qos_scripts::ifb_of_others(before) : nullptr) {
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
  return voip::qos_scripts::look(settings);
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
