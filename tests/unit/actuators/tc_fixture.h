// What the tests of actuator "tc" begin with: a WAN, a bridge, and what an installation of ours looks like to it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "actuators/actuators.h"
#include "actuators/tc_state.h"

namespace voip::test {

constexpr std::uint32_t root = 0xffffffff;
inline const std::string our_filter = "filter protocol all pref 48879 u32 chain 0 fh 800::800 order 2048\n";

class TcFixture : public testing::Test {
 protected:
  void SetUp() override {
    settings_.tc.upload_kbit = 1000;
    settings_.tc.download_kbit = 5000;
    site_ = {.wan = "wan", .lan = {"br-lan"}, .phones = {}};
    probe_.links = {{"lo"}, {"wan"}, {"br-lan"}};
  }

  [[nodiscard]] std::string refuse(Qos wanted = Qos::on) const { return actuator_.refuse(wanted, probe_, settings_, site_); }
  // Before a switch nft is not asked, unlike in a look.
  [[nodiscard]] Plan plan(Qos wanted) const {
    Probe before = probe_;
    if (before.results.size() > 1) {
      before.results.erase(before.results.begin() + 1);
    }
    return actuator_.plan(wanted, before, settings_, site_);
  }
  // The input of the command whose argv starts with that word.
  [[nodiscard]] std::string input(Qos wanted, const std::string& program) const {
    std::string text;
    for (const Command& command : plan(wanted)) {
      text += command.argv[0] == program ? command.input : "";
    }
    return text;
  }

  void install(std::uint32_t marker) {
    probe_.links.push_back({"voip-ifb"});
    for (const auto& [device, major] : {std::pair{std::string("wan"), 0xca1U}, std::pair{std::string("voip-ifb"), 0xcb1U}}) {
      probe_.qdiscs.push_back({device, "htb", major << 16U, root});
      probe_.qdiscs.push_back({device, "pfifo", (major << 4U | 0xaU) << 16U, 0});
      probe_.qdiscs.push_back({device, "pfifo", (major << 4U | 0xbU) << 16U, 0});
      probe_.qdiscs.push_back({device, "tbf", (major << 4U | 0xcU) << 16U, 0});
    }
    probe_.qdiscs.push_back({"wan", "pfifo", marker << 16U, 0});
    probe_.qdiscs.push_back({"br-lan", "clsact", 0xffff0000, 0xfffffff1});
    probe_.results = {{.exit_status = 0, .output = our_filter}, {.exit_status = 0, .output = tc::nft_rules(settings_, site_)}};
  }

  [[nodiscard]] std::uint32_t fingerprint() const {
    return tc::fingerprint(settings_, site_, tc::layout_of(probe_, settings_, site_));
  }
  [[nodiscard]] QosObserved read() const { return actuator_.read(probe_, settings_, site_); }

  const Actuator& actuator_ = *find_actuator("tc");
  QosSettings settings_;
  Site site_;
  Probe probe_;
};

}  // namespace voip::test
