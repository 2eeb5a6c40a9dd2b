#include "ports/shaping/shaping.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/log.h"
#include "core/learnt_rates.h"
#include "ports/shaping/far_ends.h"
#include "ports/shaping/watch.h"
#include "system/child.h"
#include "system/command_failure.h"
#include "system/loop.h"

namespace voip {
namespace {

constexpr Duration look_limit = 10s;  // for one look; a switch has qos.timeout

class QosSwitch : public Port {
 public:
  QosSwitch(const Settings& settings, const Actuator& actuator, const Actuator* before, FindSite find_site,
            ReadShaping read_shaping)
      : qos_(settings.qos),
        actuator_(actuator),
        before_(before),
        find_site_(std::move(find_site)),
        read_shaping_(std::move(read_shaping)),
        phones_(phones_of(settings)) {}

  Status open(Loop& loop) override {
    loop_ = &loop;
    child_ = std::make_unique<Child>(loop);
    return actuator_.switches ? watch_.open(loop, [this] { tell_touched(); }) : Status();
  }

  void perform(const Action& action) override {
    if (ends_.take(action) && actuator_.follows_calls) {
      loop_->post(ShapingTouched{});
    }
    if (const auto* use = std::get_if<UseRates>(&action)) {
      take_learnt(qos_, use->rates);
      line_blocker_ = use->blocker;
    } else if (const auto* order = std::get_if<SwitchQos>(&action)) {
      switch_to(order->wanted);
    } else if (std::holds_alternative<ObserveQos>(action)) {
      look_is_wanted_ = true;
      if (stage_ == Stage::idle) {
        look();
      }
    }
  }

  void close() override {
    if (child_) {
      child_->abandon();
    }
    stage_ = Stage::idle;
  }

 private:
  enum class Stage : std::uint8_t { idle, looking, checking, switching };
  using PlanEnded = void (QosSwitch::*)(const std::string& error);

  void tell_touched() {
    // During a switch it is mostly our own doing, and a look comes after it anyway.
    if (stage_ != Stage::checking && stage_ != Stage::switching) {
      loop_->post(ShapingTouched{});
    }
  }

  // Fills probe_ and site_ afresh; an error in words.
  std::string see() {
    site_ = find_site_();
    site_.phones = phones_;
    site_.remotes = ends_.present();
    site_.past_remotes = ends_.past();
    site_.line_blocker = line_blocker_;
    probe_ = Probe{};
    probe_.last_switch = last_switch_;
    probe_.last_rates = last_rates_;
    auto shaping = read_shaping_();
    if (!shaping) {
      return shaping.error();
    }
    probe_.qdiscs = std::move(shaping->qdiscs);
    probe_.links = std::move(shaping->links);
    return "";
  }

  // ---- a look ----

  void look() {
    stage_ = Stage::looking;
    look_is_wanted_ = false;
    if (const std::string error = see(); !error.empty()) {
      look_error_ = error;
      run({}, &QosSwitch::end_look);
      return;
    }
    look_error_.clear();
    stops_at_failure_ = false;
    if (before_ != nullptr && before_->read(probe_, qos_, site_) != QosObserved{Qos::off, ""}) {
      log_warning("what an earlier run has left of " + std::string(before_->name) + " is taken away");
      deadline_ = loop_->now() + qos_.timeout;
      run(before_->preflight(Qos::off, probe_, qos_, site_), &QosSwitch::take_away);
      return;
    }
    before_ = nullptr;
    deadline_ = loop_->now() + std::min(qos_.timeout, look_limit);
    run(actuator_.observe != nullptr ? actuator_.observe(probe_, qos_, site_) : Plan{}, &QosSwitch::end_look);
  }

  void take_away(const std::string& /*error*/) {
    stops_at_failure_ = true;
    run(before_->plan(Qos::off, probe_, qos_, site_), &QosSwitch::end_removal);
  }

  void end_removal(const std::string& error) {
    if (!error.empty()) {
      log_warning(std::string(before_->name) + ": " + error);
    }
    before_ = nullptr;
    look();
  }

  void end_look(const std::string& /*error*/) {
    stage_ = Stage::idle;
    QosObserved seen = look_error_.empty() ? actuator_.read(probe_, qos_, site_) : QosObserved{std::nullopt, look_error_};
    if (seen.qos == Qos::off) {
      ends_.forget_past();
    } else if (seen.qos == Qos::on && actuator_.remark != nullptr) {
      remark_ = actuator_.remark(probe_, qos_, site_);
    }
    if (seen.remark.empty()) {
      seen.remark = remark_;  // what it cannot do is known while it is on, and is true afterwards
    }
    tell(told_problem_, seen.problem);
    if (!seen.remark.empty()) {
      tell(told_remark_, seen.remark);
    }
    loop_->post(std::move(seen));
    look_if_wanted();
  }

  // Each once, until it is another or over: what is seen is put right, or tried again, and the engine tells only what lasts.
  void tell(std::string& told, const std::string& text) {
    if (std::exchange(told, text) != text && !text.empty()) {
      log_warning(std::string(actuator_.name) + ": " + text);
    }
  }

  void look_if_wanted() {
    if (look_is_wanted_) {
      look();
    }
  }

