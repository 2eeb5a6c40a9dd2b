#include "core/live_settings.h"

#include <gtest/gtest.h>

#include "core/engine/policy.h"
#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey call_flow = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);

TEST(LiveSettings, AreTakenAtOnceAndReported) {
  Simulation world;
  EXPECT_EQ(world.report.settings, LiveSettings{});
  world.send(SetSetting{.release_after = 30s});
  EXPECT_EQ(world.report.settings, (LiveSettings{.release_after = 30s}));
  world.send(SetSetting{.override_for = 1h, .sensitivity = Sensitivity::high});
  const LiveSettings all{.release_after = 30s, .override_for = 1h, .sensitivity = Sensitivity::high};
  EXPECT_EQ(world.report.settings, all);
  EXPECT_EQ(world.engine().live_settings(), all);
}

TEST(LiveSettings, OutOfRangeAreNotTaken) {
  Simulation world;
  world.send(SetSetting{.release_after = -1s, .override_for = 59s});
  world.send(SetSetting{.release_after = 10min + 1ms, .override_for = 24h + 1ms});
  EXPECT_EQ(world.report.settings, LiveSettings{});
  EXPECT_EQ(world.all<ReportChanged>().size(), 2U) << "the state that was found, and nothing more";
}

TEST(LiveSettings, ARunningReleaseEndsByTheNewDelay) {
  Settings settings;
  settings.policy.release_after = 60s;
  Simulation world(settings);
  world.traffic(call_flow, 50, 50);
  world.run_for(30s);
  world.traffic(call_flow, 0, 0);
  world.run_for(20s);
  ASSERT_EQ(world.report.reason, Reason::release);
  world.send(SetSetting{.release_after = 40s});
  world.run_for(15s);
  EXPECT_EQ(world.report.reason, Reason::release) << "35 s after the call";
  world.run_for(10s);
  EXPECT_EQ(world.actual, Qos::off);
}

TEST(LiveSettings, ARunningReleaseLongerThanTheNewDelayEndsNow) {
  Policy policy({.release_after = 60s, .min_on = 1s});
  policy.set_calls(1, Instant(0s));
  policy.decide(Instant(0s));
  policy.set_calls(0, Instant(20s));
  ASSERT_TRUE(policy.decide(Instant(40s)).wanted);
  policy.set_durations(5s, 2h);
  EXPECT_FALSE(policy.decide(Instant(40s)).wanted);
}

TEST(LiveSettings, TheOverrideTimeCountsForOrdersToCome) {
  Simulation world;
  world.send(SetMode{.mode = Mode::on});
  const auto until = world.report.override_until;
  ASSERT_EQ(until, world.now() + 2h);
  world.send(SetSetting{.override_for = 30min});
  EXPECT_EQ(world.report.override_until, until);
  world.send(SetMode{.mode = Mode::on});
  EXPECT_EQ(world.report.override_until, world.now() + 30min);
}

TEST(LiveSettings, TheReportKnowsTheModeThatAnOverrideGivesWayTo) {
  Simulation world;
  world.send(SetMode{.mode = Mode::off, .until_changed = true});
  world.send(SetMode{.mode = Mode::on});
  EXPECT_EQ(world.report.mode, Mode::on);
  EXPECT_EQ(world.report.lasting_mode, Mode::off);
}

TEST(LiveSettings, ARecheckLooksAtTheLineAndListsTheFlows) {
  Simulation world;
  world.run_for(10s);
  const std::size_t listings = world.listings;
  const std::size_t looks = world.all<ObserveQos>().size();
  world.send(RecheckRequested{});
  world.run_for(2s);
  EXPECT_EQ(world.listings, listings + 1);
  EXPECT_EQ(world.all<ObserveQos>().size(), looks + 1);
  world.send(StatusRequested{});
  EXPECT_EQ(world.all<StatusReported>().at(0).status.events_lost, 0U) << "nothing was lost";
}

TEST(LiveSettings, OutliveAReloadUnlessTheFileChangedThem) {
  const LiveSettings before{};
  const LiveSettings in_force{.release_after = 30s, .override_for = 1h, .sensitivity = Sensitivity::high};
  EXPECT_EQ(after_reload(in_force, before, before), in_force);
  EXPECT_EQ(after_reload(in_force, before, {.release_after = 20s}),
            (LiveSettings{.release_after = 20s, .override_for = 1h, .sensitivity = Sensitivity::high}));
  EXPECT_EQ(live_settings(with_live_settings(Settings{}, in_force)), in_force);
}

TEST(LiveSettings, SensitivityHasItsWords) {
  for (const Sensitivity sensitivity : all_sensitivities) {
    EXPECT_EQ(parse_sensitivity(to_string(sensitivity)), sensitivity);
  }
  EXPECT_FALSE(parse_sensitivity("High"));
}

}  // namespace
}  // namespace voip
