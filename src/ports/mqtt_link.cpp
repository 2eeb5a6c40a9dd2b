#include "ports/mqtt_link.h"

#include <sys/epoll.h>

#include <utility>
#include <variant>

#include "base/log.h"
#include "ports/mqtt_options.h"

namespace voip {
namespace {

constexpr std::size_t most_told = 64;

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
      chance_(std::random_device{}()) {}

MqttLink::~MqttLink() {
  for (Timer* timer : {&attempt_timer_, &steady_timer_}) {
    if (*timer) {
      loop_.cancel(**timer);
    }
  }
  loop_.unwatch(connection_->fd());
}

void MqttLink::take_in() {
  ears_.woken();
  for (const MqttHappening& happening : connection_->take()) {
    std::visit([this](const auto& one) { happened(one); }, happening);
  }
}

void MqttLink::happened(const MqttConnected& /*connected*/) {
  is_connected_ = true;
  connected_at_ = loop_.now();
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
  is_connected_ = false;
  if (steady_timer_) {
    loop_.cancel(*std::exchange(steady_timer_, std::nullopt));
  }
  const Duration kept = loop_.now() - connected_at_;
  is_unsteady_ = kept < MqttAttempts::steady_after;
  // Two clients of the same id throw each other out for ever; brokers do not always say so.
  const std::string suspicion = is_unsteady_ ? " so soon (does another client use the id " + client_id_ + "?)" : "";
  warn_once(
      "mqtt: lost the broker: " + (lost.why.empty() ? "it closed the connection or stopped answering" + suspicion : lost.why) +
      "; trying again until it is back, switching goes on without it");
  ears_.lost();
  attempt(attempts_.after_loss(kept, static_cast<std::uint32_t>(chance_())));
}

void MqttLink::happened(const MqttFailed& failed) {
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
    connection_->connect(broker_);
  } else {
    set(attempt_timer_, next.after, [this] { connection_->connect(broker_); });
  }
}

void MqttLink::warn_once(const std::string& line) {
  if (told_.size() < most_told && told_.insert(line).second) {
    log_warning(line);
  }
}

void MqttLink::set(Timer& timer, Duration after, std::function<void()> due) {
  timer = loop_.call_at(loop_.now() + after, [&timer, due = std::move(due)] {
    timer.reset();
    due();
  });
}

}  // namespace voip
