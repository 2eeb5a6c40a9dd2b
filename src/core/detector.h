// What a detector promises: it sees how many packets and bytes each flow carried, reading by reading, and says which flows
// are part of a call. It looks at the past only, keeps a constant amount of memory for each flow, and computes in integers,
// so that a recording gives the same verdicts on every machine.
//
// A new detector is one file in src/detectors/ plus one line in src/detectors/all.def.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

// The place of a flow in the flow table: below monitor.max_watched_flows, and given to another flow once this one is gone.
using FlowSlot = std::uint32_t;

struct FlowFacts {
  FlowKey key;
  Role role = Role::any;     // of the configured device, if any
  bool is_expected = false;  // announced by signalling that a conntrack helper read
};

// What a flow carried between two readings.
struct FlowStep {
  Duration elapsed{};  // measured, above zero
  Counters up;
  Counters down;
};

// How much a flow deserves to be read.
enum class Interest : std::uint8_t {
  dismissed,  // does not look like media
  quiet,      // nothing to see at the moment
  undecided,  // may become a call: read it fast
  promising,  // on its way to a call, or a call that falls silent: read it fast whatever else there is
  in_call,
};

struct Verdict {
  FlowSlot slot = 0;
  bool in_call = false;
  std::string reason;  // in words and numbers
  // Of a flow that is a call no longer: when it last sounded like one. It takes seconds of silence to be sure, and neither the
  // call's length nor the release delay should count them. Absent: now.
  std::optional<Instant> heard_until = {};
  bool was_none = false;  // of a flow that is a call no longer: it never was one
};

struct Opinion {
  std::int32_t score = 0;
  std::int32_t threshold = 0;  // a call at or above it
  std::string reason;
};

class Detector {
 public:
  virtual ~Detector() = default;

  // Whether a flow with these facts can ever matter. Called before flow_started, which comes only if it can.
  [[nodiscard]] virtual bool wants(const FlowFacts& facts) const = 0;
  virtual void flow_started(FlowSlot slot, const FlowFacts& facts, Instant now) = 0;
  // The flow has gone; if it was in a call it no longer is, and no verdict is given for it.
  virtual void flow_ended(FlowSlot slot, Instant now) = 0;
  // One reading of one flow. All flows of a reading come before the one judge() that ends it.
  virtual void flow_measured(FlowSlot slot, const FlowStep& step) = 0;
  // Appends every change of verdict. Called after each reading, and at least each monitor.interval while a flow is in a call,
  // even if no counters came: calls end by silence.
  virtual void judge(Instant now, std::vector<Verdict>& changes) = 0;

  // From now on calls begin by it; those that are up go on. A detector without degrees has none to change.
  virtual void set_sensitivity(Sensitivity /*sensitivity*/) {}

  [[nodiscard]] virtual Interest interest(FlowSlot slot) const = 0;
  [[nodiscard]] virtual Opinion opinion(FlowSlot slot) const = 0;

  // Of a flow that is in a call. Asked after each judge().
  // What kind of call it is part of; a detector that does not look for that knows none.
  [[nodiscard]] virtual CallKind kind(FlowSlot /*slot*/) const { return CallKind::unknown; }
  // It is taken for a call on less evidence than it takes to know one.
  [[nodiscard]] virtual bool is_presumed(FlowSlot /*slot*/) const { return false; }
};

// What the ports of a flow say about it before anything is counted: the first rule that fits one of its two ports decides
// whether it can ever matter; without one it can.
struct PortRule {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  bool can_matter = false;
};

struct DetectorKind {
  std::string_view name;
  std::unique_ptr<Detector> (*make)(const Settings&);
  // No more than wants() says, known in advance, so that the monitor need not hear of such flows.
  std::vector<PortRule> (*port_rules)(const Settings&);
};

}  // namespace voip
