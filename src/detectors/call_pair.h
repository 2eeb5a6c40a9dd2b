// A LAN device and a remote network (IPv4 /24, IPv6 /48), between which a call may be: media moves between flows and relays.
// Knows what all flows between them carried, and when a call is over: by a looser rule than the one that began it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/model.h"
#include "core/time.h"
#include "detectors/call_flow.h"
#include "detectors/call_history.h"
#include "detectors/call_kind.h"
#include "detectors/call_score.h"

namespace voip::detectors {

class CallPair {
 public:
  CallPair() = default;
  CallPair(const FlowKey& key, const CallThresholds& thresholds, Instant now);

  // Two devices of private networks are so near each other that their flows are told apart: each is a pair of its own.
  [[nodiscard]] bool takes(const FlowKey& key) const;
  void join() { ++flows_; }
  void leave() { --flows_; }
  [[nodiscard]] bool is_used() const { return flows_ > 0; }
  [[nodiscard]] bool is_single() const { return is_single_; }
  // Media is split over a handful of flows. More are a torrent's or a scan's, whose sum may look like anything.
  [[nodiscard]] bool is_crowd() const { return flows_ > most_flows_of_a_call; }

  void set_thresholds(const CallThresholds& thresholds) { score_.set_thresholds(thresholds); }

  // Makes room for what was carried up to `now`.
  void advance(Instant now);
  // Adds what the flow took in last.
  void add(const CallFlow& flow);
  // Weighs the sum of its flows. Returns whether it makes a call.
  bool weigh(bool has_hint, const CallThresholds& thresholds, int quarters, bool is_coarse);
  [[nodiscard]] std::string reason() const { return score_.reason(history_); }
  // What all its flows carried.
  [[nodiscard]] const CallHistory& history() const { return history_; }

  [[nodiscard]] bool in_call() const { return in_call_; }
  void begin_call(Instant now);
  void drop_call() { in_call_ = false; }
  // What it is, once all flows have been added that were read by now.
  void judge_kind(Instant now) { kind_.judge(now); }
  [[nodiscard]] CallKind kind() const { return kind_.kind(); }
  struct Ending {
    std::string why;        // in words
    Instant heard_until{};  // when it last sounded like a call
  };
  // Ends the call if it is over; nothing while it goes on.
  std::optional<Ending> end_call(Instant now);
  // The call has become quiet, so it may be over soon.
  [[nodiscard]] bool is_fading() const { return is_fading_; }

 private:
  static constexpr std::uint32_t most_flows_of_a_call = 16;

  IpAddress client_;
  IpAddress network_;
  bool is_single_ = false;
  std::uint32_t flows_ = 0;
  CallHistory history_;
  CallScore score_;
  CallKindFinder kind_;
  Instant advanced_{};
  bool in_call_ = false;
  bool is_fading_ = false;
  Instant last_sound_{};
  Instant last_talk_{};
  Instant last_two_sided_{};
};

}  // namespace voip::detectors
