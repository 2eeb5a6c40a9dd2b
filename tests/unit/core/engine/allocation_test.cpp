// Counts every allocation of this program, to show that the engine with the real detector needs none once it has seen the flows:
// not for counters, births, ends and timers, and never more for the ten-thousandth flow than for the hundredth.
#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "counted_memory.h"
#include "detectors/detectors.h"
#include "ports/mqtt/payload/rates.h"

namespace voip {
namespace {

Settings two_devices() {
  Settings settings;
  settings.devices.resize(2);
  settings.devices[0].name = "A phone whose name is longer than a short string";
  settings.devices[0].address = IpPrefix::parse("192.168.1.30");
  settings.devices[1].name = "Console";
  settings.devices[1].address = IpPrefix::parse("192.168.1.31");
  settings.devices[1].role = Role::never;
  return settings;
}

FlowKey key_of(const char* client, std::uint16_t client_port, const char* server, std::uint16_t server_port) {
  return {{*IpAddress::parse(client), client_port}, {*IpAddress::parse(server), server_port}, protocol_udp};
}

// Flows that carry the same each second, around an engine whose memory is counted.
class SteadyWorld {
 public:
  SteadyWorld() { send(DeadlineReached{}); }

  void begin(const FlowKey& key, std::uint64_t packets_per_s, std::uint64_t bytes) {
    flows_[key] = {now_, packets_per_s, bytes};
    send(FlowBorn{.at = now_, .key = key, .conntrack_id = 7, .mark = 0, .is_expected = false, .is_fresh = true});
  }
  void end(const FlowKey& key) {
    flows_.erase(key);
    send(FlowGone{key, 7});
  }

  void run_for(Duration duration) {
    const Instant end = now_ + duration;
    while (engine_.deadline() && *engine_.deadline() <= end) {
      now_ = *engine_.deadline();
      send(DeadlineReached{});
    }
    now_ = end;
  }

  std::uint64_t needed = 0;  // allocations inside the engine
  std::size_t calls_started = 0;
  std::size_t rates_told = 0;
  std::size_t readings = 0;

 private:
  struct Traffic {
    Instant since{};
    std::uint64_t packets_per_s = 0;
    std::uint64_t bytes = 0;  // of a packet
  };

  void send(const Event& first) {
    answers_.push_back(first);
    while (!answers_.empty()) {
      const Event event = answers_.front();
      answers_.pop_front();
      const std::uint64_t before = allocations;
      const std::vector<Action>& actions = engine_.step(now_, event);
      needed += allocations - before;
      for (const Action& action : actions) {
        perform(action);
      }
    }
  }

  void perform(const Action& action) {
    if (const auto* read = std::get_if<ReadCounters>(&action)) {
      ++readings;
      samples_.clear();
      for (const FlowKey& key : read->keys) {
        const auto found = flows_.find(key);
        if (found == flows_.end()) {
          answers_.emplace_back(FlowGone{key, 0});
          continue;
        }
        const Traffic& traffic = found->second;
        const std::uint64_t packets = static_cast<std::uint64_t>((now_ - traffic.since).count()) * traffic.packets_per_s / 1000;
        const Counters counters{packets, packets * traffic.bytes};
        samples_.push_back({.key = key, .conntrack_id = 7, .up = counters, .down = counters, .mark = 0x01000000});
      }
      answers_.emplace_back(CountersRead{now_, samples_});
    } else if (const auto* wanted = std::get_if<SwitchQos>(&action)) {
      qos_ = wanted->wanted;
      answers_.emplace_back(SwitchFinished{wanted->wanted, ""});
    } else if (std::holds_alternative<ObserveQos>(action)) {
      answers_.emplace_back(QosObserved{qos_, ""});
    }
    calls_started += std::holds_alternative<CallStarted>(action) ? 1U : 0U;
    rates_told += std::holds_alternative<RatesMeasured>(action) ? 1U : 0U;
  }

  Settings settings_ = two_devices();
  Engine engine_{settings_, find_detector("calls")->make(settings_), {.switches = true, .drains = false}};
  Instant now_{1000s};
  Qos qos_ = Qos::off;
  std::map<FlowKey, Traffic> flows_;
  std::vector<FlowSample> samples_;
  std::deque<Event> answers_;
};

TEST(EngineAllocation, ACallAmongOtherFlowsNeedsNoMemoryOnceItIsUp) {
  SteadyWorld world;
  world.begin(key_of("192.168.1.30", 7078, "203.0.113.9", 3478), 50, 200);
  for (std::uint16_t i = 0; i < 20; ++i) {
    const std::string server = "198.18." + std::to_string(i) + ".4";
    world.begin(key_of("192.168.1.40", 50'000, server.c_str(), 30'000), i % 2 == 0 ? 0 : 3, 1200);
  }
  world.run_for(60s);
  ASSERT_EQ(world.calls_started, 1U);
  world.needed = 0;
  world.rates_told = 0;
  world.readings = 0;
  world.run_for(10min);
  EXPECT_EQ(world.needed, 0U);
  EXPECT_GE(world.rates_told, 590U);
  EXPECT_GE(world.readings, 590U);
}

TEST(EngineAllocation, FlowsThatAreBornAndGoneNeedNoMemoryOnceTheTableHasBeenFull) {
  SteadyWorld world;
  const auto flood = [&world](int flows) {
    for (int i = 0; i < flows; ++i) {
      const auto port = static_cast<std::uint16_t>(1024 + i % 60'000);
      world.begin(key_of("192.168.1.40", port, "198.51.100.4", 30'000), 1, 100);
      world.begin(key_of("192.168.1.40", port, "192.0.2.53", 53), 1, 100);        // never wanted
      world.begin(key_of("192.168.1.31", port, "198.51.100.4", 40'000), 1, 100);  // of a device that never calls
      if (i % 10 == 0) {
        world.run_for(20ms);
      }
      world.end(key_of("192.168.1.40", port, "198.51.100.4", 30'000));
      world.end(key_of("192.168.1.40", port, "192.0.2.53", 53));
      world.end(key_of("192.168.1.31", port, "198.51.100.4", 40'000));
    }
  };
  for (int i = 0; i < 600; ++i) {  // more than the table takes
    world.begin(key_of("192.168.1.41", static_cast<std::uint16_t>(20'000 + i), "198.51.100.5", 30'000), 1, 100);
  }
  world.run_for(30s);  // long enough for their marks to look left behind
  for (int i = 0; i < 600; ++i) {
    world.end(key_of("192.168.1.41", static_cast<std::uint16_t>(20'000 + i), "198.51.100.5", 30'000));
  }
  flood(100);
  world.needed = 0;
  flood(100'000);
  EXPECT_EQ(world.needed, 0U);
}

TEST(Allocations, TheRatesOverMqttNeedNoMemoryOnceTheyHaveBeenWritten) {
  MqttRates rates{MqttTopics(two_devices())};
  const std::vector<Rates> of_devices{Rates{9'999'999, 1, 999, 999, 9}, Rates{}};
  Report report;
  report.call_started = Instant(0s);
  rates.write({of_devices.front(), of_devices}, &report, Instant(24h), true);
  const std::uint64_t before = allocations;
  for (int second = 0; second < 3'600; ++second) {
    const Rates total{87'000 + second, 86'000, 50, 50, 1};
    EXPECT_EQ(rates.write({total, of_devices}, &report, Instant(second * 1s), false).size(), 2U);
  }
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace voip
