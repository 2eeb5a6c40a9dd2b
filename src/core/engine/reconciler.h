// Wanted to actual: brings the observed state of QoS to what is wanted, and never takes an order for a result.
// - One switch in flight; after each, a look; success is what was seen, whatever the exit status.
// - A failure is tried again, `retries` times quickly with growing pauses, then reported as a problem and tried again slowly for
// ever:
//   when the script works again, it heals by itself.
// - At start nothing is known: look first, adopt what is there.
// - Where the queue is drained for as long as is measured, or on a line that was learnt for longer than is set, it has the delay
//   measured from the moment that QoS may be about to come on until it is settled, and a moment longer to learn how long the ways
//   are without a queue.
// - What somebody else changed is noticed by looking (when the kernel says so, and as an audit) and put right: at once, and
// without
//   draining the queue again, since a repair is no start. Who changes it again and again is not fought at any price: the pauses
//   grow, it is reported as a problem, and that is over when the shaping has stayed for two minutes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/events.h"
#include "core/line/queue_drain.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

class Reconciler {
 public:
  struct Abilities {
    bool switches = true;
    bool drains = false;
    bool takes_rates = false;
  };
  Reconciler(const QosSettings& settings, Duration audit_interval, Abilities abilities);

  void want(bool on);
  // What has failed is tried again at once.
  void try_now() {
    attempts_ = 0;
    try_at_.reset();
  }
  // A call is likely to begin soon, so QoS may be wanted.
  void expect_call(bool is_likely) { is_call_likely_ = is_likely; }
  void measured(const DelayMeasured& event) { drain_.measured(event); }
  // What the line was learnt to carry; 0: that is not known.
  void set_line(std::uint32_t kbit) { drain_.set_line(kbit); }
  void switch_finished(const SwitchFinished& event, Instant now);
  // Returns whether this was the first look at what is there.
  bool observed(const QosObserved& event, Instant now);
  void touched(Instant now);
  // What is on is switched on again, since it is to be another.
  void renew() { needs_renewal_ = needs_renewal_ || is_on(); }
  // Appends what is to be done now.
  void advance(Instant now, std::vector<Action>& actions);

  [[nodiscard]] std::optional<Qos> state() const { return state_; }  // empty: not known
  [[nodiscard]] bool is_on() const { return state_ && *state_ != Qos::off; }
  // Nothing in flight, and what is wanted is there.
  [[nodiscard]] bool is_settled() const;
  // ... and the last look, which was after the last switch, found nothing wrong with it.
  [[nodiscard]] bool is_clean() const { return is_settled() && !awaited_ && !is_flawed_; }
  [[nodiscard]] bool is_busy() const { return in_flight_ || is_looking_; }
  // For who only knows on and off: it is seen to be on or off as wanted, and no switch on its way changes that. Where nothing is
  // switched at all it is so always.
  [[nodiscard]] bool is_as_wanted() const;
  // Why the last attempt failed, in words; empty once something is seen to work, and after a new wish. Before it is a problem it
  // is tried again.
  [[nodiscard]] const std::string& failure() const;
  // What the last look told besides.
  [[nodiscard]] const std::string& remark() const { return remark_; }
  // It became what it is by somebody else's doing.
  [[nodiscard]] bool was_changed_by_others() const { return was_changed_by_others_; }
  // In words for the user; empty when all is well or still being tried.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::uint32_t attempts() const { return attempts_; }
  [[nodiscard]] std::uint64_t switches() const { return switches_; }
  [[nodiscard]] std::optional<Instant> deadline() const { return deadline_; }

 private:
  [[nodiscard]] std::optional<Qos> next_step(Instant now);
  void worked(Instant now);
  void failed(std::string why, Instant now);
  void lost(const std::string& what, Instant now);
  [[nodiscard]] bool is_fighting() const;
  [[nodiscard]] bool drains() const { return abilities_.drains && settings_.tc.drain != Drain::off; }
  [[nodiscard]] bool is_delay_wanted(Instant now);
  void measure(Instant now, std::vector<Action>& actions);

  QosSettings settings_;
  Duration audit_interval_;
  Abilities abilities_;
  bool wants_on_ = false;
  std::optional<Qos> state_;
  bool was_seen_ = false;
  std::optional<Qos> in_flight_;
  bool is_flawed_ = false;  // the last look showed something that is to be put right, even if the state is the wished one
  bool is_left_ = false;    // QosObserved::is_left of the last look
  bool was_changed_by_others_ = false;
  std::string remark_;
  bool needs_renewal_ = false;
  bool is_renewing_ = false;  // the switch in flight only renews
  bool is_looking_ = false;
  std::optional<Qos> awaited_;  // what the look after a switch should show
  std::string switch_error_;
  std::optional<Instant> look_at_;
  std::optional<Instant> touch_look_;  // asked for by touched(), after the last look began
  QueueDrain drain_;
  bool is_call_likely_ = false;
  std::optional<Instant> expected_since_;  // ... without a break
  bool is_measuring_ = false;
  std::optional<Instant> learn_until_;  // once it is on
  std::optional<Instant> try_at_;       // not before
  std::uint32_t attempts_ = 0;          // failed ones in a row
  std::optional<Instant> there_since_;  // what is wanted
  bool was_there_ = false;              // since it is wanted: what is switched after that is a repair
  std::uint32_t losses_ = 0;            // how often others took it away, each soon after the one before
  std::uint64_t switches_ = 0;
  std::string failure_;
  std::string problem_;
  std::optional<Instant> deadline_;
};

}  // namespace voip
