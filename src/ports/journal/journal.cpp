#include "ports/journal/journal.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "system/loop.h"
#include "system/token_bucket.h"

namespace voip {
namespace {

std::string kbit(std::int64_t bit_per_s) {
  return std::to_string((bit_per_s + 500) / 1000);
}

std::string parties(const Call& call) {
  return call.device + " with " + call.first_flow.server.address.to_string();
}

// Nothing where it is not known.
const char* kind(const Call& call) {
  return call.kind == CallKind::unknown ? "" : call.kind == CallKind::voice ? ", voice" : ", video";
}

std::string rates(const Rates& rates) {
  return kbit(rates.up_bit_per_s) + " kbit/s up, " + kbit(rates.down_bit_per_s) + " kbit/s down";
}

// The first that is known, or more than a tenth away from what was told.
bool is_news(const std::optional<std::uint32_t>& told, const std::optional<std::uint32_t>& kbit) {
  if (!told || !kbit) {
    return kbit.has_value();
  }
  const std::int64_t change = std::int64_t{*kbit} - *told;
  return 10 * (change < 0 ? -change : change) > *told;
}

std::string line_rates(const LineState& line) {
  const auto& up = line.up.kbit;
  const auto& down = line.down.kbit;
  if (up && down) {
    return std::to_string(*up) + " kbit/s up and " + std::to_string(*down) + " down";
  }
  return up ? std::to_string(*up) + " kbit/s up; down is not known" : std::to_string(*down) + " kbit/s down; up is not known";
}

// Lines that whoever may order can bring about as often as he likes: an hour of it must not fill the log. What is kept back is
// counted, and the last of it is told in the end.
class LimitedLines {
 public:
  void open(Loop& loop) { loop_ = &loop; }
  void close() {
    if (timer_) {
      loop_->cancel(*timer_);
      tell_last();
    }
  }

  void say(std::string line) {
    last_ = std::move(line);
    if (!timer_ && bucket_.take(loop_->now())) {
      tell();
      return;
    }
    ++untold_;
    if (!timer_) {
      timer_ = loop_->call_at(loop_->now() + interval, [this] {
        static_cast<void>(bucket_.take(loop_->now()));
        tell_last();
      });
    }
  }

 private:
  static constexpr Duration interval = 10s;

  void tell_last() {
    timer_.reset();
    --untold_;
    tell();
  }
  void tell() {
    const std::uint64_t untold = std::exchange(untold_, 0);
    log_info(untold == 0 ? last_ : last_ + " (and " + std::to_string(untold) + " more such lines before it)");
  }

  Loop* loop_ = nullptr;
  TokenBucket bucket_{interval, 20};
  std::optional<Loop::TimerId> timer_;
  std::string last_;
  std::uint64_t untold_ = 0;
};

class Journal : public Port {
 public:
  Status open(Loop& loop) override {
    modes_.open(loop);
    switches_.open(loop);
    return {};
  }
  void close() override {
    modes_.close();
    switches_.close();
  }

  void perform(const Action& action) override {
    if (const auto* started = std::get_if<CallStarted>(&action)) {
      log_info("call started: " + parties(started->call) + " (" + to_string(started->call.first_flow) + "; " +
               started->call.reason + ")");
    } else if (const auto* ended = std::get_if<CallEnded>(&action)) {
      if (ended->call.was_none) {
        log_info("no call after all: " + parties(ended->call) + " (" + ended->call.reason + ")");
        return;
      }
      const Duration lasted = ended->call.ended.value_or(ended->call.started) - ended->call.started;
      log_info("call ended: " + parties(ended->call) + " after " + to_string(std::chrono::round<std::chrono::seconds>(lasted)) +
               kind(ended->call) + ", " + rates(ended->call.rates) + "; quality " + in_words(ended->call.quality));
    } else if (const auto* bad = std::get_if<CallTurnedBad>(&action)) {
      log_warning("the call of " + parties(bad->call) + " is " + in_words(bad->call.quality));
    } else if (const auto* switched = std::get_if<QosSwitched>(&action)) {
      switches_.say(std::string("QoS is ") + (switched->is_on ? "on" : "off") + " (" +
                    (switched->by_others ? "somebody else has switched it" : std::string(to_string(switched->reason))) + ")");
    } else if (const auto* failed = std::get_if<QosFailed>(&action)) {
      log_error("QoS cannot be switched: " + failed->error);
    } else if (const auto* changed = std::get_if<ReportChanged>(&action)) {
      note(changed->report);
    } else if (const auto* line = std::get_if<LineChanged>(&action)) {
      note(line->line);
    } else if (const auto* use = std::get_if<UseRates>(&action)) {
      if (std::exchange(step_, use->step) != use->step && !use->step.empty()) {
        log_info(use->step);
      }
    }
  }

 private:
  void note(const Report& report) {
    if (!report.error.empty()) {
      has_problem_ = true;
    } else if (has_problem_) {
      has_problem_ = false;
      log_info("QoS can be switched again");
    }
    if (mode_ && *mode_ != report.mode) {
      modes_.say("mode is " + std::string(to_string(report.mode)) + (report.override_until ? " for a while" : ""));
    }
    mode_ = report.mode;
    if (sight_ != report.sight) {
      sight_ = report.sight;
      if (sight_ == Sight::ok) {
        log_info("the detector sees all flows again");
      } else {
        log_warning("the detector is " + std::string(to_string(sight_)) + ": " + report.sight_reason);
      }
    }
  }

  void note(const LineState& line) {
    if (is_news(up_kbit_, line.up.kbit) || is_news(down_kbit_, line.down.kbit)) {
      up_kbit_ = line.up.kbit;
      down_kbit_ = line.down.kbit;
      log_info("the line carries " + line_rates(line));
    }
  }

  LimitedLines modes_;
  LimitedLines switches_;
  bool has_problem_ = false;
  std::optional<Mode> mode_;
  Sight sight_ = Sight::ok;
  std::string step_;                      // to follow the line
  std::optional<std::uint32_t> up_kbit_;  // of the line, as told last
  std::optional<std::uint32_t> down_kbit_;
};

}  // namespace

std::unique_ptr<Port> make_journal() {
  return std::make_unique<Journal>();
}

}  // namespace voip
