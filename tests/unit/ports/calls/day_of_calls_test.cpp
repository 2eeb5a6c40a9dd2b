// A day of a household, and what is kept of it: each call that was made, once.
#include <gtest/gtest.h>

#include <deque>

#include "ports/calls/calls.h"
#include "unit/simulation.h"

namespace voip {
namespace {

TEST(ADayOfCalls, IsKeptCallByCall) {
  Settings settings;
  settings.policy.compare_every = 5;
  settings.devices.push_back({.name = "Kitchen", .address = IpPrefix::parse("192.168.1.5"), .mac = {}, .hostname = {}});
  Simulation home(settings);
  const Instant began = home.now();
  std::string file;
  std::size_t made = 0;
  std::size_t told = 0;
  std::int64_t seconds = 0;
  std::uint32_t dice = 12'345;
  const auto roll = [&dice](std::uint32_t most) {
    dice = dice * 1'103'515'245 + 12'345;
    return (dice >> 16U) % most;
  };
  while (home.now() < began + 24h) {
    const auto who = static_cast<std::uint16_t>(5 + roll(3));
    const auto port = static_cast<std::uint16_t>(40'000 + made % 20'000);
    const FlowKey flow = flow_key("192.168.1." + std::to_string(who), port, "203.0.113." + std::to_string(1 + roll(200)), 3478);
    const Duration length = 20s + Duration(std::int64_t{1000} * roll(900));
    ++made;
    seconds += length / 1s;
    home.traffic(flow, 50, 50);
    home.run_for(length);
    home.traffic(flow, 0, 0);
    home.run_for(10s);
    home.expire(flow);
    home.run_for(30s + Duration(std::int64_t{1000} * roll(600)));
    for (const CallEnded& ended : home.all<CallEnded>()) {
      if (!ended.call.was_none) {
        ++told;
        file += to_line(kept_call(ended.call, ended.call.started.time_since_epoch() / 1s, false));
      }
    }
    home.log.clear();
    // As the port does it, and as if the power had gone in the middle of a line now and then.
    if (const auto shorter = compacted(file, 500)) {
      file = *shorter;
    }
    if (roll(10) == 0) {
      file += "{\"began_s\":17\n";
    }
  }
  const KeptCallsRead kept = parse_kept_calls(file);
  EXPECT_GT(made, 80U);
  EXPECT_EQ(told, made);
  EXPECT_EQ(kept.calls.size(), made);
  std::int64_t kept_s = 0;
  std::size_t with_qos = 0;
  std::size_t compared = 0;
  for (const KeptCall& call : kept.calls) {
    kept_s += call.duration_s;
    with_qos += call.until_qos ? 1 : 0;
    compared += call.was_compared ? 1 : 0;
    EXPECT_EQ(call.device == "Kitchen" || call.device == "192.168.1.6" || call.device == "192.168.1.7", true) << call.device;
  }
  EXPECT_EQ(with_qos, made) << "each saw QoS come on for it";
  EXPECT_EQ(compared, made / 5);
  EXPECT_NEAR(static_cast<double>(kept_s), static_cast<double>(seconds), 4.0 * static_cast<double>(made));
}

}  // namespace
}  // namespace voip