  // ---- a switch ----

  void switch_to(Qos wanted) {
    if (stage_ == Stage::checking || stage_ == Stage::switching) {
      assert(false && "the engine orders one switch at a time");
      loop_->post(SwitchFinished{wanted, "another switch is still running", false});
      return;
    }
    if (stage_ == Stage::looking) {
      // The look would be out of date at once: it is done again after the switch.
      child_->abandon();
      look_is_wanted_ = true;
    }
    wanted_ = wanted;
    stage_ = Stage::checking;
    deadline_ = loop_->now() + qos_.timeout;
    stops_at_failure_ = false;
    if (actuator_.plan == nullptr) {
      run({}, &QosSwitch::end_switch);
      return;
    }
    if (const std::string error = see(); !error.empty()) {
      end_switch(error);
      return;
    }
    run(actuator_.preflight != nullptr ? actuator_.preflight(wanted_, probe_, qos_, site_) : Plan{}, &QosSwitch::end_check);
  }

  void end_check(const std::string& /*error*/) {
    if (loop_->now() >= deadline_) {
      end_switch("the checks before it took longer than " + to_string(qos_.timeout) + " (qos.timeout)");
      return;
    }
    if (actuator_.refuse != nullptr) {
      if (const std::string why = actuator_.refuse(wanted_, probe_, qos_, site_); !why.empty()) {
        end_switch(why);
        return;
      }
    }
    stage_ = Stage::switching;
    switching_to_ = rates_in_use(qos_);
    stops_at_failure_ = true;
    run(actuator_.plan(wanted_, probe_, qos_, site_), &QosSwitch::end_switch);
  }

  void end_switch(const std::string& error) {
    const bool was_tried = stage_ == Stage::switching;
    stage_ = Stage::idle;
    watch_.forget();
    std::string text;
    if (error.empty()) {
      last_switch_ = wanted_;
      last_rates_ = switching_to_;
    } else {
      last_switch_.reset();  // half done, so neither
      text = std::string("switch QoS ") + (wanted_ == Qos::off ? "off" : "on") + " with " + std::string(actuator_.name) + ": " +
             error;
    }
    tell(told_failure_, error);
    loop_->post(SwitchFinished{wanted_, std::move(text), was_tried});
    look_if_wanted();
  }

  // ---- a plan ----

  void run(Plan plan, PlanEnded ended) {
    plan_ = std::move(plan);
    next_ = 0;
    ended_ = ended;
    run_next();
  }

  void run_next() {
    if (next_ == plan_.size()) {
      (this->*ended_)("");
      return;
    }
    const Duration left = deadline_ - loop_->now();
    if (left <= 0ms) {
      if (!stops_at_failure_) {
        // What was not run is told as such; the actuator makes of it what it can.
        probe_.results.resize(plan_.size(), CommandResult{.exit_status = -1, .failure = "there was no time left for it"});
        next_ = plan_.size();
        (this->*ended_)("");
        return;
      }
      (this->*ended_)("it took longer than " + to_string(qos_.timeout) + " (qos.timeout), so " + plan_[next_].argv.front() +
                      " was not run any more");
      return;
    }
    child_->start(plan_[next_], left, [this](CommandResult result) { take(std::move(result)); });
  }

  void take(CommandResult result) {
    const Command& command = plan_[next_];
    if (!stops_at_failure_) {
      probe_.results.push_back(std::move(result));
    } else if (result.exit_status != 0 && !command.may_fail) {
      (this->*ended_)(describe_failure(command, result));
      return;
    }
    ++next_;
    run_next();
  }

  QosSettings qos_;  // with the rates in use
  const Actuator& actuator_;
  const Actuator* before_;  // until it is known to have left nothing
  const FindSite find_site_;
  const ReadShaping read_shaping_;
  const std::vector<IpPrefix> phones_;
  Loop* loop_ = nullptr;
  std::unique_ptr<Child> child_;
  ShapingWatch watch_;

  Stage stage_ = Stage::idle;
  bool look_is_wanted_ = false;
  Qos wanted_ = Qos::off;
  std::optional<Qos> last_switch_;
  LineRates switching_to_;
  LineRates last_rates_;
  std::string line_blocker_;
  std::string look_error_;
  std::string remark_;
  std::string told_remark_;
  std::string told_problem_;
  std::string told_failure_;
  FarEnds ends_;
  Site site_;
  Probe probe_;

  Plan plan_;
  std::size_t next_ = 0;
  PlanEnded ended_ = nullptr;
  bool stops_at_failure_ = false;
  Instant deadline_{};
};

}  // namespace

std::vector<IpPrefix> phones_of(const Settings& settings) {
  std::vector<IpPrefix> phones;
  for (const DeviceSettings& device : settings.devices) {
    if (device.role == Role::phone && device.address) {
      phones.push_back(*device.address);
    }
  }
  return phones;
}

std::unique_ptr<Port> make_qos_switch(const Settings& settings, const Actuator& actuator, const Actuator* before,
                                      FindSite find_site, ReadShaping read_shaping) {
  return std::make_unique<QosSwitch>(settings, actuator, before, std::move(find_site), std::move(read_shaping));
}

}  // namespace voip
