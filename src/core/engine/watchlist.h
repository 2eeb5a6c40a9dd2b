// Which flows are worth asking the kernel about, and when next. This is what makes the cost grow with calls and not with the
// connection table: a young or undecided flow is read at the fast interval, a call at the slow one, and what does not look like
// media backs off. A budget caps each reading, so that a flood of flows costs a bounded amount: calls and what is on its way to
// one come first, but not alone, and the rest share what is left in turns, those of a device that has hundreds later. It also
// says when the whole table has to be listed: at start, after births were missed, and as a rare audit.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/detector.h"
#include "core/engine/shares.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

class Watchlist {
 public:
  explicit Watchlist(const MonitorSettings& settings);

  // A fresh flow is first read one fast interval later; another one as soon as possible, to have a baseline.
  void add(FlowSlot slot, const IpAddress& client, bool is_fresh, Instant now);
  void remove(FlowSlot slot);
  // What the detector thinks of the flow now; says when it is read next.
  void set_interest(FlowSlot slot, Interest interest, Instant now);
  // It was dismissed, or is quiet and old: it may be forgotten to make room for a new one.
  [[nodiscard]] bool is_dispensable(FlowSlot slot, Instant now) const;
  // How many of the flows that client has; and how many has the one whose flow that is.
  [[nodiscard]] std::size_t share_of(const IpAddress& client) const { return shares_.of(client); }
  [[nodiscard]] std::size_t share_of(FlowSlot slot) const { return shares_.of(slot); }
  // It is in a call, or on its way to one.
  [[nodiscard]] bool is_certain(FlowSlot slot) const { return is_certain(entries_.at(slot)); }

  // The flows to read now, within the budget; they are due again later. Valid until the next call.
  std::span<const FlowSlot> take_due(Instant now);

  // Births went by unseen. The longer this goes on, the rarer are the listings that it brings, since each adds to the load.
  void births_missed(Instant now);
  // True once for each listing that is due.
  bool take_listing(Instant now);

  [[nodiscard]] std::optional<Instant> deadline() const;
  // Whether a flow that is in no call is on its way to one, or one in a call falls silent.
  [[nodiscard]] bool has_promising() const { return promising_count_ != 0; }
  // Whether something is read at the fast interval, so that births can wait for the next reading.
  [[nodiscard]] bool is_fast() const { return fast_count_ != 0; }

 private:
  struct Entry {
    Instant added{};
    Instant next{};
    Instant due{};  // `next` before the budget put it off
    Interest interest = Interest::undecided;
    Duration pace{};  // the time between two readings
    bool is_used = false;
  };
  void set_pace(Entry& entry, Duration pace);
  // The first multiple of `pace` that is at least half a pace away. All flows share one grid, which begins with the birth of the
  // first, so that they are read together and a lone call is read exactly in step with itself.
  [[nodiscard]] Instant on_grid(Instant now, Duration pace) const;
  void note_interest(Entry& entry, Interest interest);
  void find_earliest();
  [[nodiscard]] static bool is_certain(const Entry& entry);
  [[nodiscard]] Instant urgency(FlowSlot slot, Instant now) const;
  void keep_within_budget(Instant now);

  MonitorSettings settings_;
  std::vector<Entry> entries_;
  std::vector<FlowSlot> used_;  // the slots in use, in no order
  std::vector<FlowSlot> due_;
  Shares shares_;
  Instant origin_{};
  std::optional<Instant> earliest_;  // of the entries in use; asked for at every event, looked for only when it may have changed
  std::size_t fast_count_ = 0;
  std::size_t credit_ = 0;  // readings of flows that nothing speaks for; what is not spent is kept for a burst
  std::optional<Instant> credited_;
  std::size_t promising_count_ = 0;
  std::optional<Instant> next_listing_ = Instant::min();
  std::optional<Instant> missed_since_;
  Instant last_missed_{};
};

}  // namespace voip
