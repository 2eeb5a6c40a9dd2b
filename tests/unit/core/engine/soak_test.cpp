// A week of a household in the engine alone: what it holds after the first day it holds at the end.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <string>

#include "unit/simulation.h"

namespace voip {
namespace {

std::size_t memory_in_use() {
  return mallinfo2().uordblks;
}

// One hour: two calls, devices that come and go, many flows that are no calls, an order, and a loss of events.
void live_for_an_hour(Simulation& home, int hour) {
  const auto port = [&](int number) { return static_cast<std::uint16_t>(1024 + (hour * 97 + number * 13) % 60000); };
  for (int minute = 0; minute < 60; ++minute) {
    for (int flow = 0; flow < 20; ++flow) {
      const FlowKey web = flow_key("192.168.1." + std::to_string(20 + flow), port(minute * 20 + flow), "198.51.100.7", 443);
      home.traffic(web, 5, 8);
      home.expire(web);
    }
    const FlowKey call = flow_key("192.168.1.30", port(minute), "203.0.113.9", 3478);
    if (minute % 30 == 5) {
      home.traffic(call, 50, 50);
    }
    home.run_for(1min);
    if (minute % 30 == 5) {
      home.traffic(call, 0, 0);
      home.run_for(1s);
      home.expire(call);
    }
    if (minute == 40) {
      home.send(SetMode{.mode = Mode::on, .time_limit = 5min});
      home.send(DeviceFound{0, *IpAddress::parse("192.168.1." + std::to_string(1 + hour % 250))});
      home.send(FlowsLost{});
    }
  }
}

TEST(Soak, AWeekOfLifeLeavesNothingBehind) {
  Settings settings;
  settings.devices = {{.name = "laptop", .address = {}, .mac = "02:00:00:00:00:01", .hostname = "", .role = Role::any}};
  Simulation home(settings);
  std::size_t after_a_day = 0;
  for (int hour = 0; hour < 7 * 24; ++hour) {
    live_for_an_hour(home, hour);
    EXPECT_FALSE(home.ordered.empty()) << "QoS was switched in hour " << hour;
    // What the simulation keeps for us.
    home.log = {};
    home.ordered = {};
    home.marks = {};
    if (hour == 23) {
      after_a_day = memory_in_use();
    }
  }
  EXPECT_EQ(home.report.calls, 0);
  // The device's found addresses are bounded, and fill up in the first ten days.
  EXPECT_LE(memory_in_use(), after_a_day + 64 * 1024);
  EXPECT_LT(home.steps, 7U * 24 * 3600 * 10) << "ten steps a second";
}

}  // namespace
}  // namespace voip
