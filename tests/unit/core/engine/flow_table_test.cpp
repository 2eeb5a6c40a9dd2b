#include "core/engine/flow_table.h"

#include <gtest/gtest.h>

#include <limits>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey key = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);

Flow fresh_flow(Instant born) {
  Flow flow;
  flow.facts.key = key;
  flow.conntrack_id = 1;
  flow.measured = born;
  return flow;
}

FlowSample sample(std::uint64_t packets, std::uint64_t bytes, std::uint32_t id = 1) {
  return {.key = key, .conntrack_id = id, .up = Counters{packets, bytes}, .down = Counters{packets, bytes}};
}

TEST(FlowTable, RatesAreDividedByMeasuredTime) {
  FlowTable table(4);
  const FlowSlot slot = *table.add(fresh_flow(at(0s)));
  const auto step = table.measure(slot, sample(50, 10'000), at(500ms));
  ASSERT_TRUE(step);
  EXPECT_EQ(step->elapsed, 500ms);
  EXPECT_EQ(step->up.packets, 50U);
  EXPECT_EQ(table.at(slot).rates.up_packets_per_s, 100);
  EXPECT_EQ(table.at(slot).rates.up_bit_per_s, 160'000);
}

TEST(FlowTable, AnOldFlowNeedsABaselineFirst) {
  FlowTable table(4);
  Flow old = fresh_flow(at(0s));
  old.measured.reset();
  const FlowSlot slot = *table.add(old);
  EXPECT_FALSE(table.measure(slot, sample(1'000'000, 200'000'000), at(1s)));
  const auto step = table.measure(slot, sample(1'000'050, 200'010'000), at(2s));
  ASSERT_TRUE(step);
  EXPECT_EQ(step->up.packets, 50U);
}

TEST(FlowTable, CountersThatStepBackAreAFreshStart) {
  FlowTable table(4);
  const FlowSlot slot = *table.add(fresh_flow(at(0s)));
  ASSERT_TRUE(table.measure(slot, sample(1000, 200'000), at(10s)));
  const auto step = table.measure(slot, sample(20, 4'000), at(11s));
  ASSERT_TRUE(step);
  EXPECT_EQ(step->up, (Counters{20, 4'000}));
  EXPECT_EQ(step->down, (Counters{20, 4'000}));
}

TEST(FlowTable, CountersThatNoLineCarriesAreCutToWhatOneMight) {
  FlowTable table(4);
  const FlowSlot slot = *table.add(fresh_flow(at(0s)));
  constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
  for (const Duration read_at : {1ms, 1001ms, 3'600'000ms * 24 * 31}) {
    ASSERT_TRUE(table.measure(slot, sample(read_at == 1001ms ? 0 : huge, read_at == 1001ms ? 1U << 30U : huge), at(read_at)));
    const Rates& rates = table.at(slot).rates;
    EXPECT_GT(rates.up_packets_per_s, 0);
    EXPECT_LE(rates.up_packets_per_s, 150'000'000);
    EXPECT_GT(rates.up_bit_per_s, 0);
    EXPECT_LE(rates.up_bit_per_s, 100'000'000'000);
  }
}

TEST(FlowTable, ZeroedPacketsAndBytesAreJudgedTogether) {
  FlowTable table(4);
  const FlowSlot slot = *table.add(fresh_flow(at(0s)));
  ASSERT_TRUE(table.measure(slot, sample(10, 400), at(1s)));
  // Zeroed and grown again: fewer packets than before, but more bytes.
  const auto step = table.measure(slot, sample(5, 5'000), at(2s));
  ASSERT_TRUE(step);
  EXPECT_EQ(step->up, (Counters{5, 5'000}));
}

TEST(FlowTable, AReusedTupleIsAnotherFlow) {
  FlowTable table(4);
  const FlowSlot slot = *table.add(fresh_flow(at(0s)));
  ASSERT_TRUE(table.measure(slot, sample(10, 2'000), at(1s)));
  EXPECT_FALSE(table.measure(slot, sample(5'000, 1'000'000, 2), at(2s)));
  const auto step = table.measure(slot, sample(5'050, 1'010'000, 2), at(3s));
  ASSERT_TRUE(step);
  EXPECT_EQ(step->up.packets, 50U);
}

TEST(FlowTable, AFlowWithoutCountersIsSeenToBeOne) {
  FlowTable table(4);
  const FlowSlot slot = *table.add(fresh_flow(at(0s)));
  EXPECT_FALSE(table.measure(slot, {.key = key, .conntrack_id = 1, .up = {}, .down = {}}, at(1s)));
  EXPECT_FALSE(table.at(slot).has_counters);
  EXPECT_EQ(table.uncounted(), 1);
  EXPECT_FALSE(table.measure(slot, sample(100, 20'000), at(2s))) << "counters that appear are a baseline, not a burst";
  EXPECT_TRUE(table.at(slot).has_counters);
  EXPECT_EQ(table.uncounted(), 0);
}

TEST(FlowTable, CountsOffloadedFlowsWhileTheyAreThere) {
  FlowTable table(4);
  const FlowSlot slot = *table.add(fresh_flow(at(0s)));
  FlowSample offloaded = sample(100, 20'000);
  offloaded.is_hw_offloaded = true;
  table.measure(slot, offloaded, at(1s));
  table.measure(slot, offloaded, at(2s));
  EXPECT_EQ(table.hw_offloaded(), 1);
  table.remove(slot);
  EXPECT_EQ(table.hw_offloaded(), 0);
}

TEST(FlowTable, TwoReadingsInOneMillisecondGiveNoRate) {
  FlowTable table(4);
  const FlowSlot slot = *table.add(fresh_flow(at(0s)));
  EXPECT_FALSE(table.measure(slot, sample(10, 2'000), at(0s)));
}

TEST(FlowTable, ItHoldsItsCapacityAndNoFlowTwice) {
  FlowTable table(2);
  EXPECT_TRUE(table.add(fresh_flow(at(0s))));
  EXPECT_FALSE(table.add(fresh_flow(at(0s))));
  Flow second = fresh_flow(at(0s));
  second.facts.key.client.port = 1;
  const auto slot = table.add(second);
  ASSERT_TRUE(slot);
  Flow third = second;
  third.facts.key.client.port = 2;
  EXPECT_FALSE(table.add(third));
  table.remove(*slot);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_FALSE(table.find(second.facts.key));
  EXPECT_TRUE(table.add(third));
}

TEST(FlowTable, RatesAreThoseOfTheLastSecondHoweverShortTheSteps) {
  FlowTable table(4);
  const FlowSlot slot = *table.add(fresh_flow(at(0s)));
  table.measure(slot, sample(12, 2'400), at(250ms));
  EXPECT_EQ(table.at(slot).rates.up_packets_per_s, 48) << "there is no more yet";
  for (const auto& [time, packets] : {std::pair(500, 25), std::pair(750, 37), std::pair(1000, 50), std::pair(2000, 100)}) {
    table.measure(slot, sample(static_cast<std::uint64_t>(packets), static_cast<std::uint64_t>(packets) * 200),
                  at(Duration(time)));
  }
  EXPECT_EQ(table.at(slot).rates.up_packets_per_s, 50);
  // A reading that is soon followed by another one, each with the packet that was just on its way.
  table.measure(slot, sample(126, 25'200), at(2500ms));
  EXPECT_EQ(table.at(slot).rates.up_packets_per_s, 51) << "76 in 1.5 s, not 26 in half a second";
  EXPECT_EQ(table.at(slot).rates.up_bit_per_s, 81'067);
  table.measure(slot, sample(150, 30'000), at(3s));
  EXPECT_EQ(table.at(slot).rates.up_packets_per_s, 50);
  table.measure(slot, sample(150, 30'000), at(4s));
  EXPECT_EQ(table.at(slot).rates.up_packets_per_s, 0) << "it ends within the second";
}

TEST(FlowTable, RatesGoOnOverCountersThatWereZeroedAndBeginAnewWithAnotherFlow) {
  FlowTable table(4);
  const FlowSlot slot = *table.add(fresh_flow(at(0s)));
  table.measure(slot, sample(50, 10'000), at(1s));
  table.measure(slot, sample(25, 5'000), at(1500ms));
  EXPECT_EQ(table.at(slot).rates.up_packets_per_s, 50);
  table.measure(slot, sample(5'000, 1'000'000, 2), at(2s));
  table.measure(slot, sample(5'010, 1'002'000, 2), at(2500ms));
  EXPECT_EQ(table.at(slot).rates.up_packets_per_s, 20) << "of the new flow alone";
}

}  // namespace
}  // namespace voip
