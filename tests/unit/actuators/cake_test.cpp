// What is known of a CAKE from what tc prints, and what can be done for calls in it.
#include <gtest/gtest.h>

#include <algorithm>

#include "actuators/actuators.h"
#include "actuators/cake.h"
#include "unit/actuators/worlds.h"

namespace voip {
namespace {

const cake::Line line{.wan = "wan", .upload = "wan", .download = "ifb4wan"};

Probe shown(const std::string& text) {
  Probe probe;
  probe.results = {worlds::said(text), worlds::failed()};
  return probe;
}

TEST(Cake, RatesAreReadAsTcPrintsThem) {
  EXPECT_EQ(cake::parse_rate("900Kbit"), 900'000U);
  EXPECT_EQ(cake::parse_rate("1Mbit"), 1'000'000U);
  EXPECT_EQ(cake::parse_rate("1.5Mbit"), 1'500'000U);
  EXPECT_EQ(cake::parse_rate("12345bit"), 12'345U);
  EXPECT_EQ(cake::parse_rate("10Gbit"), 10'000'000'000U);
  EXPECT_EQ(cake::parse_rate("unlimited"), 0U);
  for (const std::string_view junk :
       {"", "bit", "Kbit", "900", "900kbps", "-1Kbit", "1.2.3Mbit", ".Kbit", "99999999999Kbit", "1e9bit"}) {
    EXPECT_EQ(cake::parse_rate(junk), std::nullopt) << junk;
  }
}

TEST(Cake, IsFoundAtTheRootOfItsDeviceOnly) {
  const Probe probe = shown(
      "qdisc cake 8001: dev wan.7 root refcnt 2 bandwidth 1Mbit diffserv3\n"
      "qdisc cake 8002: dev eth1 parent 1:10 bandwidth 1Mbit diffserv3\n"
      "qdisc cake 8003: dev wan root refcnt 2 bandwidth 900Kbit besteffort triple-isolate\n");
  ASSERT_TRUE(cake::find(probe, "wan"));
  EXPECT_EQ(cake::find(probe, "wan")->bit_per_s, 900'000U);
  EXPECT_FALSE(cake::find(probe, "wan")->has_classes);
  EXPECT_FALSE(cake::find(probe, "eth1")) << "a leaf of somebody's HTB";
  EXPECT_FALSE(cake::find(probe, "wan."));
  EXPECT_FALSE(cake::find({}, "wan"));
}

TEST(Cake, TheIfbHasTheNameThatSqmGivesIt) {
  EXPECT_EQ(cake::ifb_of("wan"), "ifb4wan");
  EXPECT_EQ(cake::ifb_of("pppoe-wan-long"), "ifb4pppoe-wan-l") << "15 letters";
}

TEST(Cake, CallsGetDscpInTheUploadAndByActCtinfoInTheDownload) {
  QosSettings settings;
  settings.call_mark = {.value = 0xb9000000, .mask = 0xfd000000};
  const Probe probe = shown("qdisc cake 1: dev wan root diffserv3 bandwidth 1Mbit\nqdisc cake 2: dev ifb4wan root diffserv4\n");
  Plan plan;
  cake::append_calls(probe, settings, line, true, plan);
  ASSERT_EQ(plan.size(), 2U);
  EXPECT_NE(plan[0].input.find("oifname \"wan\" ct mark and 0xfd000000 == 0xb9000000 ip dscp set ef"), std::string::npos);
  EXPECT_NE(plan[0].input.find("== 0xb9000000 ip6 dscp set ef"), std::string::npos);
  // As it was measured: EF in the upper six bits, and the bit that says that it is valid.
  EXPECT_EQ(std::vector<std::string>(plan[1].argv.end() - 5, plan[1].argv.end()),
            (std::vector<std::string>{"ctinfo", "dscp", "0xfc000000", "0x1000000", "continue"}));
  EXPECT_EQ(std::count(plan[1].argv.begin(), plan[1].argv.end(), "::ca1"), 1) << "by which it is known again";
  EXPECT_EQ(cake::remark(probe, settings, line), "");
  EXPECT_FALSE(cake::calls_are_right(probe, settings, line, true));
  EXPECT_TRUE(cake::calls_are_right(probe, settings, line, false));
}

TEST(Cake, OnlyOurOwnFilterIsKnownAndRemoved) {
  QosSettings settings;
  settings.call_mark = {.value = 0xb9000000, .mask = 0xfd000000};
  const std::string queues = "qdisc cake 1: dev wan root besteffort\nqdisc cake 2: dev ifb4wan root diffserv4\n";
  const std::string foreign = "filter protocol all pref 3 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 flowid 1:2\n";
  const std::string ours = "filter protocol all pref 3 u32 chain 0 fh 801::ca1 order 3233 key ht 801 bkt 0 flowid 1:1\n";
  EXPECT_FALSE(cake::calls_are_right(shown(queues + foreign), settings, line, true));
  EXPECT_TRUE(cake::calls_are_right(shown(queues + foreign), settings, line, false));
  EXPECT_TRUE(cake::calls_are_right(shown(queues + foreign + ours), settings, line, true));
  Plan plan;
  cake::append_calls(shown(queues + foreign + ours), settings, line, false, plan);
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].argv, (std::vector<std::string>{"tc", "filter", "del", "dev", "wan", "parent", "ffff:", "protocol", "all",
                                                    "pref", "3", "handle", "801::ca1", "u32"}));
  plan.clear();
  cake::append_calls(shown(queues + foreign), settings, line, false, plan);
  EXPECT_TRUE(plan.empty());
}

TEST(Cake, OnAPortBelowAVlanTheRuleNamesTheVlanAndBelowPppoeItIsSaidThatNothingHelps) {
  QosSettings settings;
  Probe probe = shown("qdisc cake 1: dev eth1 root diffserv3\nqdisc cake 2: dev ifb4eth1 root besteffort\n");
  probe.links = {{"eth1"}, {"eth1.7"}, {"pppoe-wan", 1492, 0}};
  const cake::Line vlan = cake::line_on("eth1", probe, {.wan = "eth1.7", .lan = {}, .phones = {}});
  EXPECT_EQ(vlan.upload, "eth1");
  EXPECT_NE(cake::upload_rules(settings, vlan).input.find("oifname \"eth1.7\" ct mark"), std::string::npos);
  const cake::Line session = cake::line_on("eth1", probe, {.wan = "pppoe-wan", .lan = {}, .phones = {}});
  EXPECT_EQ(
      cake::remark(probe, settings, session),
      "calls come first in neither direction: the shaper is on eth1, below pppoe-wan, and sees nothing but frames of PPPoE; "
      "set the interface of its queue to pppoe-wan");
  EXPECT_TRUE(cake::calls_are_right(probe, settings, session, true)) << "nothing is installed in vain";
  const cake::Line plain = cake::line_on("eth1", probe, {.wan = "eth1", .lan = {}, .phones = {}});
  EXPECT_NE(cake::upload_rules(settings, plain).input.find("oifname \"eth1\" ct mark"), std::string::npos);
}

class CakeRate : public testing::Test {
 protected:
  // Of upload and download, as tc prints them.
  Probe at(const std::string& upload, const std::string& download, std::optional<Qos> last_switch) {
    Probe probe = worlds::cake_rate(Qos::off, false);
    probe.results[0] = worlds::said("qdisc cake 1: dev wan root bandwidth " + upload +
                                    " diffserv4\nqdisc cake 2: dev ifb4wan root bandwidth " + download + " diffserv4\n");
    probe.last_switch = last_switch;
    return probe;
  }
  QosObserved read(const Probe& probe) { return find_actuator("cake-rate")->read(probe, world_.settings, world_.site); }
  // What is given to tc to switch so, in one line.
  std::string changes(Qos wanted, const Probe& before) {
    for (const Command& command : find_actuator("cake-rate")->plan(wanted, before, world_.settings, world_.site)) {
      if (command.input.find("qdisc change") != std::string::npos) {
        return command.input;
      }
    }
    return "";
  }
  // Both directions are learnt, and so much is known.
  void learn(std::uint32_t upload_kbit, std::uint32_t download_kbit) {
    world_.settings.actuator = "cake-rate";
    world_.settings.cake_rate = {.upload_kbit = upload_kbit,
                                 .download_kbit = download_kbit,
                                 .upload_is_auto = true,
                                 .download_is_auto = true,
                                 .idle_upload_kbit = 2000};
  }

  const std::vector<ActuatorWorld> worlds_ = worlds::all();
  ActuatorWorld world_ =
      *std::find_if(worlds_.begin(), worlds_.end(), [](const ActuatorWorld& world) { return world.name == "cake-rate"; });
};

TEST_F(CakeRate, ABandwidthThatOthersChangeWhileNobodyCallsIsTheirs) {
  for (const auto& last : {std::optional<Qos>(), std::optional(Qos::off)}) {
    const QosObserved seen = read(at("1500Kbit", "3Mbit", last));
    EXPECT_EQ(seen.qos, Qos::off);
    EXPECT_EQ(seen.problem, "");
    EXPECT_NE(seen.remark.find("another program changes it"), std::string::npos) << seen.remark;
  }
  Probe with_rival = at("1500Kbit", "3Mbit", Qos::off);
  with_rival.results[2] = worlds::said("/var/run/cake-autorate\n");
  EXPECT_NE(read(with_rival).remark.find("cake-autorate, which runs"), std::string::npos) << read(with_rival).remark;
}

TEST_F(CakeRate, ABandwidthThatOthersChangeInACallIsAProblem) {
  EXPECT_EQ(read(at("1500Kbit", "4500Kbit", Qos::on)).qos, std::nullopt);
  EXPECT_NE(read(at("1500Kbit", "4500Kbit", Qos::on)).problem, "");
  EXPECT_EQ(read(at("1500Kbit", "4500Kbit", std::nullopt)).qos, std::nullopt) << "half of it is ours, from before a restart";
}

TEST_F(CakeRate, TakesMostOfWhatTheLineIsLearntToCarryAndNeverMoreThanWithoutACall) {
  learn(1000, 5000);
  EXPECT_EQ(changes(Qos::on, at("2Mbit", "unlimited", Qos::off)),
            "qdisc change dev wan root cake bandwidth 950kbit\nqdisc change dev ifb4wan root cake bandwidth 4750kbit\n");
  EXPECT_EQ(read(at("950Kbit", "4750Kbit", Qos::on)).qos, Qos::on);
  learn(9000, 5000);
  EXPECT_NE(changes(Qos::on, at("2Mbit", "unlimited", Qos::off)).find("bandwidth 1880kbit"), std::string::npos);
}

TEST_F(CakeRate, IsOnWithTheRateThatWasLearntBeforeAndHasToBeRenewed) {
  learn(500, 5000);
  Probe before = at("950Kbit", "4750Kbit", Qos::on);
  before.last_rates = {.upload_kbit = 1000, .download_kbit = 5000};
  EXPECT_EQ(read(before), (QosObserved{Qos::on, read(before).problem, true}));
  EXPECT_EQ(changes(Qos::on, before).substr(0, 48), "qdisc change dev wan root cake bandwidth 475kbit");
  before.last_rates = {};
  EXPECT_EQ(read(before).qos, std::nullopt) << "nobody of ours has set it";
}

TEST_F(CakeRate, LetsADirectionAloneThatIsNotKnownYetAndRefusesWhereNeitherIs) {
  learn(1000, 0);
  EXPECT_EQ(changes(Qos::on, at("2Mbit", "unlimited", Qos::off)), "qdisc change dev wan root cake bandwidth 950kbit\n");
  EXPECT_EQ(read(at("950Kbit", "unlimited", Qos::on)).qos, Qos::on);
  learn(0, 0);
  const Probe unlimited = at("2Mbit", "unlimited", Qos::off);
  EXPECT_EQ(read(unlimited).qos, Qos::off);
  const auto refuse = [&] { return find_actuator("cake-rate")->refuse(Qos::on, unlimited, world_.settings, world_.site); };
  EXPECT_NE(refuse().find("is not known yet"), std::string::npos) << refuse();
  world_.site.line_blocker = "needs CAP_NET_RAW";
  EXPECT_NE(refuse().find("needs CAP_NET_RAW"), std::string::npos) << refuse();
}

TEST_F(CakeRate, PutsBackWhatItHasTakenWhenTheLineIsNotKnownAnyMore) {
  learn(0, 0);
  Probe probe = at("950Kbit", "4750Kbit", Qos::on);
  probe.last_rates = {.upload_kbit = 1000, .download_kbit = 5000};
  EXPECT_EQ(changes(Qos::off, probe),
            "qdisc change dev wan root cake bandwidth 2000kbit\nqdisc change dev ifb4wan root cake unlimited\n");
}

TEST(Cake, WhatCannotBeDoneForCallsIsSaidWithWhatWouldHelp) {
  QosSettings settings;
  const Probe piece = shown("qdisc cake 1: dev wan root besteffort\nqdisc cake 2: dev ifb4wan root besteffort wash\n");
  EXPECT_NE(cake::remark(piece, settings, line).find("take layer_cake.qos"), std::string::npos);
  EXPECT_NE(cake::remark(piece, settings, line).find("squash_ingress 0"), std::string::npos);
  EXPECT_TRUE(cake::calls_are_right(piece, settings, line, true)) << "nothing is installed in vain";
  const Probe layer = shown("qdisc cake 1: dev wan root diffserv3\nqdisc cake 2: dev ifb4wan root diffserv3\n");
  EXPECT_EQ(cake::remark(layer, settings, line),
            "calls do not come first in the download: set qos.call_mark = \"0xb9000000/0xfd000000\", which holds the DSCP that "
            "act_ctinfo reads");
  settings.mark_calls = false;
  EXPECT_EQ(cake::remark(layer, settings, line), "");
  Plan plan;
  cake::append_calls(layer, settings, line, true, plan);
  EXPECT_TRUE(plan.empty());
}

}  // namespace
}  // namespace voip
