// How the daemon ends: nothing of its own is left, and nothing keeps it for ever.
#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

TEST(Stopping, TakesAwayWhatAFailedSwitchLeft) {
  Simulation world;
  world.fault = [](Qos wanted) { return wanted == Qos::off ? std::string() : std::string("no HFSC in this kernel"); };
  world.flaw = "qos-scripts is half on";
  world.send(SetMode{.mode = Mode::on, .until_changed = true});
  world.run_for(1min);
  EXPECT_EQ(world.report.observed, Qos::off);
  world.ordered.clear();
  world.send(StopRequested{});
  world.run_for(5s);
  EXPECT_TRUE(world.engine().finished());
  EXPECT_EQ(world.ordered, std::vector<Qos>{Qos::off}) << "although it was seen to be off";
  EXPECT_EQ(world.flaw, "");
}

TEST(Stopping, DoesNotWaitForEverForWhatStays) {
  Simulation world;
  world.lies = true;
  world.flaw = "rules are left over";
  world.run_for(1s);
  world.ordered.clear();
  world.send(StopRequested{});
  world.run_for(20s);
  EXPECT_TRUE(world.engine().finished());
  EXPECT_LE(world.ordered.size(), 3U);
}

TEST(Stopping, IsDoneAtOnceWhereAllIsOff) {
  Simulation world;
  world.run_for(1s);
  world.send(StopRequested{});
  EXPECT_TRUE(world.engine().finished());
  EXPECT_TRUE(world.ordered.empty());
}

}  // namespace
}  // namespace voip
