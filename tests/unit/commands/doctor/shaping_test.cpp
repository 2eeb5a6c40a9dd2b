#include "commands/doctor/shaping.h"

#include "actuators/actuators.h"
#include "unit/actuators/worlds.h"
#include "unit/commands/doctor/checks.h"

namespace voip {
namespace {

QosSettings tc() {
  QosSettings qos;
  qos.actuator = "tc";
  qos.tc.upload_kbit = 950;
  qos.tc.download_kbit = 4750;
  qos.tc.upload_is_auto = qos.tc.download_is_auto = false;
  return qos;
}

ActuatorFacts healthy() {
  return {.name = "tc", .switches = true, .wan = "wan", .observed = QosObserved{Qos::off, ""}};
}

Checks judge(const ActuatorFacts& facts, const QosSettings& qos = tc(), const Platform& platform = {}) {
  return judge_actuator(facts, qos, platform);
}

TEST(DoctorActuator, OneThatCouldSwitchIsOk) {
  EXPECT_TRUE(all_are_ok(judge(healthy())));
  for (const char* name : {"programs", "kernel", "actuator"}) {
    expect_ok(judge(healthy()), name);
  }
}

TEST(DoctorActuator, OneThatOnlyWatchesIsNoted) {
  QosSettings none;
  expect_check(judge({.name = "none", .switches = false}, none), "actuator", CheckResult::note, "nothing is switched",
               "set qos.actuator");
}

TEST(DoctorActuator, WhatItWouldBeRefusedWithIsTold) {
  ActuatorFacts facts = healthy();
  facts.refusal =
      "another program shapes wan already (qdisc tbf at its root), and that is not ours to remove: stop it, or use another";
  expect_check(judge(facts), "actuator", CheckResult::failed, "another program shapes wan already", "stop it");
  facts.refusal = "the WAN device wan does not exist now";
  expect_check(judge(facts), "actuator", CheckResult::failed, "does not exist", "ip link");
  facts.wan.clear();
  expect_check(judge(facts), "actuator", CheckResult::note, "there is no WAN", "");
}

TEST(DoctorActuator, ProgramsAndPartsOfTheKernelThatLackAreNamedWithTheirPackages) {
  ActuatorFacts facts = healthy();
  facts.missing_programs = {"tc", "nft", "ip"};
  facts.missing_parts = {"HTB", "IFB"};
  expect_check(judge(facts), "programs", CheckResult::failed, "tc, nft, ip", "apt-get install iproute2 nftables");
  expect_check(judge(facts), "kernel", CheckResult::failed, "no HTB, IFB", "sch_htb, ifb");
  const Platform openwrt{.is_openwrt = true};
  expect_check(judge(facts, tc(), openwrt), "programs", CheckResult::failed, "tc", "tc-full nftables ip-full");
  expect_check(judge(facts, tc(), openwrt), "kernel", CheckResult::failed, "HTB", "kmod-sched-core, kmod-ifb");
  EXPECT_EQ(judge(facts).size(), 2U) << "that it could switch is not claimed";
  facts.name = "qosify";
  expect_check(judge(facts), "programs", CheckResult::failed, "tc", "elsewhere take qos.actuator = \"tc\"");
  expect_check(judge(facts, tc(), openwrt), "programs", CheckResult::failed, "tc", "install the package qosify");
  facts.name = "exec";
  facts.missing_programs = {"/opt/on"};
  expect_check(judge(facts), "programs", CheckResult::failed, "/opt/on", "correct their paths");
}

TEST(DoctorActuator, WithoutTheCapabilityItIsNotJudged) {
  ActuatorFacts facts = healthy();
  facts.is_allowed = false;
  facts.observed.reset();
  expect_check(judge(facts), "actuator", CheckResult::note, "needs CAP_NET_ADMIN", "");
  expect_ok(judge(facts), "programs");
}

TEST(DoctorActuator, AKernelThatCannotBeLookedIntoIsNotBlamed) {
  ActuatorFacts facts = healthy();
  facts.parts_are_known = false;
  expect_ok(judge(facts), "kernel");
  EXPECT_NE(one_of(judge(facts), "kernel").seen.find("cannot be seen"), std::string::npos);
}

TEST(DoctorActuator, WhatIsHalfOnAndWhatHangsIsTold) {
  ActuatorFacts facts = healthy();
  facts.observed = QosObserved{Qos::off, "parts of our shaping are missing or left over: a switch was interrupted"};
  expect_check(judge(facts), "actuator", CheckResult::warning, "left over", "a switch was interrupted");
  facts.observed = QosObserved{std::nullopt, "nobody knows"};
  expect_check(judge(facts), "actuator", CheckResult::warning, "QoS is unknown now, but nobody knows", "voip-qosd qos on");
  facts.problem = "uci did not answer within 10s";
  expect_check(judge(facts), "actuator", CheckResult::failed, "uci did not answer", "hangs");
}

TEST(DoctorActuator, ARemarkOfTheShaperIsAWarning) {
  ActuatorFacts facts = healthy();
  facts.remark = "calls do not come first in the upload: CAKE on wan has one class for all (take layer_cake.qos)";
  expect_check(judge(facts), "priority", CheckResult::warning, "one class for all (take layer_cake.qos)", "mark_calls");
}

TEST(DoctorActuator, CommandsThatNobodyVerifiesAreNoted) {
  QosSettings exec;
  exec.actuator = "exec";
  ActuatorFacts facts{.name = "exec", .switches = true, .wan = "wan", .observed = QosObserved{std::nullopt, ""}};
  expect_check(judge(facts, exec), "actuator", CheckResult::note, "not verified", "qos.exec.observe");
}

TEST(DoctorActuator, TheProgramsAreThoseOfTheVeryPlans) {
  const auto needed =
      needed_programs({{{.argv = {"tc", "-batch"}}, {.argv = {"ip"}, .may_fail = true}}, {{.argv = {"tc"}}, {.argv = {}}}});
  EXPECT_EQ(needed, std::vector<std::string>{"tc"});
  const QosSettings qos = tc();
  const Site site{.wan = "wan", .lan = {"br-lan"}, .phones = {}};
  const Actuator& actuator = *find_actuator("tc");
  EXPECT_EQ(
      needed_programs({actuator.plan(Qos::on, worlds::bare(), qos, site), actuator.plan(Qos::off, worlds::bare(), qos, site)}),
      (std::vector<std::string>{"ip", "nft", "tc"}));
}

TEST(DoctorActuator, EveryActuatorIsOkInItsWorldWhateverItsState) {
  for (const ActuatorWorld& world : worlds::all()) {
    const Actuator& actuator = *find_actuator(world.name);
    QosSettings qos = world.settings;
    qos.actuator = world.name;
    for (const Qos state : {Qos::off, Qos::on}) {
      ActuatorFacts facts{.name = world.name, .switches = actuator.switches, .wan = "wan"};
      if (actuator.refuse != nullptr) {
        facts.refusal = actuator.refuse(Qos::on, world.seen(state, true), qos, world.site);
      }
      facts.observed = actuator.read(world.seen(state, false), qos, world.site);
      for (const Check& check : judge(facts, qos)) {
        EXPECT_LE(check.result, CheckResult::note) << world.name << ": " << check;
      }
    }
  }
}

TEST(DoctorParts, EachActuatorThatShapesInTheKernelNamesWhatItNeeds) {
  QosSettings qos = tc();
  EXPECT_EQ(needed_parts(qos).size(), 7U);
  qos.tc.download_kbit = 0;
  EXPECT_EQ(needed_parts(qos).size(), 4U) << "the download needs IFB, clsact and mirred";
  for (const auto& [actuator, part] :
       {std::pair("qos-scripts", "HFSC"), std::pair("sqm-scripts", "CAKE or HTB"), std::pair("cake-rate", "CAKE")}) {
    qos.actuator = actuator;
    EXPECT_EQ(needed_parts(qos).front().name, part);
  }
  qos.actuator = "exec";
  EXPECT_TRUE(needed_parts(qos).empty());
}

SeenLine carrying(std::optional<std::int64_t> up, std::optional<std::int64_t> down) {
  SeenLine line;
  line.up_kbit = up;
  line.down_kbit = down;
  return line;
}

TEST(DoctorActuator, OneThatWaitsForTheLineDoesNotClaimToSwitchNow) {
  QosSettings learning;
  learning.actuator = "tc";
  EXPECT_TRUE(waits_for_line(learning, {})) << "nobody tells";
  EXPECT_TRUE(waits_for_line(learning, SeenLine{}));
  EXPECT_FALSE(waits_for_line(learning, carrying(4800, {})));
  EXPECT_FALSE(waits_for_line(tc(), SeenLine{}));
  EXPECT_FALSE(waits_for_line({}, SeenLine{})) << "another actuator";
  EXPECT_NE(one_of(judge_actuator(healthy(), learning, {}, true), "actuator").seen.find("once the line's rate is known"),
            std::string::npos);
}

TEST(DoctorActuator, ItIsLookedAtWithTheRatesThatAreLearnt) {
  QosSettings learning = tc();
  learning.tc.download_kbit = 0;
  learning.tc.download_is_auto = true;
  const QosSettings known = with_learnt_rates(learning, carrying(4800, 20'000));
  EXPECT_EQ(known.tc.upload_kbit, 950U) << "a number is a number";
  EXPECT_EQ(known.tc.download_kbit, 20'000U);
  EXPECT_EQ(with_learnt_rates(learning, carrying({}, {})).tc.download_kbit, 0U) << "the upload alone is shaped meanwhile";
  learning.tc.upload_is_auto = true;
  for (const auto& unknown : {std::optional<SeenLine>(), std::optional(SeenLine{})}) {
    EXPECT_NE(with_learnt_rates(learning, unknown).tc.upload_kbit, 0U) << "something to look with";
    EXPECT_NE(with_learnt_rates(learning, unknown).tc.download_kbit, 0U);
  }
  EXPECT_EQ(with_learnt_rates(learning, carrying(4800, {})).tc.download_kbit, 0U);
}

SeenLine line() {
  SeenLine line = carrying(980, 4900);
  line.up_learnt = "2026-08-20T15:05:09Z";
  line.down_learnt = "2026-08-20T18:00:09Z";
  return line;
}

const std::string now = "2026-08-20T18:05:09Z";

TEST(DoctorRates, ThoseOfAnOrdinaryLineAreOk) {
  expect_ok(judge_rates(tc(), {}), "rates");
  expect_ok(judge_rates(tc(), {line(), now}), "rates");
  QosSettings other;
  EXPECT_TRUE(judge_rates(other, {}).empty()) << "only tc has rates";
}

TEST(DoctorRates, StrangeOnesAreTold) {
  QosSettings qos = tc();
  qos.tc.download_kbit = 0;
  expect_check(judge_rates(qos, {}), "rates", CheckResult::note, "download is not shaped", "qos.tc.download_kbit");
  qos = tc();
  qos.tc.upload_kbit = 10;
  expect_check(judge_rates(qos, {}), "rates", CheckResult::warning, "upload_kbit is 10", "1 Mbit/s is 1000");
  qos = tc();
  qos.tc.bulk_percent = 86;
  expect_check(judge_rates(qos, {}), "rates", CheckResult::warning, "86", "bulk_percent = 70");
}

TEST(DoctorRates, AQueueTargetIsToldAndIsOfNoUseWithNumbers) {
  QosSettings qos;
  qos.actuator = "tc";
  qos.queue_target = 30ms;
  EXPECT_NE(one_of(judge_rates(qos, {line(), now}), "rates").seen.find("what leaves a queue of 30 ms"), std::string::npos);
  qos = tc();
  qos.queue_target = 30ms;
  expect_check(judge_rates(qos, {line(), now}), "rates", CheckResult::note, "does nothing", "upload_kbit = \"auto\"");
}

TEST(DoctorRates, WhatIsLearntIsTold) {
  QosSettings qos;
  qos.actuator = "tc";
  expect_ok(judge_rates(qos, {}), "rates");
  EXPECT_NE(one_of(judge_rates(qos, {}), "rates").seen.find("before that no call is protected"), std::string::npos);
  expect_ok(judge_rates(qos, {line(), now}), "rates");
  EXPECT_NE(one_of(judge_rates(qos, {line(), now}), "rates")
                .seen.find("980 kbit/s up, learnt 3 h ago; 4900 kbit/s down, learnt 5 min ago"),
            std::string::npos);
  SeenLine half = line();
  half.down_kbit.reset();
  EXPECT_NE(one_of(judge_rates(qos, {half, now}), "rates").seen.find("980 kbit/s up, learnt 3 h ago; down not known yet"),
            std::string::npos);
}

TEST(DoctorRates, ALineThatIsNotKnownYetProtectsNoCall) {
  QosSettings qos;
  qos.actuator = "tc";
  expect_check(judge_rates(qos, {SeenLine{}, now}), "rates", CheckResult::warning, "no call is protected", "two places");
  SeenLine calm;
  calm.up_calm_kbit = 3000;
  expect_check(judge_rates(qos, {calm, now}), "rates", CheckResult::warning, "3000 kbit/s passed up without a queue",
               "two places");
  SeenLine blocked;
  blocked.blocker = "open a packet socket: Operation not permitted: needs CAP_NET_RAW";
  expect_check(judge_rates(qos, {blocked, now}), "rates", CheckResult::failed, "needs CAP_NET_RAW",
               "set upload_kbit and download_kbit in [qos.tc]");
  qos.tc.upload_is_auto = false;
  qos.tc.upload_kbit = 950;
  expect_ok(judge_rates(qos, {SeenLine{}, now}), "rates");
}

TEST(DoctorRates, ANumberThatContradictsTheLineIsTold) {
  SeenLine other = line();
  other.up_kbit = 4800;
  expect_check(judge_rates(tc(), {other, now}), "rates", CheckResult::warning,
               "qos.tc.upload_kbit is 950, but the line carries 4800", "set it to 4800");
  other.up_kbit = 700;
  expect_check(judge_rates(tc(), {other, now}), "rates", CheckResult::warning, "carries 700", "let it be \"auto\"");
  for (const std::int64_t near : {1110, 830}) {
    other.up_kbit = near;
    expect_ok(judge_rates(tc(), {other, now}), "rates");
  }
}

TEST(DoctorRates, ACakeThatLearnsItsRatesIsToldOfLikeOurOwnShaper) {
  QosSettings qos;
  qos.actuator = "cake-rate";
  qos.cake_rate.upload_is_auto = true;
  expect_check(judge_rates(qos, {SeenLine{}, now}), "rates", CheckResult::warning, "no call is protected", "[qos.cake-rate]");
  EXPECT_TRUE(waits_for_line(qos, SeenLine{}));
  expect_ok(judge_rates(qos, {line(), now}), "rates");
  EXPECT_EQ(with_learnt_rates(qos, line()).cake_rate.upload_kbit, 980U);
  EXPECT_EQ(with_learnt_rates(qos, line()).cake_rate.download_kbit, 0U);
  qos.cake_rate = {.upload_kbit = 500, .download_kbit = 9000};
  const Checks checks = judge_rates(qos, {line(), now});
  ASSERT_EQ(checks.size(), 1U) << "less than the line carries is what it is for";
  expect_check(checks, "rates", CheckResult::warning, "qos.cake-rate.download_kbit is 9000, but the line carries 4900",
               "let it be \"auto\"");
}

}  // namespace
}  // namespace voip
