// What every actuator must keep to, whatever it switches: one suite over all of them, each in a world of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "actuators/actuators.h"
#include "unit/actuators/worlds.h"

namespace voip {
namespace {

const Actuator& actuator_of(const ActuatorWorld& world) {
  return *find_actuator(world.name);
}

std::string text_of(const Plan& plan) {
  std::string text;
  for (const Command& command : plan) {
    for (const std::string& argument : command.argv) {
      text += argument + ' ';
    }
    text += '\n' + command.input;
  }
  return text;
}

class AnyActuator : public testing::TestWithParam<ActuatorWorld> {
 protected:
  [[nodiscard]] std::vector<Qos> states() const {
    if (!actuator_.switches) {
      return {Qos::off};
    }
    return actuator_.drains ? std::vector{Qos::off, Qos::draining, Qos::on} : std::vector{Qos::off, Qos::on};
  }
  [[nodiscard]] Probe before(Qos state) const { return world_.seen(state, true); }
  [[nodiscard]] Probe seen(Qos state) const { return world_.seen(state, false); }
  [[nodiscard]] Plan plan(Qos wanted, const Probe& before) const {
    return actuator_.plan(wanted, before, world_.settings, world_.site);
  }
  [[nodiscard]] Plan looks(const Probe& seen) const {
    return actuator_.observe != nullptr ? actuator_.observe(seen, world_.settings, world_.site) : Plan{};
  }
  [[nodiscard]] Plan checks(const Probe& seen, Qos wanted) const {
    return actuator_.preflight != nullptr ? actuator_.preflight(wanted, seen, world_.settings, world_.site) : Plan{};
  }
  [[nodiscard]] std::string refuse(Qos wanted, const Probe& before) const {
    return actuator_.refuse != nullptr ? actuator_.refuse(wanted, before, world_.settings, world_.site) : "";
  }
  [[nodiscard]] QosObserved read(const Probe& seen) const { return actuator_.read(seen, world_.settings, world_.site); }

