#include "ports/mqtt/link.h"

#include <sys/epoll.h>

#include <utility>
#include <variant>

#include "base/log.h"
#include "ports/mqtt/mqtt.h"
#include "ports/mqtt/options.h"
#include "ports/mqtt/reasons.h"

namespace voip {
namespace {

constexpr std::size_t most_told = 64;
// The library gives up after 13 s, and finding out why may take a silent name server's half a minute.
constexpr Duration attempt_limit = 60s;
// A broker has so long to answer, two looks being a keep-alive apart. Then it is gone, whatever the library thinks: it does not
// always notice (paho.mqtt.c#1619; what it takes for the beginning of a long packet it waits for without an end).
constexpr int most_looks_without_sign = 3;

}  // namespace

Result<std::unique_ptr<MqttLink>> MqttLink::open(const Settings& settings, Loop& loop, Ears ears) {
  Result<MqttConnectionOptions> options = mqtt_options(settings);
  if (!options) {
    return Error{options.error()};
  }
  if (sends_password_in_clear(settings.mqtt)) {
    log_warning("mqtt: the password goes readable over the network: use mqtts://");
  }
  Result<std::unique_ptr<MqttConnection>> connection = MqttConnection::make(*options);
  if (!connection) {
    return Error{connection.error()};
  }
  std::unique_ptr<MqttLink> link(new MqttLink(settings, std::move(*options), std::move(*connection), loop, std::move(ears)));
  const Status watched = loop.watch(link->connection_->fd(), EPOLLIN, [raw = link.get()](std::uint32_t) { raw->take_in(); });
  if (!watched) {
    return Error{watched.error()};
  }
  link->attempt({});
  return link;
}

MqttLink::MqttLink(const Settings& settings, MqttConnectionOptions options, std::unique_ptr<MqttConnection> connection,
                   Loop& loop, Ears ears)
    : loop_(loop),
      ears_(std::move(ears)),
      uris_(std::move(options.uris)),
      client_id_(std::move(options.client_id)),
      base_(MqttTopics(settings).base()),
      connection_(std::move(connection)),
      attempts_(uris_.size(), settings.mqtt.max_reconnect_delay),
      chance_(std::random_device{}()),
      keep_alive_(settings.mqtt.keep_alive) {}

MqttLink::~MqttLink() {
  for (Timer* timer : {&attempt_timer_, &look_timer_, &steady_timer_}) {
    cancel(*timer);
  }
  loop_.unwatch(connection_->fd());
}

void MqttLink::take_in() {
  for (const MqttHappening& happening : connection_->take()) {
    std::visit([this](const auto& one) { happened(one); }, happening);
  }
}

void MqttLink::happened(const MqttFound& /*found*/) {
  set(attempt_timer_, attempt_limit, [this] {
    connection_->drop();
    happened(MqttFailed{"no answer within " + to_string(attempt_limit)});
  });
}

void MqttLink::happened(const MqttConnected& connected) {
  if (!std::exchange(is_trying_, false)) {
    return;  // by an attempt that was given up
  }
  cancel(attempt_timer_);
  is_connected_ = true;
  connected_at_ = loop_.now();
  // A broker that waits less long than we meant to has to hear of us as often (MQTT 5, section 3.2.2.3.14).
  const Duration theirs = connected.limits.keep_alive;
  between_looks_ = (theirs == Duration::zero() ? keep_alive_ : std::min(keep_alive_, theirs)) / 2;
  signs_ = 0;
  looks_without_sign_ = 0;
  set(look_timer_, between_looks_, [this] { look_for_signs(); });
  for (const std::string& words : words_for(connected.limits)) {
    if (told_refusals_.size() < most_told && told_refusals_.insert(words).second) {
      log_warning("mqtt: " + uris_[broker_] + " " + words);
    }
  }
  if (is_unsteady_) {
    set(steady_timer_, MqttAttempts::steady_after, [this] { tell_connected(); });
  } else {
    tell_connected();
  }
  ears_.connected();
}

void MqttLink::tell_connected() {
  is_unsteady_ = false;
  told_.clear();
  log_info("mqtt: connected to " + uris_[broker_] + " as " + base_);
}

void MqttLink::happened(const MqttLost& lost) {
  if (!std::exchange(is_connected_, false)) {
    return;
  }
  cancel(look_timer_);
  cancel(steady_timer_);
  const Duration kept = loop_.now() - connected_at_;
  is_unsteady_ = kept < MqttAttempts::steady_after;
  // Two clients of the same id throw each other out for ever; brokers do not always say so.
  const bool is_thrown_out = lost.code == session_taken_over || (lost.why.empty() && is_unsteady_);
  const std::string suspicion = is_thrown_out ? " (does another client use the id " + client_id_ + "?)" : "";
  const std::string silence = "it closed the connection or stopped answering" + std::string(is_unsteady_ ? " so soon" : "");
  warn_once("mqtt: lost the broker: " + (lost.why.empty() ? silence : lost.why) + suspicion +
            "; trying again until it is back, switching goes on without it");
  ears_.lost();
  attempt(attempts_.after_loss(kept, static_cast<std::uint32_t>(chance_())));
}

void MqttLink::happened(const MqttFailed& failed) {
  if (!std::exchange(is_trying_, false)) {
    return;  // of an attempt that was given up
  }
  cancel(attempt_timer_);
  if (!failed.why.empty()) {
    warn_once("mqtt: cannot connect to " + uris_[broker_] + ": " + failed.why +
              "; trying again until it works, switching goes on without it");
  }
  attempt(attempts_.after_failure(static_cast<std::uint32_t>(chance_())));
}

void MqttLink::happened(const MqttRefused& refused) {
  if (told_refusals_.size() < most_told && told_refusals_.insert(refused.what).second) {
    log_warning("mqtt: the broker does not let us " + refused.what + ": " + refused.why);
  }
}

void MqttLink::happened(const MqttOverrun& overrun) {
  ears_.overrun(overrun.messages);
}

void MqttLink::happened(const MqttIncoming& incoming) {
  ears_.came(incoming);
}

void MqttLink::attempt(const MqttAttempts::Attempt& next) {
  broker_ = next.broker;
  if (next.after == Duration::zero()) {
    try_now();
  } else {
    set(attempt_timer_, next.after, [this] { try_now(); });
  }
}

void MqttLink::try_now() {
  is_trying_ = true;
  connection_->connect(broker_);
}

void MqttLink::look_for_signs() {
  const std::uint32_t signs = connection_->signs_of_life();
  looks_without_sign_ = signs == std::exchange(signs_, signs) ? looks_without_sign_ + 1 : 0;
  if (looks_without_sign_ > most_looks_without_sign) {
    connection_->drop();
    happened(MqttLost{"it has answered nothing for " + to_string(between_looks_ * looks_without_sign_)});
    return;
  }
  if (looks_without_sign_ > 0) {
    connection_->ask_for_sign();
  }
  set(look_timer_, between_looks_, [this] { look_for_signs(); });
}

void MqttLink::warn_once(const std::string& line) {
  if (told_.size() < most_told && told_.insert(line).second) {
    log_warning(line);
  }
}

void MqttLink::cancel(Timer& timer) {
  if (timer) {
    loop_.cancel(*std::exchange(timer, std::nullopt));
  }
}

void MqttLink::set(Timer& timer, Duration after, std::function<void()> due) {
  cancel(timer);
  timer = loop_.call_at(loop_.now() + after, [&timer, due = std::move(due)] {
    timer.reset();
    due();
  });
}

}  // namespace voip
