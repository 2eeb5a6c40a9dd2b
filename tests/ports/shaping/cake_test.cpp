// Actuators "sqm-scripts" and "cake-rate" with stand-ins that behave like sqm-scripts and tc where there is a CAKE, which few
// kernels have; nft is the real one.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "ports/file_world.h"
#include "ports/shaping/fixture.h"
#include "source_dir.h"

namespace voip {
namespace {

using test::shell;

const QosObserved is_on{Qos::on, ""};
const QosObserved is_off{Qos::off, ""};
const std::string layer_cake =
    "sqm.wan=queue\nsqm.wan.enabled='1'\nsqm.wan.interface='wan'\nsqm.wan.upload='900'\nsqm.wan.download='4500'\n"
    "sqm.wan.script='layer_cake.qos'\n";

class CakeSwitchTest : public test::QosSwitchFixture {
 protected:
  void SetUp() override {
    QosSwitchFixture::SetUp();
    if (IsSkipped()) {
      return;
    }
    world_.emplace("sqm");
    world_->write("how", "behaves");
    world_->write("uci", layer_cake);
    world_->write("links", "lo\nwan\nbr-lan");
    world_->write("qdiscs", "");
    settings_.qos.sqm_scripts.run = VOIP_SOURCE_DIR "/tests/ports/shaping/scripts/sqm/run.sh";
    settings_.qos.sqm_scripts.state_dir = (world_->folder() / "sqm").string();
    settings_.qos.cake_rate = {
        .upload_kbit = 900, .download_kbit = 4500, .idle_upload_kbit = 2000, .idle_download_kbit = 0, .download_device = ""};
    site_ = {.wan = "wan", .lan = {"br-lan"}, .phones = {}};
    read_shaping_ = [this] { return world_->read_files(); };
  }

  [[nodiscard]] std::string runs() const { return world_->text("runs"); }
  static std::string tables() { return shell("nft list tables"); }

  std::optional<test::FileWorld> world_;
};

// ---- sqm-scripts ----

TEST_F(CakeSwitchTest, SqmGoesOnAndOffAndLeavesNothing) {
  open("sqm-scripts");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_NE(shell("nft list table inet voip_qosd").find("ip6 dscp set ef"), std::string::npos);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(tables(), "");
  EXPECT_EQ(world_->text("qdiscs"), " ");
  EXPECT_EQ(runs(), "start stop ");
}

TEST_F(CakeSwitchTest, SqmWithMarksThatHoldADscpHasTheDownloadFilterToo) {
  settings_.qos.call_mark = {.value = 0xb9000000, .mask = 0xfd000000};
  world_->write("uci", layer_cake + "sqm.wan.squash_ingress='0'\n");
  open("sqm-scripts");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_NE(world_->text("filters").find("ctinfo"), std::string::npos);
  shell("rm " + (world_->folder() / "filters").string());  // as a restart of SQM by others does
  EXPECT_NE(observe().problem.find("filter with ctinfo"), std::string::npos) << observe().problem;
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(runs(), "start ") << "no restart was needed for it";
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(world_->text("filters"), "");
}

TEST_F(CakeSwitchTest, SqmWithASecondQueueEndsBadlyAndIsOnAllTheSame) {
  settings_.qos.call_mark = {.value = 0xb9000000, .mask = 0xfd000000};
  world_->write("uci", layer_cake + "sqm.wan.squash_ingress='0'\n" +
                           "sqm.later=queue\nsqm.later.interface='later'\nsqm.later.enabled='1'\n");
  open("sqm-scripts");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on) << "with what brings calls to the front, in one go";
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
}

TEST_F(CakeSwitchTest, SqmsStateFileWithoutQueuesIsNotOn) {
  open("sqm-scripts");
  EXPECT_EQ(switch_to(Qos::on), "");
  world_->write("qdiscs", "");
  world_->write("cake", "");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_NE(observe().problem.find("its queues are gone"), std::string::npos) << observe().problem;
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on) << "a start alone would have been skipped";
  EXPECT_EQ(runs(), "start stop start ");
}

TEST_F(CakeSwitchTest, ALockOfADeadSqmIsBrokenAndThatOfALivingOneIsNot) {
  open("sqm-scripts");
  world_->write("how", "dies");
  EXPECT_NE(switch_to(Qos::on), "");
  EXPECT_EQ(shell("ls " + settings_.qos.sqm_scripts.state_dir), "sqm-run.lock\n");
  world_->write("how", "behaves");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  const std::string lock = settings_.qos.sqm_scripts.state_dir + "/sqm-run.lock";
  shell("mkdir " + lock + " && echo " + std::to_string(getpid()) + " >" + lock + "/pid");
  EXPECT_NE(switch_to(Qos::off).find("manually remove"), std::string::npos);
  EXPECT_EQ(observe().qos, Qos::on);
  EXPECT_EQ(shell("cat " + lock + "/pid"), std::to_string(getpid()) + "\n");
  shell("rm -r " + lock);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
}

