// OpenWrt's sqm-scripts, one queue of it. run.sh ends with 0 when the start failed, and it skips silently what is disabled or has
// a state file; so the truth is the state file, which is written only after a start that worked, together with the queues, since
// others may take those away (qos-stop does) and the file stays. A run that was killed leaves its lock, which nobody breaks:
// every later run waits ten seconds and gives up; so a lock whose owner is dead is removed first.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "actuators/cake.h"
#include "actuators/shown.h"
#include "base/words.h"
#include "core/actuator.h"

namespace voip::actuators {
namespace {

// Order of the results after those of cake::look(); the last two before a switch, and where there are queues.
enum Place : std::size_t { configuration = cake::look_size, state_file, lock_owner, programs };

std::string device_of(const QosSettings& settings, const Site& site) {
  return settings.sqm_scripts.interface.empty() ? site.wan : settings.sqm_scripts.interface;
}

std::string lock_of(const QosSettings& settings) {
  return settings.sqm_scripts.state_dir + "/sqm-run.lock";
}

// One queue of /etc/config/sqm; the name is empty when there is none for the device.
struct Queue {
  std::string section;  // "sqm.eth1", "sqm.@queue[0]"
  bool is_enabled = false;
  bool has_upload = false;
  bool has_download = false;
  bool has_classes = false;           // the script makes some, so that DSCP means something in the upload
  bool has_download_classes = false;  // ... and in the download
  bool is_last = true;
};

Queue queue_of(const Probe& probe, const std::string& device) {
  Queue queue;
  const CommandResult* uci = shown::result_at(probe, configuration);
  if (!shown::ended_well(uci) || device.empty()) {
    return queue;
  }
  for (const std::string_view line : lines_of(uci->output)) {
    constexpr std::string_view option = ".interface=";
    const std::size_t found = line.find(option);
    if (found == std::string_view::npos) {
      continue;
    }
    if (line.substr(found + option.size()) != "'" + device + "'" || queue.is_enabled) {
      queue.is_last = queue.section.empty();
      continue;
    }
    queue.is_last = true;
    queue.section = line.substr(0, found);
    const auto value = [&](std::string_view key) {
      return shown::uci_value(uci->output, queue.section + "." + std::string(key));
    };
    queue.is_enabled = value("enabled") == "1";  // run.sh takes nothing else for it
    queue.has_upload = value("upload") != "0";   // not set: its own default
    queue.has_download = value("download") != "0";
    queue.has_classes = queue.has_upload && value("script") == "layer_cake.qos";
    queue.has_download_classes = queue.has_download && value("script") == "layer_cake.qos" && value("squash_ingress") == "0";
  }
  return queue;
}

cake::Line line_of(const Queue& queue, const std::string& device, const Probe& probe, const Site& site) {
  cake::Line line = cake::line_on(device, probe, site);
  line.upload = queue.has_upload ? device : "";
  line.download = queue.has_download ? line.download : "";
  return line;
}

// ---- what is there ----

bool has_ingress(const Probe& probe, std::string_view device) {
  return std::any_of(probe.qdiscs.begin(), probe.qdiscs.end(), [&](const Qdisc& qdisc) {
    return qdisc.device == device && qdisc.kind == "ingress" && qdisc.is_at_ingress();
  });
}

bool has_link(const Probe& probe, std::string_view name) {
  return probe.find_link(name) != nullptr;
}

struct Found {
  bool has_file = false;
  bool has_upload = false;
  bool has_download = false;
  bool has_anything = false;  // that sqm-scripts has or may have put there
};

Found find(const Probe& probe, const std::string& device) {
  Found found;
  if (device.empty()) {
    return found;
  }
  const std::string ifb = cake::ifb_of(device);
  found.has_file = shown::ended_well(shown::result_at(probe, state_file));
  found.has_upload = probe.find_root(device) != nullptr;
  const Link* link = probe.find_link(ifb);
  found.has_download = has_ingress(probe, device) && probe.find_root(ifb) != nullptr && (link == nullptr || link->is_up);
  found.has_anything = found.has_upload || has_ingress(probe, device) || probe.find_root(ifb) != nullptr;
  return found;
}

// Its owner is not among the programs any more. Without a number in it, it is just being taken.
bool lock_is_stale(const Probe& probe) {
  const CommandResult* owner = shown::result_at(probe, lock_owner);
  const CommandResult* running = shown::result_at(probe, programs);
  if (!shown::ended_well(owner) || !shown::ended_well(running)) {
    return false;
  }
  const auto words = words_of(lines_of(owner->output).empty() ? "" : lines_of(owner->output).front());
  const auto all = lines_of(running->output);
  // A list that was cut could have lost it.
  return words.size() == 1 && parse_number(words.front()) && std::find(all.begin(), all.end(), "1") != all.end() &&
         std::find(all.begin(), all.end(), "self") != all.end() && std::find(all.begin(), all.end(), words.front()) == all.end();
}

// Queues without a state file are others', unless they came with a start that we have just ordered and that failed, or with a run
// that was killed: its lock tells of that, and its IFB, which it makes first, that it was for this device. While QoS is off what
// others have put there is not our business.
bool has_remains(const Probe& probe, const Found& found, const std::string& device) {
  const bool was_killed = lock_is_stale(probe) && has_link(probe, cake::ifb_of(device));
  return !found.has_file && found.has_anything && (probe.last_switch == Qos::on || was_killed);
}

Plan look(const QosSettings& settings, const Site& site) {
  const std::string device = device_of(settings, site);
  Plan plan = cake::look({.wan = device, .upload = device, .download = ""});
  plan.push_back({.argv = {"uci", "-q", "show", "sqm"}});
  plan.push_back({.argv = {"cat", settings.sqm_scripts.state_dir + "/" + device + ".state"}});
  return plan;
}

Plan with_lock(Plan plan, const QosSettings& settings) {
  plan.push_back({.argv = {"cat", lock_of(settings) + "/pid"}});
  plan.push_back({.argv = {"ls", "-1", "/proc"}});
  return plan;
}

QosObserved assess(const Probe& probe, const QosSettings& settings, const Site& site) {
  const std::string device = device_of(settings, site);
  const Queue queue = queue_of(probe, device);
  const Found found = find(probe, device);
  if (!found.has_file) {
    return {Qos::off, has_remains(probe, found, device)
                          ? "sqm-scripts has left parts of a start that failed on " + device + " (see `logread -e SQM`)"
                          : ""};
  }
  if (!found.has_upload && !found.has_download) {
    return {Qos::off, "sqm-scripts says that it is on (" + settings.sqm_scripts.state_dir + "/" + device +
                          ".state), but its queues are gone: somebody else removed them"};
  }
  if ((queue.has_upload && !found.has_upload) || (queue.has_download && !found.has_download)) {
    return {std::nullopt, "sqm-scripts is half on: the " + std::string(found.has_upload ? "download" : "upload") + " of " +
                              device + " is not shaped"};
  }
  return {Qos::on, ""};
}

// ---- the actuator ----

Plan preflight(Qos /*wanted*/, const Probe& /*seen*/, const QosSettings& settings, const Site& site) {
  return with_lock(look(settings, site), settings);
}

std::string refuse(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  const std::string device = device_of(settings, site);
  if (device.empty()) {
    // Without a name run.sh would take all its queues.
    return "there is no WAN now (no default route); set qos.sqm-scripts.interface to the device of the queue";
  }
  if (wanted == Qos::off) {
    return "";
  }
  if (!has_link(before, device)) {
    return "the device " + device + " does not exist now, and sqm-scripts would do nothing";
  }
  const Queue queue = queue_of(before, device);
  if (queue.section.empty()) {
    return "/etc/config/sqm has no queue for the device " + device +
           ": sqm-scripts is not installed or not set up, or qos.sqm-scripts.interface is another";
  }
  if (!queue.is_enabled) {
    return "sqm-scripts is switched off in its own configuration, so it would do nothing: run `uci set " + queue.section +
           ".enabled=1; uci commit sqm; /etc/init.d/sqm disable` (the last, so that only calls switch it on)";
  }
  const Found found = find(before, device);
  if (!found.has_file && !has_remains(before, found, device)) {
    const Qdisc* foreign = before.find_root(device);
    if (foreign != nullptr || has_ingress(before, device)) {
      return "another program has a qdisc " + (foreign != nullptr ? foreign->kind : std::string("ingress")) + " on " + device +
             ", and sqm-scripts would remove it: stop the one or the other, or use another actuator";
    }
  }
  return "";
}

Plan plan(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  const std::string device = device_of(settings, site);
  const Queue queue = queue_of(before, device);
  const cake::Line line = line_of(queue, device, before, site);
  const Found found = find(before, device);
  Plan plan;
  const auto run = [&](const std::string& action, bool may_fail) {
    plan.push_back({.argv = {settings.sqm_scripts.run, action, device}, .may_fail = may_fail});
  };
  if (wanted != Qos::off && assess(before, settings, site) == QosObserved{Qos::on, ""}) {
    cake::append_calls(before, settings, line, true, plan);
    if (!plan.empty()) {
      return plan;  // only that was missing; a restart would empty all queues
    }
  }
  if (lock_is_stale(before)) {
    plan.push_back({.argv = {"rm", "-f", lock_of(settings) + "/pid"}});
    plan.push_back({.argv = {"rmdir", lock_of(settings)}, .may_fail = true});
  }
  if (wanted == Qos::off) {
    cake::append_calls(before, settings, line, false, plan);
    if (has_remains(before, found, device)) {
      // It stops only what it has written down, so what a failed start left goes by way of one that works.
      run("start", true);
    }
    run("stop", !found.has_file);
    return plan;
  }
  if (found.has_file) {
    run("stop", true);  // else it would skip the start
  }
  // The rule before the queue: a call that is not known while the line fills goes through it as bulk. Whether they took is seen.
  if (settings.mark_calls && queue.has_classes && !line.hides_ip) {
    plan.push_back(cake::upload_rules(settings, line));
    plan.back().may_fail = true;
  }
  // It ends as its last queue did, and ends badly with one that was not asked for (start_sqm_section in run-openwrt.sh).
  run("start", !queue.is_last);
  if (cake::can_mark_download(settings) && queue.has_download_classes) {
    plan.push_back(cake::download_filter(settings, line));
    plan.back().may_fail = true;
  }
  return plan;
}

Plan observe(const Probe& seen, const QosSettings& settings, const Site& site) {
  Plan plan = look(settings, site);
  return find(seen, device_of(settings, site)).has_anything ? with_lock(std::move(plan), settings) : plan;
}

QosObserved read(const Probe& probe, const QosSettings& settings, const Site& site) {
  QosObserved observed = assess(probe, settings, site);
  const std::string device = device_of(settings, site);
  if (observed.problem.empty()) {
    observed.problem =
        cake::calls_problem(probe, settings, line_of(queue_of(probe, device), device, probe, site), observed.qos == Qos::on);
  }
  return observed;
}

std::string remark(const Probe& probe, const QosSettings& settings, const Site& site) {
  const std::string device = device_of(settings, site);
  return cake::remark(probe, settings, line_of(queue_of(probe, device), device, probe, site));
}

}  // namespace

extern const Actuator sqm_scripts;
const Actuator sqm_scripts{.name = "sqm-scripts",
                           .preflight = preflight,
                           .refuse = refuse,
                           .plan = plan,
                           .observe = observe,
                           .read = read,
                           .remark = remark};

}  // namespace voip::actuators
