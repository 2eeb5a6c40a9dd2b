// What the engine tells: rates, switches, the report, and all that `status` shows.
#include <algorithm>
#include <utility>

#include "core/engine/engine.h"

namespace voip {
namespace {

constexpr Duration tell_quality_every = 5s;
constexpr const char* comparison = "this call is left alone for its first 10 s, to compare (policy.compare)";

}  // namespace

void Engine::tell_rates(Instant now) {
  if (calls_.calls() == 0) {
    next_rates_.reset();
    if (std::exchange(rates_are_told_, false)) {
      std::fill(device_rates_.begin(), device_rates_.end(), Rates{});
      actions_.emplace_back(RatesMeasured{{}, device_rates_});
    }
    return;
  }
  // Along with a reading, which brings new ones; by themselves only if none comes.
  const Duration slack = settings_.monitor.fast_interval;
  if (next_rates_ && now < *next_rates_ + slack && !(has_new_rates_ && now >= *next_rates_ - slack / 2)) {
    return;
  }
  has_new_rates_ = false;
  next_rates_ = now + settings_.monitor.interval;
  rates_are_told_ = true;
  for (std::size_t i = 0; i < device_rates_.size(); ++i) {
    device_rates_[i] = calls_.rates(static_cast<std::int32_t>(i), flows_);
  }
  actions_.emplace_back(RatesMeasured{calls_.rates(no_device, flows_), device_rates_});
}

// Numbers change with each reading, so they wait; at the call's end nothing does.
void Engine::tell_quality(Instant now) {
  const auto [device, quality] = calls_.quality();
  if (device == nullptr || (told_quality_ && told_quality_->device == *device && told_quality_->quality == quality)) {
    return;
  }
  const bool is_news = !told_quality_ || told_quality_->device != *device || told_quality_->quality.grade != quality.grade ||
                       told_quality_->quality.cause != quality.cause || calls_.calls() == 0;
  if (!is_news && now < quality_told_at_ + tell_quality_every) {
    return;
  }
  quality_told_at_ = now;
  told_quality_ = {*device, quality};
  actions_.emplace_back(QualityChanged{*told_quality_});
}

void Engine::tell_switch(Instant now) {
  if (reconciler_.state() && told_on_ != reconciler_.is_on()) {
    note_qos(now);
    if (told_on_) {
      actions_.emplace_back(QosSwitched{reconciler_.is_on(), decision().reason, reconciler_.was_changed_by_others()});
    }
    told_on_ = reconciler_.is_on();
  }
  if (told_problem_ != reconciler_.problem()) {
    told_problem_ = reconciler_.problem();
    if (!told_problem_.empty()) {
      actions_.emplace_back(QosFailed{told_problem_});
    }
  }
}

// What is wanted now: the policy's will, but for a daemon that ends and switches off.
Decision Engine::decision() const {
  return is_stopping_ && switches_off_ ? Decision{false, Reason::stopping} : policy_.decision();
}

void Engine::tell_report() {
  write_report(report_);
  if (told_ != report_) {
    told_ = report_;
    actions_.emplace_back(ReportChanged{report_});
  }
}

// Over what was there, since this is done at every step and strings and lists keep their memory so. The names are those of all
// members in their order: with a new one this does not compile until it is written here.
void Engine::write_report(Report& report) const {
  auto& [observed, wanted, mode, lasting_mode, reason, override_until, settings, calls, call_started, call_kind, is_presumed,
         sight, sight_reason, error, remark, devices, in_call] = report;
  observed = reconciler_.state();
  wanted = decision().wanted;
  mode = policy_.mode();
  lasting_mode = policy_.orders().lasting;
  reason = decision().reason;
  override_until = policy_.override_until();
  settings = live_settings();
  calls = calls_.calls();
  call_started = calls_.first_started();
  const CallTracker::Certainty certainty = calls_.certainty(no_device);
  call_kind = certainty.kind;
  is_presumed = certainty.is_presumed;
  sight = sight_;
  sight_reason = sight_reason_;
  error = reconciler_.problem();
  remark = reconciler_.remark();
  if (!line_remark_.empty()) {
    remark += (remark.empty() ? "" : "; ") + line_remark_;
  }
  if (policy_.is_comparing()) {
    remark += (remark.empty() ? "" : "; ") + std::string(comparison);
  }
  devices.resize(settings_.devices.size());
  for (std::size_t i = 0; i < devices.size(); ++i) {
    calls_.write_report(static_cast<std::int32_t>(i), devices[i]);
  }
  calls_.write_names(in_call);
}

void Engine::take_order(const RequestId& request, Duration answer_within, Instant now) {
  if (request.asker == RequestId::Asker::nobody) {
    return;
  }
  if (open_orders_.size() == most_open_orders) {
    open_orders_.front().answer_by = now;
    answer_orders(now);
  }
  open_orders_.push_back({request, now + answer_within});
}

void Engine::answer_orders(Instant now) {
  const std::string& failure = reconciler_.failure();
  const bool is_done = reconciler_.is_as_wanted();
  std::erase_if(open_orders_, [&](const OpenOrder& order) {
    if (!is_done && failure.empty() && now < order.answer_by) {
      return false;
    }
    OrderTaken answer{.request = order.request, .result = OrderTaken::Result::done, .error = {}};
    if (!is_done) {
      answer.result = failure.empty() ? OrderTaken::Result::going_on : OrderTaken::Result::failed;
      answer.error = failure;
    }
    actions_.emplace_back(std::move(answer));
    return true;
  });
}

void Engine::look_at_sight() {
  sight_ = port_sight_;
  sight_reason_ = port_sight_reason_;
  if (sight_ != Sight::ok) {
    return;
  }
  if (flows_.hw_offloaded() != 0) {
    sight_ = Sight::limited;
    sight_reason_ =
        "hardware flow offload: the counters of offloaded flows are coarse or frozen; switch it off to see every call";
  } else if (flows_.uncounted() != 0) {
    sight_ = Sight::limited;
    sight_reason_ = "some flows have no counters: they began before accounting was on";
  }
}

FullStatus Engine::full_status() const {
  FullStatus status;
  write_report(status.report);
  status.rates = calls_.rates(no_device, flows_);
  status.calls = calls_.active_calls(flows_);
  status.line = line_state();
  if (const auto [device, quality] = calls_.quality(); device != nullptr) {
    status.quality = {*device, quality};
  }
  status.flows_seen = flows_seen_;
  status.events_lost = events_lost_;
  status.calls_seen = calls_.calls_seen();
  status.switches = reconciler_.switches();
  for (FlowSlot slot = 0; slot < flows_.capacity(); ++slot) {
    if (!flows_.is_used(slot)) {
      continue;
    }
    const Flow& flow = flows_.at(slot);
    const Opinion opinion = calls_.opinion(slot);
    status.flows.push_back({.key = flow.facts.key,
                            .device = flow.device == no_device ? flow.facts.key.client.address.to_string()
                                                               : settings_.devices[static_cast<std::size_t>(flow.device)].name,
                            .rates = flow.rates,
                            .score = opinion.score,
                            .threshold = opinion.threshold,
                            .in_call = flow.in_call,
                            .has_counters = flow.has_counters,
                            .reason = opinion.reason});
  }
  return status;
}

}  // namespace voip
