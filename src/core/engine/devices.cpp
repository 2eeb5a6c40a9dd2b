// What the engine does when it turns out whose an address is.
#include "core/engine/engine.h"

namespace voip {

void Engine::handle(Instant now, const DeviceFound& event) {
  // A port that was opened with an older file may know more devices than there are now.
  if (event.device >= settings_.devices.size()) {
    return;
  }
  const std::int32_t before = devices_.device_of(event.address);
  devices_.found(static_cast<std::int32_t>(event.device), event.address);
  address_changed(event.address, before, now);
}

void Engine::handle(Instant now, const DeviceLost& event) {
  const std::int32_t before = devices_.device_of(event.address);
  devices_.lost(event.address);
  address_changed(event.address, before, now);
}

void Engine::address_changed(const IpAddress& client, std::int32_t before, Instant now) {
  const std::int32_t after = devices_.device_of(client);
  if (after == before) {
    return;
  }
  for (FlowSlot slot = 0; slot < flows_.capacity(); ++slot) {
    if (flows_.is_used(slot) && flows_.at(slot).facts.key.client.address == client) {
      match_device(slot, now);
    }
  }
  if (devices_.role_of(before) == Role::never && devices_.role_of(after) != Role::never) {
    watchlist_.births_missed(now);  // the flows that were turned away
  }
}

void Engine::match_device(FlowSlot slot, Instant now) {
  Flow& flow = flows_.at(slot);
  const std::int32_t device = devices_.device_of(flow.facts.key.client.address);
  FlowFacts facts = flow.facts;
  facts.role = devices_.role_of(device);
  flow.changed_hands = false;
  if (device == flow.device && facts.role == flow.facts.role) {
    return;
  }
  // The machine that began a call is in it to the end; the next owner of its address has no part in that flow.
  if (flow.in_call && devices_.is_single(flow.device)) {
    flow.changed_hands = true;
    return;
  }
  if (!is_wanted(facts)) {
    forget(slot, now);
    return;
  }
  flow.device = device;
  if (flow.in_call) {
    calls_.device_known(slot, flows_);
    flow.changed_hands = facts.role != flow.facts.role;
  } else if (facts.role != flow.facts.role) {
    // A detector takes a flow's role when it starts, so it starts once more.
    calls_.flow_ended(slot, flows_, now, actions_);
    watchlist_.remove(slot);
    flow.facts = facts;
    watchlist_.add(slot, flows_.at(slot).facts.key.client.address, false, now);
    calls_.flow_started(slot, facts, now);
  }
}

}  // namespace voip
