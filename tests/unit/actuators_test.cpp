// What every actuator must keep to, whatever it switches.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "actuators/all.h"

namespace voip {
namespace {

class AnyActuator : public testing::TestWithParam<const Actuator*> {
 protected:
  void SetUp() override {
    settings_.tc.upload_kbit = 1000;
    settings_.tc.download_kbit = 5000;
    settings_.exec = {.on = {"/opt/on", "a b"}, .off = {"/opt/off"}, .observe = {"/opt/observe"}};
    site_ = {.wan = "wan", .lan = {"br-lan"}, .phones = {}};
    bare_.links = {"lo", "wan", "br-lan"};
    bare_.qdiscs = {{"wan", "fq_codel", 0, 0xffffffff}};
  }

  [[nodiscard]] std::vector<Qos> states() const {
    return GetParam()->drains ? std::vector{Qos::off, Qos::draining, Qos::on} : std::vector{Qos::off, Qos::on};
  }

  QosSettings settings_;
  Site site_;
  Probe bare_;  // a router without any shaping
};

TEST_P(AnyActuator, HasANameOfItsOwnAndCanRead) {
  EXPECT_EQ(find_actuator(GetParam()->name), GetParam());
  EXPECT_NE(GetParam()->read, nullptr);
  EXPECT_EQ(GetParam()->switches, GetParam()->plan != nullptr);
}

TEST_P(AnyActuator, PlansAreArgumentListsNeverAShell) {
  if (!GetParam()->switches) {
    EXPECT_EQ(GetParam()->preflight, nullptr);
    return;
  }
  for (const Qos wanted : states()) {
    Plan all = GetParam()->plan(wanted, bare_, settings_, site_);
    EXPECT_FALSE(all.empty());
    const auto add = [&](const Plan& more) { all.insert(all.end(), more.begin(), more.end()); };
    if (GetParam()->observe != nullptr) {
      add(GetParam()->observe(bare_, settings_, site_));
    }
    if (GetParam()->preflight != nullptr) {
      add(GetParam()->preflight(wanted, bare_, settings_, site_));
    }
    for (const Command& command : all) {
      ASSERT_FALSE(command.argv.empty());
      EXPECT_FALSE(command.argv.front().empty());
      EXPECT_EQ(command.argv.front().find(' '), std::string::npos);
      EXPECT_EQ(std::set<std::string>({"sh", "/bin/sh", "bash", "ash"}).count(command.argv.front()), 0U);
    }
  }
}

TEST_P(AnyActuator, OffAndOnAreDifferentPlansAndPlansAreRepeatable) {
  if (!GetParam()->switches) {
    return;
  }
  const auto text = [&](Qos wanted) {
    std::string all;
    for (const Command& command : GetParam()->plan(wanted, bare_, settings_, site_)) {
      for (const std::string& argument : command.argv) {
        all += argument + '\0';
      }
      all += command.input;
    }
    return all;
  };
  std::set<std::string> texts;
  for (const Qos wanted : states()) {
    EXPECT_EQ(text(wanted), text(wanted));
    EXPECT_TRUE(texts.insert(text(wanted)).second) << to_string(wanted);
  }
}

TEST_P(AnyActuator, NothingThereIsNeverReadAsOn) {
  Probe probe = bare_;
  // Every command of the look failed, or says nothing: no actuator may take that for a success.
  const Plan looks = GetParam()->observe != nullptr ? GetParam()->observe(bare_, settings_, site_) : Plan{};
  for (const int status : {-1, 1, 127}) {
    probe.results.assign(looks.size(), CommandResult{.exit_status = status, .failure = status < 0 ? "not started" : ""});
    const QosObserved observed = GetParam()->read(probe, settings_, site_);
    EXPECT_NE(observed.qos, Qos::on) << status;
    EXPECT_NE(observed.qos, Qos::draining) << status;
  }
  probe.results.clear();
  EXPECT_NE(GetParam()->read(probe, settings_, site_).qos, Qos::on) << "no results at all";
}

TEST_P(AnyActuator, AGoodEndAloneIsNotBelievedWhereTheKernelCanBeLookedAt) {
  if (!GetParam()->switches) {
    return;
  }
  Probe probe = bare_;
  probe.last_switch = Qos::on;
  const Plan looks = GetParam()->observe != nullptr ? GetParam()->observe(bare_, settings_, site_) : Plan{};
  probe.results.assign(looks.size(), CommandResult{.exit_status = 1});
  EXPECT_EQ(GetParam()->read(probe, settings_, site_).qos, Qos::off) << "the script lied";
}

TEST_P(AnyActuator, SwitchingOffOnABareRouterIsNotRefused) {
  if (GetParam()->refuse != nullptr) {
    Probe probe = bare_;
    probe.results.assign(8, CommandResult{.exit_status = 1});
    EXPECT_EQ(GetParam()->refuse(Qos::off, probe, settings_, site_), "");
  }
}

TEST_P(AnyActuator, SurvivesASiteWithoutAnything) {
  Probe probe;
  const Site nowhere;
  for (const Qos wanted : states()) {
    if (GetParam()->preflight != nullptr) {
      GetParam()->preflight(wanted, probe, settings_, nowhere);
    }
    const std::string why = GetParam()->refuse != nullptr ? GetParam()->refuse(wanted, probe, settings_, nowhere) : "";
    if (GetParam()->plan != nullptr && why.empty()) {
      EXPECT_FALSE(GetParam()->plan(wanted, probe, settings_, nowhere).empty());
    }
  }
  EXPECT_NE(GetParam()->read(probe, settings_, nowhere).qos, Qos::on);
}

INSTANTIATE_TEST_SUITE_P(All, AnyActuator, testing::ValuesIn(all_actuators().begin(), all_actuators().end()),
                         [](const testing::TestParamInfo<const Actuator*>& actuator) {
                           std::string name(actuator.param->name);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Actuators, AnUnknownNameIsNone) {
  EXPECT_EQ(find_actuator("fortune"), nullptr);
}

}  // namespace
}  // namespace voip