  const ActuatorWorld world_ = GetParam();
  const Actuator& actuator_ = actuator_of(world_);
};

TEST_P(AnyActuator, HasWhatItNeeds) {
  EXPECT_NE(actuator_.read, nullptr);
  EXPECT_EQ(actuator_.switches, actuator_.plan != nullptr);
  EXPECT_TRUE(actuator_.switches || actuator_.preflight == nullptr);
}

TEST_P(AnyActuator, AsksInItsLooksForAsManyAnswersAsItReads) {
  for (const Qos state : states()) {
    EXPECT_EQ(looks(seen(state)).size(), seen(state).results.size()) << to_string(state);
    for (const Qos wanted : states()) {
      EXPECT_EQ(checks(before(state), wanted).size(), before(state).results.size()) << to_string(state);
    }
  }
}

TEST_P(AnyActuator, ReadsEachStateOfItsWorld) {
  for (const Qos state : states()) {
    EXPECT_EQ(read(seen(state)), (QosObserved{state, ""})) << to_string(state) << ": " << read(seen(state)).problem;
  }
}

TEST_P(AnyActuator, GoesFromEachStateToEachOtherUnrefused) {
  for (const Qos state : states()) {
    for (const Qos wanted : states()) {
      EXPECT_EQ(refuse(wanted, before(state)), "") << to_string(state) << " to " << to_string(wanted);
    }
  }
}

TEST_P(AnyActuator, PlansAreArgumentListsNeverAShell) {
  const std::set<std::string> shells{"sh", "/bin/sh", "bash", "ash", "env", "busybox"};
  for (const Qos state : states()) {
    Plan all = looks(seen(state));
    const auto add = [&](const Plan& more) { all.insert(all.end(), more.begin(), more.end()); };
    for (const Qos wanted : states()) {
      add(checks(before(state), wanted));
      if (actuator_.switches) {
        EXPECT_FALSE(plan(wanted, before(state)).empty()) << to_string(state) << " to " << to_string(wanted);
        add(plan(wanted, before(state)));
      }
    }
    for (const Command& command : all) {
      ASSERT_FALSE(command.argv.empty());
      EXPECT_FALSE(command.argv.front().empty());
      EXPECT_EQ(command.argv.front().find(' '), std::string::npos);
      EXPECT_FALSE(shells.contains(command.argv.front())) << text_of(all);
      EXPECT_EQ(text_of(all).find("init.d"), std::string::npos) << "an init script says nothing about the line";
    }
  }
}

TEST_P(AnyActuator, PlansAreRepeatableAndDifferByWhatIsWanted) {
  if (!actuator_.switches) {
    return;
  }
  for (const Qos state : states()) {
    std::set<std::string> texts;
    for (const Qos wanted : states()) {
      const std::string text = text_of(plan(wanted, before(state)));
      EXPECT_EQ(text, text_of(plan(wanted, before(state))));
      EXPECT_TRUE(texts.insert(text).second) << to_string(state) << " to " << to_string(wanted) << ": " << text;
    }
  }
}

TEST_P(AnyActuator, LooksAndChecksChangeNothing) {
  for (const Qos state : states()) {
    Plan all = looks(seen(state));
    const Plan more = checks(before(state), Qos::on);
    all.insert(all.end(), more.begin(), more.end());
    const std::string text = text_of(all);
    for (const std::string_view verb : {" add ", " del ", " change ", " replace ", " delete ", " flush ", " -A ", " -D ", " -I ",
                                        "start", "stop", "set ", "remove", "commit"}) {
      EXPECT_EQ(text.find(verb), std::string::npos) << verb << ": " << text;
    }
  }
}

TEST_P(AnyActuator, NothingThereIsNeverReadAsOn) {
  Probe probe = worlds::bare();
  // Every command of the look failed, or says nothing: no actuator may take that for a success.
  for (const int status : {-1, 1, 127}) {
    probe.results.assign(looks(probe).size(), CommandResult{.exit_status = status, .failure = status < 0 ? "not started" : ""});
    const QosObserved observed = read(probe);
    EXPECT_NE(observed.qos, Qos::on) << status;
    EXPECT_NE(observed.qos, Qos::draining) << status;
    EXPECT_TRUE(observed.qos || !observed.problem.empty()) << "not known, and nobody says why";
  }
  probe.results.clear();
  EXPECT_NE(read(probe).qos, Qos::on) << "no results at all";
}

TEST_P(AnyActuator, AGoodEndAloneIsNotBelieved) {
  if (!actuator_.switches || actuator_.follows_calls) {
    return;  // with no call up there is nothing that could be seen; qosify_test.cpp has the rest
  }
  Probe probe = seen(Qos::off);
  probe.last_switch = Qos::on;
  EXPECT_EQ(read(probe).qos, Qos::off) << "the script lied";
}

TEST_P(AnyActuator, JunkIsNeverTakenForOnAndNeverPassedOnInSilence) {
  const std::string junk = "\xff\xfe{\"a\":[[[{}}}\x01 'x' \"y\n-A\n   \nqdisc\nfilter pref\n" + std::string(70'000, '{');
  for (const Qos state : states()) {
    Probe probe = worlds::bare();
    probe.results.assign(8, CommandResult{.exit_status = 0, .output = junk});
    if (world_.name != "exec" && actuator_.switches) {  // whose status is all that counts
      EXPECT_NE(read(probe).qos, Qos::on);
      EXPECT_TRUE(read(probe).qos || !read(probe).problem.empty());
    }
    if (actuator_.switches && refuse(state, probe).empty()) {
      EXPECT_FALSE(plan(state, probe).empty());
    }
    if (actuator_.remark != nullptr) {
      EXPECT_LT(actuator_.remark(probe, world_.settings, world_.site).size(), 1000U);
    }
    EXPECT_LT(refuse(state, probe).size(), 1000U) << "what people read";
    EXPECT_LT(read(probe).problem.size(), 1000U);
  }
}

TEST_P(AnyActuator, TheShapingOfOthersIsNeverRemovedUnasked) {
  if (!actuator_.switches) {
    return;
  }
  for (const Qdisc& foreign :
       {Qdisc{"wan", "htb", 0x99990000, worlds::root}, Qdisc{"wan", "ingress", 0xffff0000, worlds::ingress},
        Qdisc{"wan", "hfsc", 0x99990000, worlds::root}, Qdisc{"br-lan", "clsact", 0xffff0000, worlds::ingress},
        Qdisc{"ifb4eth7", "cake", 0x80070000, worlds::root}}) {
    for (const Qos wanted : states()) {
      Probe probe = before(Qos::off);
      probe.qdiscs.push_back(foreign);
      if (foreign.kind == "clsact" && world_.name == "tc") {
        probe.results.insert(probe.results.begin(), worlds::said("filter protocol all pref 1 bpf chain 0\n"));
      }
      if (!refuse(wanted, probe).empty()) {
        EXPECT_NE(refuse(wanted, probe).find(foreign.device), std::string::npos) << "whose it is";
        continue;
      }
      const std::string text = text_of(plan(wanted, probe));
      EXPECT_EQ(text.find("qdisc del dev " + foreign.device), std::string::npos) << foreign.kind << ": " << text;
      EXPECT_EQ(text.find("qdisc replace dev " + foreign.device + " root"), std::string::npos) << text;
      EXPECT_EQ(text.find("flush"), std::string::npos) << text;
    }
  }
}

TEST_P(AnyActuator, SwitchingOffOnABareRouterIsNotRefused) {
  Probe probe = worlds::bare();
  probe.results.assign(8, CommandResult{.exit_status = 1});
  EXPECT_EQ(refuse(Qos::off, probe), "");
}

TEST_P(AnyActuator, SurvivesASiteWithoutAnything) {
  const Probe probe;
  const Site nowhere;
  for (const Qos wanted : states()) {
    if (actuator_.preflight != nullptr) {
      actuator_.preflight(wanted, probe, world_.settings, nowhere);
    }
    const std::string why = actuator_.refuse != nullptr ? actuator_.refuse(wanted, probe, world_.settings, nowhere) : "";
    if (actuator_.plan != nullptr && why.empty()) {
      EXPECT_FALSE(actuator_.plan(wanted, probe, world_.settings, nowhere).empty());
    }
  }
  EXPECT_NE(actuator_.read(probe, world_.settings, nowhere).qos, Qos::on);
}

INSTANTIATE_TEST_SUITE_P(All, AnyActuator, testing::ValuesIn(worlds::all()),
                         [](const testing::TestParamInfo<ActuatorWorld>& world) {
                           std::string name = world.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Actuators, EachHasAWorldInTheTable) {
  std::set<std::string> named;
  for (const ActuatorWorld& world : worlds::all()) {
    EXPECT_NE(find_actuator(world.name), nullptr) << world.name;
    named.insert(world.name);
  }
  for (const Actuator* actuator : all_actuators()) {
    EXPECT_TRUE(named.contains(std::string(actuator->name))) << actuator->name;
  }
}

TEST(Actuators, AnUnknownNameIsNone) {
  EXPECT_EQ(find_actuator("fortune"), nullptr);
}

TEST(TakingOver, NeedsTheSameShaperAndTheSameMark) {
  QosSettings before;
  before.actuator = "tc";
  QosSettings after = before;
  after.tc.upload_kbit = 900;
  after.timeout = 1s;
  after.cake_rate.upload_kbit = 700;
  EXPECT_TRUE(takes_over(before, after)) << "rates change without a gap";
  const auto with = [&](auto change) {
    QosSettings changed = before;
    change(changed);
    return takes_over(before, changed);
  };
  EXPECT_FALSE(with([](QosSettings& qos) { qos.actuator = "none"; }));
  EXPECT_FALSE(with([](QosSettings& qos) { qos.wan = "eth1"; }));
  EXPECT_FALSE(with([](QosSettings& qos) { qos.mark_calls = false; }));
  EXPECT_FALSE(with([](QosSettings& qos) { qos.call_mark.value = 2; }));
  EXPECT_FALSE(with([](QosSettings& qos) { qos.exec.off = {"/opt/off"}; }));
  EXPECT_FALSE(with([](QosSettings& qos) { qos.sqm_scripts.interface = "eth1"; }));
  EXPECT_FALSE(with([](QosSettings& qos) { qos.cake_rate.download_device = "ifb1"; }));
  EXPECT_FALSE(with([](QosSettings& qos) { qos.qosify.dscp = "EF"; }));
}

}  // namespace
}  // namespace voip