TEST_F(CakeSwitchTest, WhatAKilledStartOfSqmLeftIsSeenAndCleanedUp) {
  open("sqm-scripts");
  for (const Qos wanted : {Qos::off, Qos::on}) {
    world_->write("how", "dies_half_way");
    EXPECT_NE(switch_to(Qos::on), "");
    EXPECT_NE(world_->text("qdiscs").find("wan cake"), std::string::npos);
    EXPECT_EQ(observe().qos, Qos::off);
    EXPECT_NE(observe().problem.find("parts of a start that failed"), std::string::npos) << observe().problem;
    world_->write("how", "behaves");
    EXPECT_EQ(switch_to(wanted), "");
    EXPECT_EQ(observe(), wanted == Qos::on ? is_on : is_off);
  }
}

TEST_F(CakeSwitchTest, ASqmThatHangsIsEndedInTimeAndHeals) {
  settings_.qos.timeout = 3s;
  open("sqm-scripts");
  world_->write("how", "hangs");
  const Instant begin = loop_->now();
  EXPECT_NE(switch_to(Qos::on).find("ran out of time"), std::string::npos);
  EXPECT_LT(loop_->now() - begin, 30s) << "it hangs for ever";
  world_->write("how", "behaves");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
}

TEST_F(CakeSwitchTest, WhatAFailedStartOfSqmLeftIsSeenAndCleanedUp) {
  open("sqm-scripts");
  world_->write("how", "fails");
  EXPECT_EQ(switch_to(Qos::on), "") << "it ends with 0";
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_NE(observe().problem.find("parts of a start that failed on wan"), std::string::npos) << observe().problem;
  world_->write("how", "behaves");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(world_->text("cake"), "");
}

TEST_F(CakeSwitchTest, SqmIsRefusedWhereItWouldDoNothingOrHarmOthers) {
  open("sqm-scripts");
  world_->write("uci", "sqm.wan=queue\nsqm.wan.interface='wan'\nsqm.wan.enabled='0'");
  EXPECT_NE(switch_to(Qos::on).find("uci set sqm.wan.enabled=1"), std::string::npos);
  world_->write("uci", "sqm.eth7=queue\nsqm.eth7.interface='eth7'\nsqm.eth7.enabled='1'");
  EXPECT_NE(switch_to(Qos::on).find("no queue for the device wan"), std::string::npos);
  world_->write("uci", layer_cake);
  world_->write("qdiscs", "wan htb 99990000 ffffffff");
  EXPECT_NE(switch_to(Qos::on).find("another program has a qdisc htb on wan"), std::string::npos);
  EXPECT_FALSE(was_tried_);
  EXPECT_EQ(runs(), "");
  EXPECT_EQ(world_->text("qdiscs"), "wan htb 99990000 ffffffff ");
}

TEST_F(CakeSwitchTest, AShaperWithOneClassForAllIsToldOnce) {
  world_->write("uci",
                "sqm.wan=queue\nsqm.wan.enabled='1'\nsqm.wan.interface='wan'\nsqm.wan.upload='900'\n"
                "sqm.wan.download='4500'\nsqm.wan.script='piece_of_cake.qos'\n");
  open("sqm-scripts");
  testing::internal::CaptureStderr();
  EXPECT_EQ(switch_to(Qos::on), "");
  for (int look = 0; look < 3; ++look) {
    EXPECT_EQ(observe(), is_on);
  }
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  const std::string log = testing::internal::GetCapturedStderr();
  const std::size_t told = log.find("calls do not come first in the upload: CAKE on wan has one class for all");
  EXPECT_NE(told, std::string::npos) << log;
  EXPECT_EQ(log.find("come first in the upload", told + 30), std::string::npos) << log;
  EXPECT_EQ(tables(), "") << "a rule that nobody heeds";
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_NE(remark_.find("CAKE on wan has one class for all"), std::string::npos)
      << "it is true while it is off too: " << remark_;
}

// ---- cake-rate ----

class CakeRateSwitchTest : public CakeSwitchTest {
 protected:
  void SetUp() override {
    CakeSwitchTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    world_->write("links", "lo\nwan\nbr-lan\nifb4wan");
    world_->write("qdiscs", "wan cake 80010000 ffffffff\nifb4wan cake 80020000 ffffffff\nwan ingress ffff0000 fffffff1");
    world_->write("cake", "wan 2Mbit diffserv4\nifb4wan unlimited diffserv4");
    open("cake-rate");
  }
};

