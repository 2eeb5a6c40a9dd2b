#include "commands/setup/propose_network.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace voip {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const Interface* find(const NetworkFacts& facts, const std::string& name) {
  const auto found = std::find_if(facts.interfaces.begin(), facts.interfaces.end(),
                                  [&](const Interface& interface) { return interface.name == name; });
  return found == facts.interfaces.end() ? nullptr : &*found;
}

// What is put into packets that leave by another interface, and so is no line itself: DS-Lite, a VPN for everything.
bool is_tunnel(const Interface* interface) {
  constexpr std::array<std::string_view, 11> kinds{"ip6tnl", "sit", "ipip", "gre",       "gretap", "ip6gre",
                                                   "vti",    "tun", "map",  "wireguard", "xfrm"};
  return interface != nullptr && std::find(kinds.begin(), kinds.end(), interface->kind) != kinds.end();
}

// The default routes' devices, each once, the chosen one first.
std::vector<std::string> routed_devices(const DefaultRoutes& routes) {
  std::vector<std::string> devices;
  const auto add = [&devices](const std::string& device) {
    if (!device.empty() && !contains(devices, device)) {
      devices.push_back(device);
    }
  };
  add(routes.ipv4);
  add(routes.ipv6);
  for (const auto* list : {&routes.all, &routes.others}) {
    std::for_each(list->begin(), list->end(), add);
  }
  return devices;
}

// Without a default route: what could be a line that is down.
std::vector<std::string> idle_lines(const NetworkFacts& facts) {
  std::vector<std::string> names;
  for (const Interface& interface : facts.interfaces) {
    const bool is_lan = !lan_networks(interface).empty() && !looks_like_guest(interface);
    const bool is_line = interface.name.starts_with("wan") || interface.name.starts_with("ppp") || interface.carries_pppoe ||
                         looks_like_guest(interface);
    if (!interface.is_loopback && !is_lan && is_line) {
      names.push_back(interface.name);
    }
  }
  return names;
}

}  // namespace

WanProposal propose_wan(const NetworkFacts& facts, const Settings& now, const std::string& netifd_wan) {
  WanProposal proposal;
  const std::vector<std::string> devices = routed_devices(facts.routes);
  const std::string automatic = choose_wan("auto", facts.interfaces, facts.routes);
  const auto line =
      std::find_if(devices.begin(), devices.end(), [&](const std::string& device) { return !is_tunnel(find(facts, device)); });
  if (automatic.empty()) {
    proposal.others = idle_lines(facts);
    proposal.device = netifd_wan;
    proposal.why =
        "There is no default route now: " +
        (netifd_wan.empty() ? "the line is down, or not set up." : netifd_wan + ", the line of OpenWrt's wan, is down.") +
        " \"auto\" takes it when it comes.";
  } else if (is_tunnel(find(facts, automatic)) && line != devices.end()) {
    proposal.setting = *line;
    proposal.device = *line;
    proposal.why = "The default route goes through the tunnel " + automatic + ", and what is in it leaves by " + *line +
                   ": that is the line.";
  } else {
    proposal.device = automatic;
    proposal.why = "The default route goes through " + automatic + ".";
  }
  std::copy_if(devices.begin(), devices.end(), std::back_inserter(proposal.others),
               [&](const std::string& device) { return device != proposal.device; });
  if (now.qos.wan != "auto") {
    proposal.setting = now.qos.wan;
    proposal.device = facts.network.wan;
    proposal.why = "Your configuration has " + now.qos.wan + ".";
  } else if (const bool has_more = !automatic.empty() && proposal.setting == "auto" && !proposal.others.empty(); has_more) {
    proposal.why += " There are other lines; \"auto\" follows the default route, and only its line is shaped.";
  }
  return proposal;
}

bool is_container_bridge(const std::string& device) {
  constexpr std::array<std::string_view, 8> prefixes{"docker", "podman", "cni", "virbr", "lxcbr", "lxdbr", "incusbr", "veth"};
  const bool is_named = std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view p) { return device.starts_with(p); });
  // Docker's own networks: "br-" and twelve hexadecimal digits.
  constexpr std::size_t length = 15;
  return is_named || (device.size() == length && device.starts_with("br-") &&
                      device.find_first_not_of("0123456789abcdef", 3) == std::string::npos);
}

LanProposal propose_lan(const NetworkFacts& facts, const std::string& wan, const Settings& now) {
  LanProposal proposal;
  const std::vector<std::string> idle = wan.empty() ? idle_lines(facts) : std::vector<std::string>();
  std::vector<std::string> devices;
  std::string containers;
  for (const Interface& interface : facts.interfaces) {
    std::vector<IpPrefix> networks = lan_networks(interface);
    if (networks.empty() || !why_outside(interface, wan, facts.routes).empty() || contains(idle, interface.name)) {
      continue;
    }
    const bool is_home = !is_container_bridge(interface.name);
    if (is_home) {
      devices.push_back(interface.name);
    } else {
      containers += (containers.empty() ? "" : ", ") + interface.name;
    }
    proposal.candidates.push_back({interface.name, std::move(networks), is_home});
  }
  if (!now.monitor.lan.empty()) {
    proposal.setting = now.monitor.lan;
    proposal.why = "Your configuration names them.";
    return proposal;
  }
  proposal.setting = lan_setting_for(proposal, devices);
  if (devices.empty()) {
    proposal.why = "No private network was found. \"auto\" takes what comes.";
  } else if (!containers.empty()) {
    proposal.why = "Left out are the containers of this router: " + containers + ".";
  }
  return proposal;
}

std::vector<IpPrefix> lan_setting_for(const LanProposal& proposal, const std::vector<std::string>& devices) {
  std::vector<IpPrefix> networks;
  bool is_all = true;
  for (const LanCandidate& candidate : proposal.candidates) {
    const bool is_taken = contains(devices, candidate.device);
    is_all = is_all && is_taken;
    if (is_taken) {
      networks.insert(networks.end(), candidate.networks.begin(), candidate.networks.end());
    }
  }
  // What follows the interfaces by itself is better than a list, whose IPv6 networks change with the provider's whim.
  return is_all ? std::vector<IpPrefix>() : networks;
}

}  // namespace voip
