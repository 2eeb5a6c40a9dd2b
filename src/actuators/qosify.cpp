// OpenWrt's qosify: its shaper is always there, and switching means to put the far end of each call into a class of it, by
// `ubus call qosify add` with a time limit. The limit is renewed while the call lasts, so that qosify forgets the address by
// itself when nobody renews it any more: nothing stays for good, whatever happens to the daemon. Never `config`, which would
// replace the whole list of interfaces.
//
// As its map.c has it: an `add` sets class and limit of whatever entry there is, also to less than it had and where it had none;
// so an entry that does already what we want is let alone. A limit that has passed becomes five minutes more, as often as packets
// of that address were seen since the last time, the first time in any case. `remove` gives an address back to the class that a
// file of its configuration has for it.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actuators/shown.h"
#include "base/words.h"
#include "core/actuator.h"

namespace voip::actuators {
namespace {

constexpr Duration renewed_before = 15s;     // so much of the limit may pass before it is set again
constexpr Duration longest_addition = 5min;  // what qosify itself adds to a limit

// Order of the results.
enum Place : std::size_t { entries, status, classes, configuration };

// What `ubus -S`, which prints nothing then, ends with.
constexpr int not_found = 4;
constexpr int timed_out = 7;

// Its names of code points (map.c): CS0, AF11, EF ...; it takes numbers too, and shows their names where they have one.
std::optional<std::uint32_t> code_point(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint32_t>, 5> others{
      {{"EF", 46}, {"VA", 44}, {"NQB", 45}, {"LE", 1}, {"DF", 0}}};
  for (const auto& [name, value] : others) {
    if (text == name) {
      return value;
    }
  }
  const auto digit = [&](std::size_t place) { return static_cast<std::uint32_t>(text[place] - '0'); };
  if (text.size() == 3 && text.substr(0, 2) == "CS" && digit(2) < 8) {
    return digit(2) * 8;
  }
  if (text.size() == 4 && text.substr(0, 2) == "AF" && digit(2) - 1 < 4 && digit(3) - 1 < 3) {
    return digit(2) * 8 + digit(3) * 2;
  }
  return parse_number(text);
}

bool is_same_class(std::string_view shown_class, std::string_view configured) {
  const auto code = code_point(configured);
  return shown_class == configured || (code && code == code_point(shown_class));
}

struct Entry {
  bool is_there = false;             // in our class
  std::optional<std::int64_t> ends;  // in so many seconds; empty: it stays, so it is not ours
};

// What a call of ubus answered; null where that is nothing that can be understood.
const JsonValue* answer_of(const CommandResult* result) {
  return shown::ended_well(result) && result->json ? &*result->json : nullptr;
}

Entry find(const Probe& probe, const IpAddress& address, const QosSettings& settings) {
  const JsonValue* dump = answer_of(shown::result_at(probe, entries));
  if (dump == nullptr) {
    return {};
  }
  for (const JsonValue& entry : dump->values_of("entries")) {
    if (IpAddress::parse(entry.text_of("addr")) == address) {
      return {.is_there = is_same_class(entry.text_of("dscp"), settings.qosify.dscp), .ends = entry.number_of("timeout")};
    }
  }
  return {};
}

bool needs_limit(const Entry& entry, const QosSettings& settings) {
  return !entry.is_there || (entry.ends && 1s * *entry.ends < settings.qosify.timeout - renewed_before);
}

// What stays for longer than anything of ours can is of somebody else, or it has been learnt from DNS.
bool is_ours(const Entry& entry, const QosSettings& settings) {
  return entry.is_there && entry.ends && 1s * *entry.ends <= std::max<Duration>(settings.qosify.timeout, longest_addition);
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
  return {.argv = {"ubus", "-t", "5", "call", "qosify", std::string(method), text + "}"}};
}

// On one line with -S: a long list takes less room so.
Command ask(std::string method) {
  return {.argv = {"ubus", "-S", "-t", "5", "call", "qosify", std::move(method)}, .says_json = true};
}

Command dump() {
  return ask("dump");
}

Command optional_dump() {
  Command command = dump();
  command.may_fail = true;
  return command;
}

std::string why_silent(std::string_view method, const CommandResult* result) {
  if (result != nullptr && result->exit_status == not_found) {
    return "it is not on the bus";
  }
  if (result != nullptr && result->exit_status == timed_out) {
    return method == "dump"
               ? "no answer in 5 s; a list of some 12000 entries is more than ubus carries, and each port of a range is one"
               : "no answer in 5 s";
  }
  return shown::why_not("ubus call qosify " + std::string(method), result);
}

Plan look() {
  return {dump(), ask("status"), ask("get_stats"), {.argv = {"uci", "-q", "show", "qosify"}}};
}

Plan preflight(Qos /*wanted*/, const Probe& /*seen*/, const QosSettings& /*settings*/, const Site& /*site*/) {
  return look();
}

// Its statistics name each class, but not those of 2024; the configuration does, where it is UCI's.
bool lacks_class(const Probe& probe, const std::string& name) {
  const JsonValue* told = answer_of(shown::result_at(probe, classes));
  const JsonValue* all = told == nullptr ? nullptr : told->find("classes");
  if (code_point(name)) {
    return false;
  }
  if (all != nullptr) {
    return all->find(name) == nullptr;
  }
  const CommandResult* uci = shown::result_at(probe, configuration);
  return shown::ended_well(uci) && shown::uci_value(uci->output, "qosify." + name) != "class" &&
         shown::uci_value(uci->output, "qosify." + name) != "alias";
}

// The interface or device that its configuration switches off; the file that comes with it does.
std::string switched_off(const Probe& probe) {
  const CommandResult* uci = shown::result_at(probe, configuration);
  if (!shown::ended_well(uci)) {
    return "";
  }
  for (const std::string_view line : lines_of(uci->output)) {
    const std::size_t end = line.find("=interface");
    if (end != std::string_view::npos && shown::uci_value(uci->output, std::string(line.substr(0, end)) + ".disabled") == "1") {
      return std::string(line.substr(0, end));
    }
  }
  return "";
}

// Whatever its kind is (cake, in newer kernels cake_mq): without it there is the kernel's default, which has no handle.
bool has_shaper(const Probe& probe, const Site& site) {
  return probe.find_root(site.wan) != nullptr;
}

// Why a class for a call would do nothing now; empty: it would.
std::string why_idle(const Probe& probe, const QosSettings& settings, const Site& site) {
  const CommandResult* seen = shown::result_at(probe, status);
  if (!shown::ended_well(seen)) {
    return "qosify does not answer (" + why_silent("status", seen) + "): is it installed and started?";
  }
  if (site.wan.empty()) {
    return "there is no WAN now (no default route)";
  }
  const JsonValue* told = answer_of(seen);
  if (told == nullptr) {
    return "qosify says nothing that can be understood: see `ubus call qosify status`";
  }
  const auto shapes_wan = [&site](const JsonValue& device) {
    return device.text_of("ifname") == site.wan && (device.is_true("active") || device.number_of("active") == 1);
  };
  const auto& interfaces = told->values_of("interfaces");
  const auto& devices = told->values_of("devices");
  const bool is_active =
      std::any_of(interfaces.begin(), interfaces.end(), shapes_wan) || std::any_of(devices.begin(), devices.end(), shapes_wan);
  if (!is_active) {
    const std::string off = switched_off(probe);
    return "qosify does not shape " + site.wan +
           (off.empty() ? ": set up its interface in /etc/config/qosify (`ubus call qosify status`)"
                        : ": it is switched off in its own configuration; run `uci set " + off +
                              ".disabled=0; uci commit qosify; /etc/init.d/qosify restart`");
  }
  if (!has_shaper(probe, site)) {
    return "qosify says that it shapes " + site.wan + ", but there is no CAKE at its root: is kmod-sched-cake there, or has " +
           "another program taken it away? (`tc qdisc show dev " + site.wan + "`, `/etc/init.d/qosify restart`)";
  }
  return lacks_class(probe, settings.qosify.dscp)
             ? "qosify has no class " + settings.qosify.dscp + ": qos.qosify.dscp is one of /etc/config/qosify, or a DSCP like EF"
             : "";
}

std::string refuse(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  return wanted == Qos::off ? "" : why_idle(before, settings, site);
}

Plan plan(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  if (wanted != Qos::off) {
    std::vector<IpAddress> lacking;
    std::copy_if(site.remotes.begin(), site.remotes.end(), std::back_inserter(lacking),
                 [&](const IpAddress& address) { return needs_limit(find(before, address, settings), settings); });
    return {lacking.empty() ? optional_dump() : call("add", lacking, settings, true)};
  }
  std::vector<IpAddress> ours;
  const bool is_told = answer_of(shown::result_at(before, entries)) != nullptr;
  for (const auto* addresses : {&site.remotes, &site.past_remotes}) {
    std::copy_if(addresses->begin(), addresses->end(), std::back_inserter(ours),
                 [&](const IpAddress& address) { return !is_told || is_ours(find(before, address, settings), settings); });
  }
  Command removal = ours.empty() ? dump() : call("remove", ours, settings, false);
  removal.may_fail = ours.empty() || !is_told;  // a qosify that is gone has forgotten them
  return {std::move(removal)};
}

Plan observe(const Probe& /*seen*/, const QosSettings& /*settings*/, const Site& /*site*/) {
  return look();
}

QosObserved read(const Probe& probe, const QosSettings& settings, const Site& site) {
  const CommandResult* seen = shown::result_at(probe, entries);
  const bool was_switched_on = probe.last_switch == Qos::on;
  if (seen != nullptr && seen->exit_status == timed_out) {
    return {std::nullopt, "qosify does not tell its entries (" + why_silent("dump", seen) + ")"};
  }
  if (!shown::ended_well(seen)) {
    // What it forgets when it ends is gone; so nothing of ours is there.
    return {Qos::off, was_switched_on ? "qosify does not answer any more (" + why_silent("dump", seen) + ")" : ""};
  }
  if (answer_of(seen) == nullptr) {
    return {std::nullopt, "qosify's list of entries cannot be understood: see `ubus call qosify dump`"};
  }
  bool has_ours = false;
  bool needs_renewal = false;
  for (const IpAddress& remote : site.remotes) {
    const Entry entry = find(probe, remote, settings);
    has_ours = has_ours || is_ours(entry, settings);
    needs_renewal = needs_renewal || needs_limit(entry, settings);
  }
  has_ours = has_ours || std::any_of(site.past_remotes.begin(), site.past_remotes.end(),
                                     [&](const IpAddress& remote) { return is_ours(find(probe, remote, settings), settings); });
  // With no call up there is nothing to be seen, and what was ordered is what there is.
  const bool is_on = has_ours || was_switched_on;
  const std::string idle = why_idle(probe, settings, site);
  if (is_on && !has_shaper(probe, site)) {
    return {Qos::off, idle};  // its entries do nothing
  }
  return {.qos = is_on ? Qos::on : Qos::off,
          .problem = "",
          .needs_renewal = is_on && needs_renewal,
          .is_left = false,
          .remark = idle};
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
