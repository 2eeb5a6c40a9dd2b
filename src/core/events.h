// What may happen to the engine (events) and what it may ask for (actions): the whole traffic between the core and the ports.
// An event is in the past tense or a request; an action is an imperative or a report. Every port sees every action and performs
// those that are its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "core/line_news.h"
#include "core/live_settings.h"
#include "core/model.h"
#include "core/time.h"

namespace voip {

// ---- Events ----  Those of the line are in core/line_news.h.

// Who asks for something, and a number of its own choice: the answer carries it back.
struct RequestId {
  enum class Asker : std::uint8_t { nobody, mqtt, control };
  Asker asker = Asker::nobody;  // nobody: no answer is wanted
  std::uint64_t number = 0;
  friend bool operator==(const RequestId&, const RequestId&) = default;
};

// A flow of a LAN device exists. Telling the same flow twice is harmless.
struct FlowBorn {
  Instant at;  // when it was heard of, or listed; never later than the step
  FlowKey key;
  std::uint32_t conntrack_id = 0;
  std::uint32_t mark = 0;
  bool is_expected = false;  // opened by a conntrack helper (IPS_EXPECTED), so announced by signalling: RTP of a SIP call
  bool is_fresh = false;     // taken in as it happened: its counters were zero at this moment. Not when listed, or drained late
  // Of a listed flow: what it has carried so far, both ways. Absent: nobody knows.
  std::optional<std::uint64_t> packets = {};
};

// The answer to ReadCounters: one sample for each flow that still lives. The span is the port's and valid until its next reading.
struct CountersRead {
  Instant at;  // when the kernel's answer was read, never later than the step: rates are divided by the time between such moments
  std::span<const FlowSample> samples;
};

// The kernel no longer knows the flow. conntrack_id 0: whichever flow has this tuple.
struct FlowGone {
  FlowKey key;
  std::uint32_t conntrack_id = 0;
};

// The queue of flow events overflowed; some births were missed.
struct FlowsLost {};

// The port can see conntrack again, or no longer can; `why` is for people, empty when the sight is ok.
struct SightChanged {
  Sight sight = Sight::ok;
  std::string why;
};

// So many addresses may be told to belong to devices at a time; whoever tells them takes back the oldest when there are more, and
// the engine forgets the oldest if that is not done. A phone has a handful (IPv6 privacy addresses, RFC 8981); this is room for
// 64 devices over days.
inline constexpr std::size_t most_found_addresses = 1024;

// The address belongs to that configured device now, as its hardware address or host name was seen there. Telling it twice is
// harmless; an address that was another device's moves.
struct DeviceFound {
  std::size_t device = 0;  // index into Settings::devices
  IpAddress address;
};

// The address belongs to none of the devices that are found so: somebody else has it now.
struct DeviceLost {
  IpAddress address;
};

// An order from MQTT, the command line or Home Assistant.
struct SetMode {
  Mode mode = Mode::automatic;
  bool until_changed = false;               // a lasting choice of the mode; otherwise an override that ends by itself
  std::optional<Duration> time_limit = {};  // of the override; absent: policy.override_for
  RequestId request = {};
  // So long the answer may wait for what the order leads to: until QoS is seen to be as it is wanted then, or cannot be had.
  // Zero: not at all.
  Duration answer_within{};
};

// An order to change settings until they are changed again; what is absent stays. Values out of range are not taken.
struct SetSetting {
  std::optional<Duration> release_after = {};   // 0 to longest_release; a release that runs ends by it too
  std::optional<Duration> override_for = {};    // shortest_override to longest_override; of orders to come
  std::optional<Sensitivity> sensitivity = {};  // calls that are up stay calls
  RequestId request = {};
};

// The plan for `wanted` ran to its end, or failed: then `error` says what failed, and the shaping is whatever it is.
struct SwitchFinished {
  Qos wanted = Qos::off;
  std::string error;
  bool was_tried = true;  // false: it was refused, and nothing was run
};

// What the actuator saw. `qos` is absent where it cannot be told; `problem` says what is wrong and is to be put right, in words
// for the user. `needs_renewal`: on, but to be switched on again now, because it ends by itself, a call has come to it, or
// settings have changed. `is_left`: on by somebody else's doing, and to be left so while QoS is not wanted. `remark`: what the
// shaper cannot do, or what others do with it, about which nothing is to be done; for people.
struct QosObserved {
  std::optional<Qos> qos;
  std::string problem;
  bool needs_renewal = false;
  bool is_left = false;
  std::string remark{};
  friend bool operator==(const QosObserved&, const QosObserved&) = default;
};

// A packet of some TCP connection left on the WAN at `sent` and was answered `delay` later; or, where that is not known exactly,
// it left at `sent` or before, and its answer came `delay` later than that. Comes only while MeasureDelay is in force, and
// concerns nothing but the draining step.
struct DelayMeasured {
  std::uint32_t connection = 0;  // the same number, the same way
  Instant sent{};
  Duration delay{};
  bool is_exact = true;
  IpPrefix remote{};  // the network at the other end
  // So much of the delay the answer stood in queues on its way in; empty: the other end's clock does not tell.
  std::optional<Duration> incoming_queue{};
};

// Somebody changed links or queues: worth a look.
struct ShapingTouched {};

// Somebody does not believe what is reported: look at the shaping and list all flows again.
struct RecheckRequested {
  RequestId request = {};
};

// The answer is a StatusReported with the same number.
struct StatusRequested {
  RequestId request = {};
};

// The daemon is asked to end: the engine does what on_exit says and then is finished().
// `hands_over`: another life follows that cannot take away what this one has switched on, so it is switched off in any case.
struct StopRequested {
  bool hands_over = false;
};

// Time has come to a deadline, or nothing happened at all.
struct DeadlineReached {};

using Event = std::variant<FlowBorn, CountersRead, FlowGone, FlowsLost, SightChanged, DeviceFound, DeviceLost, SetMode,
                           SetSetting, SwitchFinished, QosObserved, DelayMeasured, LineStirred, LineSampled, LineSightChanged,
                           LineReplaced, ShapingTouched, RecheckRequested, StatusRequested, StopRequested, DeadlineReached>;

// ---- Reports: what people and other programs may know ----

struct DeviceReport {
  std::string name;
  std::int32_t calls = 0;
  std::optional<Instant> call_started;  // of the oldest call that is up
  CallKind call_kind = CallKind::unknown;
  bool is_presumed = false;
  friend bool operator==(const DeviceReport&, const DeviceReport&) = default;
};

struct Report {
  std::optional<Qos> observed;  // what was seen, not what was ordered
  bool wanted = false;
  Mode mode = Mode::automatic;          // in force now: the override's while there is one
  Mode lasting_mode = Mode::automatic;  // the one that an override gives way to
  Reason reason = Reason::idle;
  std::optional<Instant> override_until;
  LiveSettings settings;  // in force now
  std::int32_t calls = 0;
  std::optional<Instant> call_started;     // of the oldest call that is up
  CallKind call_kind = CallKind::unknown;  // of the calls that are up: video if one of them has it, else voice if one is known so
  bool is_presumed = false;                // none of the calls that are up is known to be one yet
  Sight sight = Sight::ok;
  std::string sight_reason;
  std::string error;                  // of the actuator; empty: none
  std::string remark;                 // QosObserved::remark of the last look
  std::vector<DeviceReport> devices;  // the configured ones, in the order of the file
  std::vector<std::string> in_call;   // who is on a call: each name once, the address where none is configured
  friend bool operator==(const Report&, const Report&) = default;
};

// One watched flow as `status` and `watch` show it.
struct FlowReport {
  FlowKey key;
  std::string device;
  Rates rates;  // over the last second or two
  std::int32_t score = 0;
  std::int32_t threshold = 0;
  bool in_call = false;
  bool has_counters = true;
  std::string reason;  // the detector's, in words and numbers
};

struct FullStatus {
  Report report;
  Rates rates;
  std::vector<Call> calls;
  std::vector<FlowReport> flows;
  LineState line;
  CallQualityReport quality;
  std::uint64_t flows_seen = 0;  // since the start
  std::uint64_t events_lost = 0;
  std::uint64_t calls_seen = 0;
  std::uint64_t switches = 0;
};

// ---- Actions ----

// List all flows of the LAN and tell each as FlowBorn; at start, after FlowsLost, and as an audit.
struct ListFlows {};

// Read the counters of these flows now, in one batch; answer with CountersRead, and with FlowGone for each that has ended.
// The span is the engine's and valid until its next step.
struct ReadCounters {
  std::span<const FlowKey> keys;
};

// When nothing is watched births must wake us up; while something is watched it is cheaper to take them with the next reading.
struct ListenForFlows {
  bool at_once = true;
};

// Set or clear the call mark (qos.call_mark) of a flow's conntrack entry; foreign bits stay. There may be no such flow.
struct MarkFlow {
  FlowKey key;
  bool is_call = false;
  bool is_media = true;  // false: it is the RTCP of a media flow, or would be, and is marked along with that
};

// Run the actuator's plan; answer with SwitchFinished. Never sent while another switch is in flight.
struct SwitchQos {
  Qos wanted = Qos::off;
};

// Look at what is in force; answer with QosObserved.
struct ObserveQos {};

// Watch how long packets on the WAN wait for their answers, from now on or no longer; told as DelayMeasured. Where that is not
// possible nothing is told.
struct MeasureDelay {
  bool is_wanted = false;
};

struct ReportChanged {
  Report report;
};

// Rates of VoIP traffic; each interval while there is a call, and one zero after the last.
struct RatesMeasured {
  Rates total;
  std::span<const Rates> devices;  // in the order of Settings::devices; the engine's and valid until its next step
};

struct CallStarted {
  Call call;
};

struct CallEnded {
  Call call;
};

// It is voice, or video, where that was not known of it before.
struct CallKindFound {
  Call call;
};

// It is up while the daemon ends: how it stood then. The next life of the daemon may find it again.
struct CallCut {
  Call call;
};

// It has been bad for five seconds (CallQuality); at most once until it was good again.
struct CallTurnedBad {
  Call call;
};

// Another grade or cause of the call that is up or was last, at once; other numbers at most every five seconds.
struct QualityChanged {
  CallQualityReport report;
};

// Observed to have come on or gone off.
struct QosSwitched {
  bool is_on = false;
  Reason reason = Reason::idle;
  bool by_others = false;  // somebody else did it; nothing of ours was running
};

struct QosFailed {
  std::string error;
};

struct StatusReported {
  RequestId request;
  FullStatus status;
};

// The answer to SetMode, SetSetting and RecheckRequested of somebody: comes after all else that the order led to so far.
struct OrderTaken {
  enum class Result : std::uint8_t {
    done,      // QoS is seen to be as it is wanted now, or nothing had to be switched
    going_on,  // the switch goes on
    failed,    // the switch has failed, and goes on being tried
  };
  RequestId request;
  Result result = Result::done;
  std::string error;  // why it failed, in words for the user
};

using Action = std::variant<ListFlows, ReadCounters, ListenForFlows, MarkFlow, SwitchQos, ObserveQos, MeasureDelay, WatchLine,
                            UseRates, LineChanged, ReportChanged, RatesMeasured, CallStarted, CallEnded, CallKindFound, CallCut,
                            CallTurnedBad, QualityChanged, QosSwitched, QosFailed, StatusReported, OrderTaken>;

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;  // clang before 17 doesn't deduce it by itself

}  // namespace voip
