// Counters to rates: remembers what each watched flow had carried at the last reading and gives the difference, divided by the
// measured time. It never gives a burst that was not there nor a negative number:
// - a counter that steps back was zeroed by somebody (nlbwmon does, every 30 s): what it shows now is what came since;
// - another conntrack id means that the tuple was reused: the new flow starts from nothing;
// - a flow without counters (accounting was off at its birth) is a visible state, not zero.
// Holds at most `capacity` flows; a slot is stable while its flow lives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/detector.h"
#include "core/engine/device_map.h"
#include "core/model.h"
#include "core/time.h"

namespace voip {

// What a flow had carried at some reading, counted by us since its first one: nobody zeroes that.
struct FlowTotals {
  Instant at{};
  Counters up;
  Counters down;
};

struct Flow {
  FlowFacts facts;
  std::int32_t device = no_device;  // index into Settings::devices
  std::uint32_t conntrack_id = 0;
  Instant seen_first{};
  std::optional<Instant> first_packet;  // of a fresh flow
  std::optional<Instant> measured;      // the last reading, or the birth of a fresh flow
  Counters up;                          // totals at that time
  Counters down;
  // Over the last second or two, or the shorter time since the first reading: of a call's 50 packets a second one more or less is
  // 2 %.
  Rates rates;
  FlowTotals totals;       // at the last reading
  FlowTotals window;       // where the rates are counted from
  FlowTotals next_window;  // ... once that is a second ago
  std::uint32_t mark = 0;
  bool has_counters = true;
  bool is_offloaded = false;
  bool is_hw_offloaded = false;
  bool in_call = false;
  bool changed_hands = false;  // its address, during a call: whose it is now is asked when the call is over
};

class FlowTable {
 public:
  explicit FlowTable(std::size_t capacity);

  // Empty when the table is full or the flow is already in it.
  std::optional<FlowSlot> add(const Flow& flow);
  void remove(FlowSlot slot);
  [[nodiscard]] std::optional<FlowSlot> find(const FlowKey& key) const;

  [[nodiscard]] Flow& at(FlowSlot slot);
  [[nodiscard]] const Flow& at(FlowSlot slot) const;
  [[nodiscard]] bool is_used(FlowSlot slot) const { return used_.at(slot); }
  [[nodiscard]] std::size_t capacity() const { return flows_.size(); }
  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  // How many flows have no counters, and how many have coarse or frozen ones.
  [[nodiscard]] int uncounted() const { return uncounted_; }
  [[nodiscard]] int hw_offloaded() const { return hw_offloaded_; }

  // Takes in what was read at that moment. Empty for the first one of a flow that was not fresh, for one without counters, and
  // for two in the same millisecond.
  std::optional<FlowStep> measure(FlowSlot slot, const FlowSample& sample, Instant read_at);

 private:
  void count(const Flow& flow, int change);

  std::vector<Flow> flows_;
  std::vector<bool> used_;
  std::vector<FlowSlot> free_;
  using Slots = std::unordered_map<FlowKey, FlowSlot, FlowKeyHash>;
  Slots slots_;
  std::vector<Slots::node_type> spare_;  // of flows that are gone, so that the next ones need no memory
  int uncounted_ = 0;
  int hw_offloaded_ = 0;
};

}  // namespace voip