TEST_F(CakeRateSwitchTest, ChangesTheTwoRatesAndNothingElse) {
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(world_->text("cake"), "wan 900Kbit diffserv4 ifb4wan 4500Kbit diffserv4 ");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(world_->text("cake"), "wan 2000Kbit diffserv4 ifb4wan unlimited diffserv4 ");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(tables(), "");
  EXPECT_EQ(world_->text("changes"), "wan 900kbit ifb4wan 4500kbit wan 2000kbit ifb4wan unlimited ");
}

TEST_F(CakeRateSwitchTest, ATcThatChangesNothingIsFoundOut) {
  world_->write("how", "changes_nothing");
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe().qos, Qos::off);
}

TEST_F(CakeRateSwitchTest, AnotherProgramThatMovesTheRateIsToldByItsRate) {
  EXPECT_EQ(switch_to(Qos::on), "");
  world_->write("cake", "wan 1234Kbit diffserv4\nifb4wan 4500Kbit diffserv4");
  EXPECT_EQ(observe().qos, std::nullopt);
  EXPECT_NE(observe().problem.find("1234 kbit/s"), std::string::npos) << observe().problem;
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
}

TEST_F(CakeRateSwitchTest, ALimitOfSomebodyElseIsNotLiftedWhereNoIdleRateIsConfigured) {
  settings_.qos.cake_rate = {
      .upload_kbit = 700, .download_kbit = 3000, .idle_upload_kbit = 0, .idle_download_kbit = 0, .download_device = ""};
  world_->write("cake", "wan 900Kbit diffserv3\nifb4wan 4500Kbit diffserv3");  // as SQM always runs
  open("cake-rate");
  EXPECT_EQ(observe(), is_off) << "it is no trouble while nobody calls";
  EXPECT_NE(remark_.find("set qos.cake-rate.idle_download_kbit = 4500"), std::string::npos) << remark_;
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_NE(switch_to(Qos::on).find("900 kbit/s"), std::string::npos) << "it would not be put back";
  EXPECT_EQ(world_->text("changes"), "");
  settings_.qos.cake_rate.idle_upload_kbit = 900;
  settings_.qos.cake_rate.idle_download_kbit = 4500;
  open("cake-rate");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(world_->text("cake"), "wan 900Kbit diffserv3 ifb4wan 4500Kbit diffserv3 ");
}

TEST_F(CakeRateSwitchTest, RatesThatChangeInACallTakeEffectInIt) {
  settings_.qos.cake_rate = {
      .upload_kbit = 700, .download_kbit = 3000, .idle_upload_kbit = 0, .idle_download_kbit = 0, .download_device = ""};
  world_->write("cake", "wan unlimited diffserv3\nifb4wan unlimited diffserv3");
  open("cake-rate");
  EXPECT_EQ(switch_to(Qos::on), "");
  settings_.qos.cake_rate.upload_kbit = 800;
  settings_.qos.cake_rate.download_kbit = 3500;
  open("cake-rate");
  EXPECT_EQ(observe().qos, std::nullopt);
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  settings_.qos.cake_rate.upload_kbit = 600;
  open("cake-rate");
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(world_->text("cake"), "wan unlimited diffserv3 ifb4wan unlimited diffserv3 ");
}

TEST_F(CakeRateSwitchTest, FollowsTheLineThatIsLearntWithoutGoingOff) {
  settings_.qos.actuator = "cake-rate";
  settings_.qos.cake_rate.upload_is_auto = settings_.qos.cake_rate.download_is_auto = true;
  settings_.qos.cake_rate.upload_kbit = settings_.qos.cake_rate.download_kbit = 0;
  open("cake-rate");
  EXPECT_EQ(observe(), is_off);
  EXPECT_NE(switch_to(Qos::on).find("not known yet"), std::string::npos);
  use({.upload_kbit = 1000, .download_kbit = 5000});
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  use({.upload_kbit = 500, .download_kbit = 5000});
  EXPECT_EQ(observe(), (QosObserved{Qos::on, "", true}));
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(world_->text("changes"), "wan 950kbit ifb4wan 4750kbit wan 475kbit ifb4wan 4750kbit wan 2000kbit ifb4wan unlimited ");
}

TEST_F(CakeRateSwitchTest, WithoutACakeItIsRefusedAndOffIsNoTrouble) {
  world_->write("cake", "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_NE(switch_to(Qos::on).find("there is no CAKE at the root of wan"), std::string::npos);
  EXPECT_EQ(switch_to(Qos::off), "");
}

TEST_F(CakeRateSwitchTest, ACakeThatGoesInACallIsAProblem) {
  EXPECT_EQ(switch_to(Qos::on), "");
  world_->write("cake", "wan 900Kbit diffserv4");
  EXPECT_EQ(observe().qos, std::nullopt);
  EXPECT_NE(observe().problem.find("no CAKE on ifb4wan any more"), std::string::npos) << observe().problem;
}

}  // namespace
}  // namespace voip
