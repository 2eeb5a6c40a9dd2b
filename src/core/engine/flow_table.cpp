#include "core/engine/flow_table.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace voip {
namespace {

constexpr Duration shortest_window = 950ms;  // a second, less what a machine is early

// What no line here carries: 100 Gbit/s, in packets of 84 bytes on the wire (IEEE 802.3, clause 4.4.2). A recording, or a driver
// with a fault, may say more; it is cut to this, so that nothing that is computed of it overflows.
constexpr std::uint64_t most_bytes_per_ms = 12'500'000;
constexpr std::uint64_t most_packets_per_ms = 150'000;
constexpr Duration longest_believed = 1h;

// What was added since `before`. A total below the old one was zeroed in between, so all of it is new.
Counters added(const Counters& before, const Counters& now, Duration elapsed) {
  // Packets and bytes are zeroed together; judging each alone would mix an old packet count with new bytes.
  const bool were_zeroed = now.packets < before.packets || now.bytes < before.bytes;
  const Counters more = were_zeroed ? now : Counters{now.packets - before.packets, now.bytes - before.bytes};
  const auto milliseconds = static_cast<std::uint64_t>(std::min(elapsed, longest_believed).count());
  return {std::min(more.packets, most_packets_per_ms * milliseconds), std::min(more.bytes, most_bytes_per_ms * milliseconds)};
}

std::int64_t per_second(std::uint64_t amount, Duration elapsed) {
  const auto milliseconds = elapsed.count();
  return (static_cast<std::int64_t>(amount) * 1000 + milliseconds / 2) / milliseconds;
}

Rates rates_between(const FlowTotals& from, const FlowTotals& to) {
  const Duration elapsed = to.at - from.at;
  return {per_second((to.up.bytes - from.up.bytes) * 8, elapsed), per_second((to.down.bytes - from.down.bytes) * 8, elapsed),
          static_cast<std::int32_t>(per_second(to.up.packets - from.up.packets, elapsed)),
          static_cast<std::int32_t>(per_second(to.down.packets - from.down.packets, elapsed)), 1};
}

void add(Counters& total, const Counters& more) {
  total.packets += more.packets;
  total.bytes += more.bytes;
}

// The window begins at a reading and is never shorter than `shortest_window` where there are readings enough.
void measure_rates(Flow& flow, const FlowStep& step, Instant read_at) {
  flow.totals.at = read_at;
  add(flow.totals.up, step.up);
  add(flow.totals.down, step.down);
  const bool is_over = read_at - flow.next_window.at >= shortest_window;
  if (is_over) {
    flow.window = flow.next_window;
    flow.next_window = flow.totals;
  }
  flow.rates = rates_between(flow.window, flow.totals);
}

}  // namespace

FlowTable::FlowTable(std::size_t capacity) : flows_(capacity), used_(capacity, false) {
  free_.reserve(capacity);
  for (std::size_t slot = capacity; slot > 0; --slot) {
    free_.push_back(static_cast<FlowSlot>(slot - 1));
  }
  slots_.reserve(capacity);
  spare_.reserve(capacity);
}

std::optional<FlowSlot> FlowTable::add(const Flow& flow) {
  if (free_.empty()) {
    return std::nullopt;
  }
  const FlowSlot slot = free_.back();
  if (find(flow.facts.key)) {
    return std::nullopt;
  }
  if (spare_.empty()) {
    slots_.emplace(flow.facts.key, slot);
  } else {
    Slots::node_type node = std::move(spare_.back());
    spare_.pop_back();
    node.key() = flow.facts.key;
    node.mapped() = slot;
    slots_.insert(std::move(node));
  }
  free_.pop_back();
  flows_[slot] = flow;
  used_[slot] = true;
  count(flow, 1);
  return slot;
}

void FlowTable::remove(FlowSlot slot) {
  count(at(slot), -1);
  spare_.push_back(slots_.extract(flows_[slot].facts.key));
  used_[slot] = false;
  free_.push_back(slot);
}

std::optional<FlowSlot> FlowTable::find(const FlowKey& key) const {
  const auto found = slots_.find(key);
  return found == slots_.end() ? std::nullopt : std::optional(found->second);
}

Flow& FlowTable::at(FlowSlot slot) {
  assert(used_.at(slot));
  return flows_[slot];
}

const Flow& FlowTable::at(FlowSlot slot) const {
  assert(used_.at(slot));
  return flows_[slot];
}

void FlowTable::count(const Flow& flow, int change) {
  uncounted_ += flow.has_counters ? 0 : change;
  hw_offloaded_ += flow.is_hw_offloaded ? change : 0;
}

std::optional<FlowStep> FlowTable::measure(FlowSlot slot, const FlowSample& sample, Instant read_at) {
  Flow& flow = at(slot);
  count(flow, -1);
  flow.mark = sample.mark;
  flow.is_offloaded = sample.is_offloaded;
  flow.is_hw_offloaded = sample.is_hw_offloaded;
  flow.has_counters = sample.up.has_value() && sample.down.has_value();
  count(flow, 1);
  if (!flow.has_counters) {
    flow.rates = {};
    flow.measured.reset();
    return std::nullopt;
  }
  const bool is_reused = flow.conntrack_id != 0 && sample.conntrack_id != 0 && flow.conntrack_id != sample.conntrack_id;
  if (sample.conntrack_id != 0) {
    flow.conntrack_id = sample.conntrack_id;
  }
  std::optional<FlowStep> step;
  if (flow.measured && !is_reused) {
    if (read_at <= *flow.measured) {
      return std::nullopt;
    }
    const Duration elapsed = read_at - *flow.measured;
    step = FlowStep{elapsed, added(flow.up, *sample.up, elapsed), added(flow.down, *sample.down, elapsed)};
    measure_rates(flow, *step, read_at);
  } else {
    flow.totals.at = read_at;
    flow.window = flow.next_window = flow.totals;
  }
  flow.measured = read_at;
  flow.up = *sample.up;
  flow.down = *sample.down;
  return step;
}

}  // namespace voip
