#include "ports/mqtt/mqtt.h"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/iso_8601.h"
#include "base/log.h"
#include "ports/mqtt/connection.h"
#include "ports/mqtt/discovery.h"
#include "ports/mqtt/intake.h"
#include "ports/mqtt/link.h"
#include "ports/mqtt/outbox.h"
#include "ports/mqtt/past.h"
#include "ports/mqtt/payload/last_calls.h"
#include "ports/mqtt/payload/rates.h"
#include "ports/mqtt/payload/topics.h"
#include "ports/mqtt/payload/usage.h"
#include "ports/mqtt/twin.h"
#include "system/loop.h"

namespace voip {
namespace {

constexpr Duration farewell_limit = 1s;

class Mqtt : public Port {
 public:
  Mqtt(const Settings& settings, std::string version, std::string machine)
      : settings_(settings),
        version_(std::move(version)),
        topics_(settings),
        intake_(settings),
        twin_(machine.empty() ? this_machine() : std::move(machine)) {}
  ~Mqtt() override { forget_link(); }

  Status open(Loop& loop) override;
  void perform(const Action& action) override;
  void close() override;

 private:
  void connected();
  void lost();
  void take(const MqttIncoming& incoming);
  void act_on(TakenIn taken);
  void look_for_twin();

  void say_everything();
  void say_info();
  // Those that have changed; besides, to confirm an order, those that were not said in this turn of the loop; all of them.
  enum class Which : std::uint8_t { changed, unsaid, all };
  void say_report(Which which);
  [[nodiscard]] std::vector<MqttMessage> report_messages() const;
  void say_rates(bool wants_all);
  void say(const MqttMessage& message) { sender_->say(message); }
  void forget_link();

  Settings settings_;
  std::string version_;
  MqttTopics topics_;
  MqttIntake intake_;
  Loop* loop_ = nullptr;
  Instant started_{};
  std::optional<MqttPayloads> payloads_;
  std::optional<MqttRates> rates_messages_;
  std::optional<MqttUsage> usage_;
  std::optional<MqttLastCalls> last_calls_;
  std::unique_ptr<MqttLink> link_;
  std::optional<MqttSender> sender_;
  std::optional<MqttDiscovery> discovery_;
  std::optional<MqttPast> past_;
  MqttTwin twin_;
  bool has_twin_ = false;
  std::optional<Loop::TimerId> twin_timer_;

