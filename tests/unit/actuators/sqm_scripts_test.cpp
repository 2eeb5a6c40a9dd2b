// What sqm-scripts is told to do in states that its stand-in cannot easily be brought into.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "actuators/actuators.h"
#include "unit/actuators/worlds.h"

namespace voip {
namespace {

class SqmScripts : public testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> plan(Qos wanted, const Probe& before) const {
    std::vector<std::string> lines;
    for (const Command& command : actuator_.plan(wanted, before, settings_, site_)) {
      std::string line;
      for (const std::string& argument : command.argv) {
        line += (line.empty() ? "" : " ") + argument;
      }
      lines.push_back(line);
    }
    return lines;
  }

  // Before a switch from off to on, with a lock of that owner and these programs running.
  static Probe locked(const std::string& owner, const std::string& programs) {
    Probe probe = worlds::sqm_scripts(Qos::off, true);
    probe.results[probe.results.size() - 2] = worlds::said(owner);
    probe.results.back() = worlds::said(programs);
    return probe;
  }
  [[nodiscard]] bool breaks_lock(const Probe& before) const {
    const auto lines = plan(Qos::on, before);
    return lines.front() == "rm -f /var/run/sqm/sqm-run.lock/pid" && lines[1] == "rmdir /var/run/sqm/sqm-run.lock";
  }

