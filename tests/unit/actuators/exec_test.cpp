#include <gtest/gtest.h>

#include "actuators/actuators.h"

namespace voip {
namespace {

const Actuator& exec = *find_actuator("exec");

TEST(ExecActuator, RunsTheConfiguredArgumentLists) {
  QosSettings settings;
  settings.exec = {.on = {"/opt/on", "a b"}, .off = {"/opt/off"}, .observe = {}};
  EXPECT_EQ(exec.plan(Qos::on, {}, settings, {})[0].argv, (std::vector<std::string>{"/opt/on", "a b"}));
  EXPECT_EQ(exec.plan(Qos::off, {}, settings, {})[0].argv, std::vector<std::string>{"/opt/off"});
  EXPECT_TRUE(exec.observe({}, settings, {}).empty());
}

TEST(ExecActuator, RefusesWhatIsNotConfigured) {
  EXPECT_EQ(exec.refuse(Qos::on, {}, {}, {}), "no command is configured for it: set qos.exec.on");
  EXPECT_EQ(exec.refuse(Qos::off, {}, {}, {}), "no command is configured for it: set qos.exec.off");
}

TEST(ExecActuator, ReadsTheObserveCommandsStatus) {
  QosSettings settings;
  settings.exec.observe = {"/opt/observe"};
  const auto read = [&](int status) {
    Probe probe;
    probe.last_switch = Qos::on;
    probe.results = {{.exit_status = status}};
    return exec.read(probe, settings, {});
  };
  EXPECT_EQ(read(0).qos, Qos::on);
  EXPECT_EQ(read(1).qos, Qos::off);
  EXPECT_EQ(read(2).qos, std::nullopt);
  EXPECT_NE(read(2).problem, "");
  EXPECT_EQ(read(-1).qos, std::nullopt);
}

TEST(ExecActuator, WithoutAnObserveCommandTheLastSwitchIsAllThatIsKnown) {
  Probe probe;
  EXPECT_EQ(exec.read(probe, {}, {}).qos, std::nullopt);
  probe.last_switch = Qos::off;
  EXPECT_EQ(exec.read(probe, {}, {}).qos, Qos::off);
}

}  // namespace
}  // namespace voip
