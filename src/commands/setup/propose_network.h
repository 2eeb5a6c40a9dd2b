// Which interface is the line to the provider and where the phones are, as it is proposed to the owner. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/ip_address.h"
#include "commands/facts/facts.h"
#include "core/settings.h"

namespace voip {

struct WanProposal {
  std::string setting = "auto";       // of qos.wan
  std::string device{};               // that this means now; empty: there is none
  std::string why{};                  // a sentence
  std::vector<std::string> others{};  // what it may be besides
};
// `now` is what is in force: what the owner has chosen once is proposed again. `netifd_wan` is the device that OpenWrt has for
// its interface "wan", whether that is up or not; empty: it is not known.
WanProposal propose_wan(const NetworkFacts& facts, const Settings& now, const std::string& netifd_wan = {});

// An interface on which there may be phones.
struct LanCandidate {
  std::string device;
  std::vector<IpPrefix> networks;
  bool is_proposed = true;
};

struct LanProposal {
  std::vector<IpPrefix> setting{};  // of monitor.lan; empty: "auto"
  std::string why{};                // a sentence
  std::vector<LanCandidate> candidates{};
};
// `wan` is the device of the line.
LanProposal propose_lan(const NetworkFacts& facts, const std::string& wan, const Settings& now);

// What monitor.lan is for these devices: "auto" (nothing) where that finds the same.
std::vector<IpPrefix> lan_setting_for(const LanProposal& proposal, const std::vector<std::string>& devices);

// Bridges behind which containers and virtual machines of the router itself are, by the names that their programs give them.
bool is_container_bridge(const std::string& device);

}  // namespace voip
