#include "ports/mqtt.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"
#include "ports/loop.h"
#include "ports/mqtt_connection.h"
#include "ports/mqtt_discovery.h"
#include "ports/mqtt_intake.h"
#include "ports/mqtt_link.h"
#include "ports/mqtt_outbox.h"
#include "ports/mqtt_rates.h"
#include "ports/mqtt_topics.h"

namespace voip {
namespace {

constexpr Duration first_send_delay = 10ms;
constexpr Duration longest_send_delay = 1s;
constexpr Duration farewell_limit = 1s;

class Mqtt : public Port {
 public:
  Mqtt(const Settings& settings, std::string version)
      : settings_(settings), version_(std::move(version)), topics_(settings), intake_(settings) {}
  ~Mqtt() override { forget_link(); }

  Status open(Loop& loop) override;
  void perform(const Action& action) override;
  void close() override;

 private:
  void confirm();
  void connected();
  void lost();
  void take(const MqttIncoming& incoming);
  void act_on(TakenIn taken);

  void say_everything();
  void say_report(bool also_unchanged);
  void say_rates();
  void say(const MqttMessage& message, const std::string& correlation_data = {});
  void send();
  void send_later();
  void forget_link();

  Settings settings_;
  std::string version_;
  MqttTopics topics_;
  MqttIntake intake_;
  Loop* loop_ = nullptr;
  Instant started_{};
  std::optional<MqttPayloads> payloads_;
  std::optional<MqttRates> rates_messages_;
  std::unique_ptr<MqttLink> link_;
  std::optional<MqttDiscovery> discovery_;

  bool is_confirming_ = false;  // a command was passed on; the state that follows is to be said even if it is the same
  std::optional<Report> report_;
  Rates rates_;
  std::vector<Rates> device_rates_;
  std::map<std::string, std::string> said_;  // on this connection, by retained topic: bounded by the topics that there are
  Outbox outbox_;
  std::optional<Loop::TimerId> send_timer_;
  Duration send_delay_ = first_send_delay;
};

Status Mqtt::open(Loop& loop) {
  loop_ = &loop;
  started_ = loop.now();
  if (settings_.mqtt.uri.empty()) {
    return {};
  }
  payloads_.emplace(settings_, [this](Instant instant) { return iso_8601(loop_->wall(instant)); });
  rates_messages_.emplace(topics_);
  if (settings_.home_assistant.discovery) {
    discovery_.emplace(settings_, version_, loop,
                       MqttDiscovery::Voice{[this](const MqttMessage& message) { say(message); }, [this] { say_everything(); },
                                            [this] { say_rates(); }});
  }
  Result<std::unique_ptr<MqttLink>> link =
      MqttLink::open(settings_, loop,
                     {.woken = [this] { confirm(); },
                      .connected = [this] { connected(); },
                      .lost = [this] { lost(); },
                      .came = [this](const MqttIncoming& incoming) { take(incoming); },
                      .overrun = [this](std::uint64_t messages) { act_on(intake_.add_lost(messages, loop_->now())); }});
  if (!link) {
    return Error{link.error()};
  }
  link_ = std::move(*link);
  return {};
}

void Mqtt::perform(const Action& action) {
  if (!link_) {
    return;
  }
  if (const auto* changed = std::get_if<ReportChanged>(&action)) {
    report_ = changed->report;
    say_report(std::exchange(is_confirming_, false));
  } else if (const auto* measured = std::get_if<RatesMeasured>(&action)) {
    rates_ = measured->total;
    device_rates_.assign(measured->devices.begin(), measured->devices.end());
    say_rates();
  } else if (const auto* started = std::get_if<CallStarted>(&action)) {
    say(payloads_->call_started(started->call));
  } else if (const auto* ended = std::get_if<CallEnded>(&action)) {
    say(payloads_->call_ended(ended->call));
  } else if (const auto* switched = std::get_if<QosSwitched>(&action)) {
    say(payloads_->qos_switched(*switched));
  } else if (const auto* failed = std::get_if<QosFailed>(&action)) {
    say(payloads_->qos_failed(*failed));
  }
}

void Mqtt::close() {
  if (link_) {
    link_->connection().stop(payloads_->offline(), farewell_limit);
    forget_link();
  }
}

void Mqtt::forget_link() {
  discovery_.reset();
  if (send_timer_) {
    loop_->cancel(*std::exchange(send_timer_, std::nullopt));
  }
  link_.reset();
}

// ---- What comes in ----

// The engine has handled the orders that the last call posted; had anything changed, it would have been said by now.
void Mqtt::confirm() {
  if (std::exchange(is_confirming_, false)) {
    say_report(true);
  }
}

void Mqtt::connected() {
  if (settings_.mqtt.commands) {
    link_->connection().subscribe(topics_.of("+/set"), true);
    link_->connection().subscribe(topics_.of("request/#"), true);
  }
  outbox_.clear();
  if (discovery_) {
    discovery_->connected(link_->connection());
  }
  say_everything();
}

void Mqtt::lost() {
  outbox_.clear();
  if (discovery_) {
    discovery_->lost();
  }
}

void Mqtt::take(const MqttIncoming& incoming) {
  if ((discovery_ && discovery_->take(incoming)) || !settings_.mqtt.commands) {
    return;
  }
  act_on(intake_.take(incoming, loop_->now(), report_ ? payloads_->report(*report_).front().payload : std::string()));
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
  if (taken.is_order) {
    // The wake-up comes after the engine has seen the order.
    is_confirming_ = true;
    link_->connection().wake();
  }
  if (taken.answer) {
    say(taken.answer->message, taken.answer->correlation_data);
  }
}

// ---- What goes out ----

void Mqtt::say_everything() {
  said_.clear();
  say(payloads_->online());
  say(payloads_->info(version_, started_));
  say_report(true);
  say_rates();
}

void Mqtt::say_report(bool also_unchanged) {
  if (!report_ || !link_->is_connected()) {
    return;
  }
  for (const MqttMessage& message : payloads_->report(*report_)) {
    if (const auto known = said_.find(message.topic);
        also_unchanged || known == said_.end() || known->second != message.payload) {
      said_[message.topic] = message.payload;
      say(message);
    }
  }
}

void Mqtt::say_rates() {
  for (const MqttMessage& message :
       rates_messages_->write({rates_, device_rates_}, report_ ? &*report_ : nullptr, loop_->now())) {
    say(message, {});
  }
}

// What the library does not take now waits in the outbox, where a newer state takes the place of an older one.
void Mqtt::say(const MqttMessage& message, const std::string& correlation_data) {
  if (!link_->is_connected()) {
    return;
  }
  if (!outbox_.empty() || link_->connection().publish(message, correlation_data) == MqttSent::later) {
    outbox_.put({message, correlation_data});
    if (!send_timer_) {
      send_later();
    }
  }
}

void Mqtt::send_later() {
  send_timer_ = loop_->call_at(loop_->now() + send_delay_, [this] {
    send_timer_.reset();
    send();
  });
  send_delay_ = std::min(send_delay_ * 2, longest_send_delay);
}

void Mqtt::send() {
  for (; !outbox_.empty(); outbox_.pop()) {
    const Outgoing& next = outbox_.front();
    if (link_->connection().publish(next.message, next.correlation_data) == MqttSent::later) {
      send_later();
      return;
    }
    send_delay_ = first_send_delay;
  }
}

}  // namespace

std::unique_ptr<Port> make_mqtt(const Settings& settings, const std::string& version) {
  return std::make_unique<Mqtt>(settings, version);
}

}  // namespace voip
