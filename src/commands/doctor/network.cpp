#include "commands/doctor/network.h"

#include <algorithm>
#include <iterator>

namespace voip {
namespace {

std::string joined(const std::vector<IpPrefix>& prefixes) {
  std::vector<std::string> words;
  words.reserve(prefixes.size());
  std::transform(prefixes.begin(), prefixes.end(), std::back_inserter(words), [](const IpPrefix& p) { return p.to_string(); });
  return voip::joined(words);
}

const Interface* find(const std::vector<Interface>& interfaces, const std::string& name) {
  const auto found = std::find_if(interfaces.begin(), interfaces.end(), [&](const Interface& one) { return one.name == name; });
  return found == interfaces.end() ? nullptr : &*found;
}

bool has_device(const IpPrefix& network, const std::vector<Interface>& interfaces) {
  return std::any_of(interfaces.begin(), interfaces.end(), [&](const Interface& interface) {
    return std::any_of(interface.addresses.begin(), interface.addresses.end(), [&](const InterfaceAddress& address) {
      return network.contains(address.address) || address.network.contains(network.address());
    });
  });
}

bool overlaps(const IpPrefix& given, const Lan& lan) {
  return std::any_of(lan.prefixes().begin(), lan.prefixes().end(), [&](const IpPrefix& network) {
    return network.contains(given.address()) || given.contains(network.address());
  });
}

std::string how_given(const DeviceSettings& device) {
  return !device.mac.empty() ? "mac " + device.mac : "hostname " + device.hostname;
}

// Nothing: all is well.
std::optional<Check> judge_device(const DeviceSettings& device, const std::vector<IpAddress>& found, const Lan& lan) {
  const std::string name = "\"" + device.name + "\"";
  if (device.address) {
    if (overlaps(*device.address, lan)) {
      return std::nullopt;
    }
    return Check{"device", CheckResult::failed,
                 name + ": " + device.address->to_string() + " is in none of the watched networks (" + joined(lan.prefixes()) +
                     "), so its calls are never seen",
                 "correct its address, or name its network too in monitor.lan"};
  }
  if (found.empty()) {
    return Check{
        "device", CheckResult::note,
        name + ": nobody with " + how_given(device) + " is known now: it is off, or it has never asked here for an address",
        "switch it on; then see: ip neigh, and the DHCP server's leases"};
  }
  const auto outside = std::find_if(found.begin(), found.end(), [&](const IpAddress& address) { return !lan.contains(address); });
  if (outside == found.end()) {
    return std::nullopt;
  }
  return Check{"device", CheckResult::warning,
               name + ": it has " + outside->to_string() + ", which is in none of the watched networks",
               "name that network too in monitor.lan"};
}

// monitor.lan names an address of the router itself.
Check judge_own_address(const IpPrefix& own, const NetworkFacts& facts) {
  std::string network = "192.168.1.0/24";
  for (const Interface& interface : facts.interfaces) {
    for (const InterfaceAddress& address : interface.addresses) {
      network = address.address == own.address() ? address.network.to_string() : network;
    }
  }
  return {"lan", CheckResult::failed,
          own.to_string() + " (monitor.lan) is this router's own address: nobody is behind it, so no call is seen there",
          "name the network of the phones: monitor.lan = [\"" + network + "\"]"};
}

// Why each interface that has an address is a LAN or is none, and whether one that is taken for a LAN looks like none.
void judge_interfaces(const NetworkFacts& facts, Checks& checks) {
  std::vector<std::string> words;
  std::vector<const Interface*> guests;
  std::vector<IpPrefix> others;  // networks of which the router is no guest
  for (const Interface& interface : facts.interfaces) {
    const bool has_address = std::any_of(interface.addresses.begin(), interface.addresses.end(),
                                         [](const InterfaceAddress& one) { return !one.address.is_link_local(); });
    if (interface.is_loopback || !has_address) {
      continue;
    }
    const auto networks = lan_networks(interface);
    std::string why_not = why_outside(interface, facts.network.wan, facts.routes);
    if (why_not.empty() && networks.empty()) {
      why_not = "the router has no private network there";
    }
    words.push_back(interface.name + (why_not.empty() ? " is a LAN" : " is none: " + why_not));
    if (why_not.empty() && looks_like_guest(interface)) {
      guests.push_back(&interface);
    } else if (why_not.empty()) {
      others.insert(others.end(), networks.begin(), networks.end());
    }
  }
  checks.push_back({"interfaces", CheckResult::ok, voip::joined(words)});
  if (guests.empty() || others.empty()) {
    return;
  }
  std::string list;
  for (const IpPrefix& network : others) {
    list += (list.empty() ? "\"" : ", \"") + network.to_string() + "\"";
  }
  for (const Interface* guest : guests) {
    checks.push_back({"interfaces", CheckResult::warning,
                      guest->name +
                          " is taken for a LAN, so calls between it and the other LANs are not heard; but its address " +
                          guest->addresses.front().address.to_string() + " looks like a guest's",
                      "if a VPN, a modem or another router is there, name the LANs alone: monitor.lan = [" + list + "]"});
  }
}

// The device is there and up; nothing: it is.
std::optional<Check> judge_link(const NetworkFacts& facts) {
  const std::string& wan = facts.network.wan;
  const Interface* interface = find(facts.interfaces, wan);
  if (interface == nullptr) {
    return Check{"wan", CheckResult::failed, "there is no device " + wan + " now (qos.wan), so nothing is shaped",
                 "bring it up, or set qos.wan to the line's device (ip link), or to \"auto\": where the default route goes"};
  }
  if (!interface->is_up) {
    return Check{"wan", CheckResult::failed, wan + " is down", "ip link set " + wan + " up"};
  }
  if (!interface->has_carrier) {
    return Check{"wan", CheckResult::failed, wan + " has no carrier: its cable or the modem behind it is off",
                 "look at the cable and the modem"};
  }
  return std::nullopt;
}

}  // namespace

Checks judge_lan(const NetworkFacts& facts, const Settings& settings) {
  if (!facts.error.empty()) {
    return {{"lan", CheckResult::failed, facts.error, "run as root: sudo voip-qosd doctor"}};
  }
  const auto& networks = facts.network.lan.prefixes();
  if (const auto own = facts.network.lan.own_prefixes(); !own.empty()) {
    return {judge_own_address(own.front(), facts)};
  }
  if (networks.empty()) {
    return {{"lan", CheckResult::failed, "no private network was found on a device that is up, so no flow is watched",
             "set monitor.lan = [\"192.168.1.0/24\"], with your networks"}};
  }
  std::vector<IpPrefix> nowhere;
  std::copy_if(networks.begin(), networks.end(), std::back_inserter(nowhere),
               [&](const IpPrefix& network) { return !has_device(network, facts.interfaces); });
  if (!settings.monitor.lan.empty() && !nowhere.empty()) {
    return {{"lan", CheckResult::warning, "this router has no address in " + joined(nowhere) + " (monitor.lan)",
             "correct monitor.lan, or set it to \"auto\"; it is right if that network lies behind another router"}};
  }
  std::vector<std::string> absent;
  std::copy_if(settings.qos.tc.lan.begin(), settings.qos.tc.lan.end(), std::back_inserter(absent),
               [&](const std::string& name) { return find(facts.interfaces, name) == nullptr; });
  if (settings.qos.actuator == "tc" && !absent.empty()) {
    return {{"lan", CheckResult::warning,
             "there is no device " + joined(absent) + " (qos.tc.lan): what goes out there is not shaped",
             "correct qos.tc.lan, or leave it out: then the devices that hold the LAN's addresses count"}};
  }
  const auto& devices = facts.network.lan_devices;
  Checks checks{{"lan", CheckResult::ok,
                 "watched: " + joined(networks) + (devices.empty() ? "" : " on " + joined(devices)) +
                     (facts.network.lan.has_own_calls() ? "; and the router's own calls (it listens for SIP)" : "")}};
  if (settings.monitor.lan.empty()) {
    judge_interfaces(facts, checks);
  }
  return checks;
}

Checks judge_devices(const NetworkFacts& facts, const Settings& settings) {
  if (!facts.error.empty() || settings.devices.empty()) {
    return {};
  }
  Checks checks;
  for (std::size_t i = 0; i < settings.devices.size(); ++i) {
    const auto found = i < facts.found.size() ? facts.found[i] : std::vector<IpAddress>();
    if (auto check = judge_device(settings.devices[i], found, facts.network.lan)) {
      checks.push_back(std::move(*check));
    }
  }
  if (checks.empty()) {
    const std::size_t count = settings.devices.size();
    checks.push_back({"device", CheckResult::ok,
                      count == 1 ? "\"" + settings.devices.front().name + "\" is in the watched LAN"
                                 : "all " + std::to_string(count) + " configured devices are in the watched LAN"});
  }
  return checks;
}

Checks judge_wan(const NetworkFacts& facts, const QosSettings& qos) {
  if (!facts.error.empty()) {
    return {};
  }
  const std::string& wan = facts.network.wan;
  const DefaultRoutes& routes = facts.routes;
  if (wan.empty()) {
    return {{"wan", CheckResult::failed, "there is no default route, so it is not known where the WAN is",
             "bring the connection up (ip route show default); or set qos.wan to its device"}};
  }
  if (auto check = judge_link(facts)) {
    return {*check};
  }
  if (routes.ipv4.empty() && routes.ipv6.empty()) {
    return {{"wan", CheckResult::failed, "no default route goes through " + wan + " or any other device: there is no way out",
             "bring the connection up (ip route show default)"}};
  }
  Checks checks;
  const auto warn = [&](const std::string& seen, const std::string& fix) {
    checks.push_back({"wan", CheckResult::warning, seen, fix});
  };
  const std::string& way = routes.ipv4.empty() ? routes.ipv6 : routes.ipv4;
  if (wan != routes.ipv4 && wan != routes.ipv6) {
    warn("qos.wan is " + wan + ", but the default route goes through " + way, "set qos.wan = \"auto\", or \"" + way + "\"");
  } else if (!routes.ipv4.empty() && !routes.ipv6.empty() && routes.ipv4 != routes.ipv6) {
    warn("IPv4 goes out through " + routes.ipv4 + " and IPv6 through " + routes.ipv6 + ": only " + wan + " is switched",
         "set qos.wan to the device that both pass (that of the line, under a tunnel)");
  } else if (routes.all.size() > 1) {
    warn("there are default routes through " + joined(routes.all) + ": only " + wan +
             " is switched, the one of the lowest metric, or the first of equals",
         "set qos.wan to the line that calls take");
  }
  if (checks.empty()) {
    const bool is_other_name = qos.wan != "auto" && qos.wan != wan;
    checks.push_back({"wan", CheckResult::ok,
                      wan + " is up and has the default route of " +
                          (routes.ipv4.empty()   ? "IPv6"
                           : routes.ipv6.empty() ? "IPv4"
                                                 : "IPv4 and IPv6") +
                          (is_other_name ? " (the device of OpenWrt's interface \"" + qos.wan + "\")" : "")});
  }
  return checks;
}

}  // namespace voip
