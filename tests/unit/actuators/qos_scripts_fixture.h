// Looks at qos-scripts: a router on which it is set up, off or on.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "actuators/actuators.h"

namespace voip::qos_scripts_world {

inline constexpr std::uint32_t root = 0xffffffff;
inline constexpr std::uint32_t ingress = 0xfffffff1;
inline constexpr std::uint32_t tree = 0x10000;

inline const std::string policy = "-P FORWARD ACCEPT\n";
inline const std::string jump = "-A FORWARD -o eth1 -j qos_Default\n";
// As iptables prints what we have put there.
inline const std::string rule =
    "-A FORWARD -o eth1 -m connmark --mark 0x1000000/0x1000000 -m comment --comment voip-qosd -j MARK --set-xmark 0x20/0xf0\n";
inline const std::string uci =
    "qos.wan=interface\nqos.wan.classgroup='Default'\nqos.wan.enabled='1'\nqos.wan.upload='900'\nqos.wan.download='4500'\n";

class QosScripts : public testing::Test {
 protected:
  void SetUp() override {
    site_ = {.wan = "eth1", .lan = {"br-lan"}, .phones = {}};
    probe_.links = {{"lo"}, {"eth0"}, {"eth1"}, {"br-lan"}, {"ifb0"}};
    say(policy, uci);
  }

  void say(const std::string& rules, const std::string& configuration) {
    probe_.results = {{.exit_status = 0, .output = rules},
                      {.exit_status = -1, .failure = "it could not be started: No such file or directory"},
                      {.exit_status = configuration.empty() ? 1 : 0, .output = configuration}};
  }
  void say_v6(const std::string& rules) { probe_.results[1] = {.exit_status = 0, .output = rules}; }

  void switch_on() {
    probe_.qdiscs = {{"eth1", "hfsc", tree, root},
                     {"eth1", "fq_codel", 0x1000000, 0x10010},
                     {"eth1", "ingress", 0xffff0000, ingress},
                     {"ifb0", "hfsc", tree, root}};
    say(policy + rule + jump, uci);
  }

  // The programs that would be run, with what they are told to do.
  [[nodiscard]] std::vector<std::string> plan(Qos wanted) const {
    std::vector<std::string> programs;
    for (const Command& command : actuator_.plan(wanted, probe_, settings_, site_)) {
      programs.push_back(command.argv.front() + (command.argv.size() > 4 ? " " + command.argv[4] : ""));
    }
    return programs;
  }
  [[nodiscard]] QosObserved read() const { return actuator_.read(probe_, settings_, site_); }
  [[nodiscard]] std::string refuse(Qos wanted) const { return actuator_.refuse(wanted, probe_, settings_, site_); }

  const Actuator& actuator_ = *find_actuator("qos-scripts");
  QosSettings settings_;
  Site site_;
  Probe probe_;
};

}  // namespace voip::qos_scripts_world