  Loop::ClockListener clock_listener_;
  std::optional<Report> report_;
  std::optional<LineState> line_;
  std::optional<MqttMessage> quality_;
  Rates rates_;
  std::vector<Rates> device_rates_;
  struct Said {
    std::string payload;
    std::uint64_t turn = 0;
  };
  std::map<std::string, Said> said_;  // on this connection, by retained topic: bounded by the topics that there are
};

Status Mqtt::open(Loop& loop) {
  loop_ = &loop;
  started_ = loop.now();
  if (settings_.mqtt.uri.empty()) {
    return {};
  }
  // What is retained holds moments of the calendar.
  clock_listener_ = loop.on_clock_set([this] { say_everything(); });
  payloads_.emplace(settings_, [this](Instant instant) { return iso_8601(loop_->wall(instant)); });
  last_calls_.emplace(settings_, [this](Instant instant) { return iso_8601(loop_->wall(instant)); });
  rates_messages_.emplace(topics_);
  usage_.emplace(topics_);
  if (settings_.home_assistant.discovery) {
    discovery_.emplace(settings_, version_, loop,
                       MqttDiscovery::Voice{[this](const MqttMessage& message) { say(message); }, [this] { say_everything(); }});
  }
  past_.emplace(settings_, loop, [this](const MqttMessage& message) { say(message); });
  Result<std::unique_ptr<MqttLink>> link =
      MqttLink::open(settings_, loop,
                     {.connected = [this] { connected(); },
                      .lost = [this] { lost(); },
                      .came = [this](const MqttIncoming& incoming) { take(incoming); },
                      .overrun = [this](std::uint64_t messages) { act_on(intake_.add_lost(messages, loop_->now())); }});
  if (!link) {
    return Error{link.error()};
  }
  link_ = std::move(*link);
  sender_.emplace(loop, *link_);
  return {};
}

void Mqtt::perform(const Action& action) {
  if (!link_) {
    return;
  }
  if (const auto* changed = std::get_if<ReportChanged>(&action)) {
    report_ = changed->report;
    say_report(Which::changed);
  } else if (const auto* taken = std::get_if<OrderTaken>(&action);
             taken != nullptr && taken->request.asker == RequestId::Asker::mqtt) {
    say_report(Which::unsaid);
  } else if (const auto* line = std::get_if<LineChanged>(&action)) {
    line_ = line->line;
    say(payloads_->line(*line_));
  } else if (const auto* judged = std::get_if<QualityChanged>(&action)) {
    say(quality_.emplace(payloads_->quality(judged->report)));
  } else if (const auto* measured = std::get_if<RatesMeasured>(&action)) {
    rates_ = measured->total;
    device_rates_.assign(measured->devices.begin(), measured->devices.end());
    say_rates(false);
    for (const MqttMessage& message : usage_->take(*measured, loop_->now())) {
      say(message);
    }
  } else if (const auto event = payloads_->event(action)) {
    say(*event);
    if (const auto* ended = std::get_if<CallEnded>(&action); ended != nullptr && !ended->call.was_none) {
      last_calls_->add(ended->call);
      say(last_calls_->message());
    }
  }
}

void Mqtt::close() {
  clock_listener_.reset();
  if (link_) {
    link_->connection().stop(payloads_->offline(), farewell_limit);
    forget_link();
  }
}

void Mqtt::forget_link() {
  discovery_.reset();
  past_.reset();
  if (twin_timer_) {
    loop_->cancel(*std::exchange(twin_timer_, std::nullopt));
  }
  sender_.reset();
  link_.reset();
}

// ---- What comes in ----

void Mqtt::connected() {
  if (settings_.mqtt.commands) {
    link_->connection().subscribe(topics_.of("+/set"), MqttRetained::told);
    link_->connection().subscribe(topics_.of("request/#"), MqttRetained::told);
  }
  sender_->forget();
  link_->connection().subscribe(topics_.of("info"), MqttRetained::wanted);
  link_->connection().subscribe(topics_.last_call(), MqttRetained::wanted);
  twin_.connected();
  past_->connected(link_->connection());
  if (discovery_) {
    discovery_->connected(link_->connection());
  }
  say_everything();
}

void Mqtt::lost() {
  sender_->forget();
  past_->lost();
  if (discovery_) {
    discovery_->lost();
  }
}

void Mqtt::take(const MqttIncoming& incoming) {
  if (incoming.topic == topics_.of("info")) {
    if (twin_.heard(incoming.payload, incoming.is_retained, loop_->now())) {
      say_info();
    }
    look_for_twin();
    return;
  }
  if (incoming.topic == topics_.last_call()) {
    if (incoming.is_retained) {
      last_calls_->take_up(incoming.payload);
    }
    return;
  }
  if (past_->take(incoming) || (discovery_ && discovery_->take(incoming)) || !settings_.mqtt.commands) {
    return;
  }
  act_on(intake_.take(incoming, loop_->now(), report_ ? report_messages().front().payload : std::string()));
}

void Mqtt::look_for_twin() {
  if (has_twin_ != twin_.is_there(loop_->now())) {
    has_twin_ = !has_twin_;
    if (has_twin_) {
      log_warning("mqtt: " + twin_problem(settings_));
    } else {
      log_info("mqtt: no other router has the node id " + settings_.node.id + " any more");
    }
    say_report(Which::changed);
  }
  if (has_twin_ && !twin_timer_) {
    twin_timer_ = loop_->call_at(loop_->now() + MqttTwin::asks_each, [this] {
      twin_timer_.reset();
      say_info();
      look_for_twin();
    });
  }
}

void Mqtt::act_on(TakenIn taken) {
  for (Event& event : taken.events) {
    loop_->post(std::move(event));
  }
  if (!taken.warning.empty()) {
    log_warning("mqtt: " + taken.warning);
  }
  if (taken.wants_all) {
    say_everything();
  }
  if (taken.answer) {
    sender_->say(taken.answer->message, taken.answer->correlation_data);
  }
}

// ---- What goes out ----

void Mqtt::say_everything() {
  said_.clear();
  say(payloads_->online());
  say_info();
  say_report(Which::all);
  if (quality_) {
    say(*quality_);
  }
  if (line_) {
    say(payloads_->line(*line_));
  }
  if (!last_calls_->empty()) {
    say(last_calls_->message());
  }
  for (const MqttMessage& message : usage_->all()) {
    say(message);
  }
  say_rates(true);
}

void Mqtt::say_info() {
  twin_.said();
  say(payloads_->info(version_, twin_.machine(), started_));
}

std::vector<MqttMessage> Mqtt::report_messages() const {
  Report report = *report_;
  if (has_twin_ && report.error.empty()) {
    report.error = twin_problem(settings_);
  }
  return payloads_->report(report);
}

void Mqtt::say_report(Which which) {
  if (!report_ || !link_->is_connected()) {
    return;
  }
  for (const MqttMessage& message : report_messages()) {
    Said& said = said_[message.topic];
    const bool is_new = said.payload != message.payload;
    if (is_new || which == Which::all || (which == Which::unsaid && said.turn != loop_->turn())) {
      said = {message.payload, loop_->turn()};
      say(message);
    }
  }
}

void Mqtt::say_rates(bool wants_all) {
  for (const MqttMessage* message :
       rates_messages_->write({rates_, device_rates_}, report_ ? &*report_ : nullptr, loop_->now(), wants_all)) {
    say(*message);
  }
}

}  // namespace

std::unique_ptr<Port> make_mqtt(const Settings& settings, const std::string& version, const std::string& machine) {
  return std::make_unique<Mqtt>(settings, version, machine);
}

// Without quotes, which JSON writes in another way.
std::string twin_problem(const Settings& settings) {
  return "another router has the node id " + settings.node.id + " too, and says its state on " + MqttTopics(settings).base() +
         ": give each router its own node.id";
}

}  // namespace voip
