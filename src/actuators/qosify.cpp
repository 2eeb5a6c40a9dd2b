// OpenWrt's qosify: its shaper is always there, and switching means to put the far end of each call into a class of it, by
// `ubus call qosify add` with a time limit. The limit is renewed while the call lasts, so that qosify forgets the address by
// itself when nobody renews it any more: nothing stays for good, whatever happens to the daemon. Never `config`, which would
// replace the whole list of interfaces.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actuators/shown.h"
#include "core/actuator.h"

namespace voip::actuators {
namespace {

constexpr Duration renewed_before = 15s;  // so much of the limit may pass before it is set again

// Order of the results; the status only before a switch.
enum Place : std::size_t { entries, status };

// The value of a key in the text of one flat JSON object: without the quotes of a text, empty when it is not there.
std::string_view json_value(std::string_view object, std::string_view key) {
  const std::string name = "\"" + std::string(key) + "\"";
  const std::size_t found = object.find(name);
  if (found == std::string_view::npos) {
    return {};
  }
  std::string_view rest = object.substr(found + name.size());
  const std::size_t colon = rest.find_first_not_of(" \t\r\n");
  if (colon == std::string_view::npos || rest[colon] != ':') {
    return {};
  }
  rest.remove_prefix(colon + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  if (!rest.empty() && rest.front() == '"') {
    rest.remove_prefix(1);
    return rest.substr(0, std::min(rest.find('"'), rest.size()));
  }
  return rest.substr(0, std::min(rest.find_first_of(", \t\r\n}"), rest.size()));
}

// The innermost objects of a JSON text. Names and addresses hold no braces.
std::vector<std::string_view> objects_of(std::string_view text) {
  std::vector<std::string_view> objects;
  for (std::size_t end = 0; (end = text.find('}', end)) != std::string_view::npos; ++end) {
    const std::size_t begin = text.rfind('{', end);
    if (begin != std::string_view::npos) {
      objects.push_back(text.substr(begin, end - begin + 1));
    }
  }
  return objects;
}

struct Entry {
  bool is_there = false;              // in our class
  std::optional<std::uint32_t> ends;  // in so many seconds; empty: it stays, so it is not ours
};

Entry find(const Probe& probe, const IpAddress& address, const QosSettings& settings) {
  const CommandResult* dump = shown::result_at(probe, entries);
  if (!shown::ended_well(dump)) {
    return {};
  }
  for (const std::string_view object : objects_of(dump->output)) {
    if (IpAddress::parse(json_value(object, "addr")) == address) {
      return {.is_there = json_value(object, "dscp") == settings.qosify.dscp,
              .ends = shown::number(json_value(object, "timeout"))};
    }
  }
  return {};
}

bool is_ours(const Entry& entry) {
  return entry.is_there && entry.ends;
}

// {"dscp":"voice","timeout":60,"ipv4":["203.0.113.9"],"ipv6":[]}; the limit only where it is asked for.
Command call(std::string_view method, const std::vector<IpAddress>& addresses, const QosSettings& settings, bool has_limit) {
  std::string text = R"({"dscp":")" + settings.qosify.dscp + '"';
  if (has_limit) {
    text += ",\"timeout\":" + std::to_string(settings.qosify.timeout / 1s);
  }
  for (const bool is_v6 : {false, true}) {
    std::string list;
    for (const IpAddress& address : addresses) {
      if (address.is_v6() == is_v6) {
        list += (list.empty() ? "\"" : ",\"") + address.to_string() + '"';
      }
    }
    text += std::string(is_v6 ? ",\"ipv6\":[" : ",\"ipv4\":[") + list + "]";
  }
  return {.argv = {"ubus", "call", "qosify", std::string(method), text + "}"}};
}

Command dump() {
  return {.argv = {"ubus", "call", "qosify", "dump"}};
}

Plan preflight(Qos /*wanted*/, const Probe& /*seen*/, const QosSettings& /*settings*/, const Site& /*site*/) {
  return {dump(), {.argv = {"ubus", "call", "qosify", "status"}}};
}

std::string refuse(Qos wanted, const Probe& before, const QosSettings& /*settings*/, const Site& site) {
  if (wanted == Qos::off) {
    return "";
  }
  const CommandResult* seen = shown::result_at(before, status);
  if (!shown::ended_well(seen)) {
    return "qosify does not answer (" + shown::why_not("ubus call qosify status", seen) + "): is it installed and started?";
  }
  if (site.wan.empty()) {
    return "there is no WAN now (no default route)";
  }
  const auto objects = objects_of(seen->output);
  const bool is_active = std::any_of(objects.begin(), objects.end(), [&](std::string_view object) {
    return json_value(object, "ifname") == site.wan &&
           (json_value(object, "active") == "true" || json_value(object, "active") == "1");
  });
  return is_active
             ? ""
             : "qosify does not shape " + site.wan + ": set up its interface in /etc/config/qosify (`ubus call qosify status`)";
}

Plan plan(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  if (wanted != Qos::off) {
    return {site.remotes.empty() ? dump() : call("add", site.remotes, settings, true)};
  }
  std::vector<IpAddress> ours;
  for (const auto* addresses : {&site.remotes, &site.past_remotes}) {
    std::copy_if(addresses->begin(), addresses->end(), std::back_inserter(ours),
                 [&](const IpAddress& address) { return is_ours(find(before, address, settings)); });
  }
  return {ours.empty() ? Command{.argv = dump().argv, .may_fail = true} : call("remove", ours, settings, false)};
}

Plan observe(const Probe& /*seen*/, const QosSettings& /*settings*/, const Site& /*site*/) {
  return {dump()};
}

QosObserved read(const Probe& probe, const QosSettings& settings, const Site& site) {
  const CommandResult* seen = shown::result_at(probe, entries);
  const bool was_switched_on = probe.last_switch == Qos::on;
  if (!shown::ended_well(seen)) {
    // What it forgets when it ends is gone; so nothing of ours is there.
    return {Qos::off,
            was_switched_on ? "qosify does not answer any more (" + shown::why_not("ubus call qosify dump", seen) + ")" : ""};
  }
  bool has_ours = false;
  bool needs_renewal = false;
  for (const IpAddress& remote : site.remotes) {
    const Entry entry = find(probe, remote, settings);
    has_ours = has_ours || is_ours(entry);
    needs_renewal =
        needs_renewal || !entry.is_there || (entry.ends && 1s * *entry.ends < settings.qosify.timeout - renewed_before);
  }
  has_ours = has_ours || std::any_of(site.past_remotes.begin(), site.past_remotes.end(),
                                     [&](const IpAddress& remote) { return is_ours(find(probe, remote, settings)); });
  // With no call up there is nothing to be seen, and what was ordered is what there is.
  const bool is_on = has_ours || was_switched_on;
  return {is_on ? Qos::on : Qos::off, "", is_on && needs_renewal};
}

}  // namespace

extern const Actuator qosify;
const Actuator qosify{.name = "qosify",
                      .follows_calls = true,
                      .preflight = preflight,
                      .refuse = refuse,
                      .plan = plan,
                      .observe = observe,
                      .read = read};

}  // namespace voip::actuators