  const Actuator& actuator_ = *find_actuator("sqm-scripts");
  QosSettings settings_;
  Site site_{.wan = "wan", .lan = {"br-lan"}, .phones = {}};
};

TEST_F(SqmScripts, OneQueueIsSwitchedNeverAllOfThem) {
  EXPECT_EQ(plan(Qos::on, worlds::sqm_scripts(Qos::off, true)).back(), "/usr/lib/sqm/run.sh start wan");
  EXPECT_EQ(plan(Qos::off, worlds::sqm_scripts(Qos::on, true)).back(), "/usr/lib/sqm/run.sh stop wan");
  site_.wan = "";
  for (const Qos wanted : {Qos::off, Qos::on}) {
    EXPECT_NE(actuator_.refuse(wanted, worlds::sqm_scripts(Qos::on, true), settings_, site_), "")
        << "run.sh without a device would take all its queues";
  }
  settings_.sqm_scripts.interface = "eth7";
  EXPECT_EQ(actuator_.refuse(Qos::off, worlds::bare(), settings_, site_), "");
  EXPECT_EQ(plan(Qos::off, worlds::bare()).back(), "/usr/lib/sqm/run.sh stop eth7");
}

TEST_F(SqmScripts, ALockIsBrokenOnlyWhereItsOwnerIsKnownToBeDead) {
  EXPECT_TRUE(breaks_lock(locked("4711\n", "1\n2\nself\n")));
  EXPECT_FALSE(breaks_lock(locked("4711\n", "1\n2\n4711\nself\n"))) << "it lives";
  EXPECT_FALSE(breaks_lock(locked("4711\n", "1\n2\n"))) << "a list that was cut";
  EXPECT_FALSE(breaks_lock(locked("4711\n", ""))) << "no list";
  EXPECT_FALSE(breaks_lock(locked("", "1\nself\n"))) << "it is just being taken";
  EXPECT_FALSE(breaks_lock(locked("../../etc", "1\nself\n"))) << "no number";
  EXPECT_FALSE(breaks_lock(worlds::sqm_scripts(Qos::off, true))) << "no lock";
}

TEST_F(SqmScripts, QueuesThatSomebodyMadeByHandUnderItsNamesAreNeverTouched) {
  Probe before = worlds::sqm_scripts(Qos::off, true);
  worlds::put_root(before, "wan", "cake", 0x80010000);
  before.qdiscs.push_back({"wan", "ingress", 0xffff0000, worlds::ingress});
  before.links.push_back({"ifb4wan"});
  before.qdiscs.push_back({"ifb4wan", "cake", 0x80020000, worlds::root});
  EXPECT_EQ(actuator_.read(before, settings_, site_), (QosObserved{Qos::off, ""})) << "no reason to do anything";
  EXPECT_NE(actuator_.refuse(Qos::on, before, settings_, site_).find("another program has a qdisc cake on wan"),
            std::string::npos);
  EXPECT_EQ(plan(Qos::off, before), std::vector<std::string>{"/usr/lib/sqm/run.sh stop wan"}) << "which does nothing";
  before.last_switch = Qos::on;  // but after a start of ours that failed they are its remains
  EXPECT_NE(actuator_.read(before, settings_, site_).problem, "");
  EXPECT_EQ(actuator_.refuse(Qos::on, before, settings_, site_), "");
  EXPECT_EQ(plan(Qos::off, before), (std::vector<std::string>{"/usr/lib/sqm/run.sh start wan", "/usr/lib/sqm/run.sh stop wan"}));
}

TEST_F(SqmScripts, WhatAKilledStartLeftIsKnownByItsLock) {
  const auto half = [](const std::string& programs) {
    Probe probe = locked("4711\n", programs);
    worlds::put_root(probe, "wan", "htb", 0x10000);
    probe.qdiscs.push_back({"wan", "ingress", 0xffff0000, worlds::ingress});
    probe.links.emplace_back("ifb4wan");
    return probe;
  };
  const Probe dead = half("1\n2\nself\n");
  EXPECT_EQ(actuator_.observe(dead, settings_, site_).size(), dead.results.size());
  EXPECT_NE(actuator_.read(dead, settings_, site_).problem.find("parts of a start that failed"), std::string::npos);
  EXPECT_EQ(actuator_.refuse(Qos::on, dead, settings_, site_), "");
  EXPECT_EQ(plan(Qos::off, dead),
            (std::vector<std::string>{"rm -f /var/run/sqm/sqm-run.lock/pid", "rmdir /var/run/sqm/sqm-run.lock",
                                      "/usr/lib/sqm/run.sh start wan", "/usr/lib/sqm/run.sh stop wan"}));
  Probe of_another = dead;
  of_another.links.pop_back();
  EXPECT_NE(actuator_.refuse(Qos::on, of_another, settings_, site_), "") << "the lock of a start for another device";
  const Probe alive = half("1\n2\n4711\nself\n");
  EXPECT_EQ(actuator_.read(alive, settings_, site_), (QosObserved{Qos::off, ""})) << "somebody is just starting it";
  EXPECT_NE(actuator_.refuse(Qos::on, alive, settings_, site_), "");
}

TEST_F(SqmScripts, AQueueIsFoundByItsDeviceWhateverItsName) {
  Probe before = worlds::sqm_scripts(Qos::off, true);
  before.results[2] = worlds::said(
      "sqm.@queue[0]=queue\nsqm.@queue[0].interface='eth1'\nsqm.@queue[0].enabled='1'\n"
      "sqm.@queue[1]=queue\nsqm.@queue[1].interface='wan'\nsqm.@queue[1].enabled='0'\n"
      "sqm.other=queue\nsqm.other.interface='wan'\nsqm.other.enabled='1'\n");
  EXPECT_EQ(actuator_.refuse(Qos::on, before, settings_, site_), "") << "the one that is enabled counts";
  before.results[2] = worlds::said("sqm.@queue[1]=queue\nsqm.@queue[1].interface='wan'\nsqm.@queue[1].enabled='0'\n");
  EXPECT_NE(actuator_.refuse(Qos::on, before, settings_, site_).find("uci set sqm.@queue[1].enabled=1"), std::string::npos);
}

TEST_F(SqmScripts, ABadEndOfItsStartSaysNothingWhenAnotherQueueComesAfterOurs) {
  const auto start_may_fail = [&](const std::string& uci) {
    Probe before = worlds::sqm_scripts(Qos::off, true);
    before.results[2] = worlds::said(uci);
    const Plan plan = actuator_.plan(Qos::on, before, settings_, site_);
    return plan.back().may_fail;
  };
  const std::string ours = "sqm.wan=queue\nsqm.wan.enabled='1'\nsqm.wan.interface='wan'\n";
  const std::string other = "sqm.other=queue\nsqm.other.interface='lan1'\nsqm.other.enabled='0'\n";
  EXPECT_FALSE(start_may_fail(ours));
  EXPECT_FALSE(start_may_fail(other + ours));
  EXPECT_TRUE(start_may_fail(ours + other));
  EXPECT_TRUE(start_may_fail(other + ours + other));
}

TEST_F(SqmScripts, OneDirectionAloneIsOn) {
  Probe seen = worlds::sqm_scripts(Qos::on, false);
  std::erase_if(seen.qdiscs, [](const Qdisc& qdisc) { return qdisc.kind == "ingress" || qdisc.device == "ifb4wan"; });
  EXPECT_EQ(actuator_.read(seen, settings_, site_).qos, std::nullopt);
  EXPECT_NE(actuator_.read(seen, settings_, site_).problem.find("the download of wan is not shaped"), std::string::npos);
  seen.results[2].output += "sqm.wan.download='0'\n";
  seen.results[2].output.erase(seen.results[2].output.find("sqm.wan.download='4500'\n"), 24);
  EXPECT_EQ(actuator_.read(seen, settings_, site_), (QosObserved{Qos::on, ""}));
}

}  // namespace
}  // namespace voip
