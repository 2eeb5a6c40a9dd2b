#include "core/flow_table.h"

#include <cassert>
#include <utility>

namespace voip {
namespace {

// What was added since `before`. A total below the old one was zeroed in between, so all of it is new.
std::uint64_t added(std::uint64_t before, std::uint64_t now) {
  return now >= before ? now - before : now;
}

Counters added(const Counters& before, const Counters& now) {
  // Packets and bytes are zeroed together; judging each alone would mix an old packet count with new bytes.
  if (now.packets < before.packets || now.bytes < before.bytes) {
    return now;
  }
  return {added(before.packets, now.packets), added(before.bytes, now.bytes)};
}

std::int64_t per_second(std::uint64_t amount, Duration elapsed) {
  const auto milliseconds = elapsed.count();
  return (static_cast<std::int64_t>(amount) * 1000 + milliseconds / 2) / milliseconds;
}

Rates rates_of(const FlowStep& step) {
  return {per_second(step.up.bytes * 8, step.elapsed), per_second(step.down.bytes * 8, step.elapsed),
          static_cast<std::int32_t>(per_second(step.up.packets, step.elapsed)),
          static_cast<std::int32_t>(per_second(step.down.packets, step.elapsed)), 1};
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

std::optional<FlowStep> FlowTable::measure(FlowSlot slot, const FlowSample& sample, Instant now) {
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
    if (now <= *flow.measured) {
      return std::nullopt;
    }
    step = FlowStep{now - *flow.measured, added(flow.up, *sample.up), added(flow.down, *sample.down)};
    flow.rates = rates_of(*step);
  }
  flow.measured = now;
  flow.up = *sample.up;
  flow.down = *sample.down;
  return step;
}

}  // namespace voip
