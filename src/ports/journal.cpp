#include "ports/journal.h"

#include <optional>
#include <string>

#include "base/log.h"

namespace voip {
namespace {

std::string kbit(std::int64_t bit_per_s) {
  return std::to_string((bit_per_s + 500) / 1000);
}

std::string parties(const Call& call) {
  return call.device + " with " + call.first_flow.server.address.to_string();
}

std::string rates(const Rates& rates) {
  return kbit(rates.up_bit_per_s) + " kbit/s up, " + kbit(rates.down_bit_per_s) + " kbit/s down";
}

class Journal : public Port {
 public:
  Status open(Loop& /*loop*/) override { return {}; }

  void perform(const Action& action) override {
    if (const auto* started = std::get_if<CallStarted>(&action)) {
      log_info("call started: " + parties(started->call) + " (" + to_string(started->call.first_flow) + "; " +
               started->call.reason + ")");
    } else if (const auto* ended = std::get_if<CallEnded>(&action)) {
      const Duration lasted = ended->call.ended.value_or(ended->call.started) - ended->call.started;
      log_info("call ended: " + parties(ended->call) + " after " + to_string(std::chrono::round<std::chrono::seconds>(lasted)) +
               ", " + rates(ended->call.rates));
    } else if (const auto* switched = std::get_if<QosSwitched>(&action)) {
      log_info(std::string("QoS is ") + (switched->is_on ? "on" : "off") + " (" + std::string(to_string(switched->reason)) + ")");
    } else if (const auto* failed = std::get_if<QosFailed>(&action)) {
      log_error("QoS cannot be switched: " + failed->error);
    } else if (const auto* changed = std::get_if<ReportChanged>(&action)) {
      note(changed->report);
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
      log_info("mode is " + std::string(to_string(report.mode)) + (report.override_until ? " for a while" : ""));
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

  bool has_problem_ = false;
  std::optional<Mode> mode_;
  Sight sight_ = Sight::ok;
};

}  // namespace

std::unique_ptr<Port> make_journal() {
  return std::make_unique<Journal>();
}

}  // namespace voip
