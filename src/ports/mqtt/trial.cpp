#include <sys/epoll.h>

#include <utility>
#include <variant>

#include "ports/mqtt/connection.h"
#include "ports/mqtt/mqtt.h"
#include "ports/mqtt/options.h"
#include "ports/mqtt/reasons.h"

namespace voip {
namespace {

constexpr Duration reach_limit = 8s;       // for the name server and three seconds of knocking
constexpr Duration connect_limit = 15s;    // the library gives up after ten to thirteen
constexpr std::size_t most_retained = 16;  // a few are asked for
constexpr Duration retained_time = 300ms;  // what is kept comes at once after a subscription

class Attempt {
 public:
  Attempt(MqttConnection& connection, MqttTrial& trial) : connection_(connection), trial_(trial) {}

  void take_in() {
    for (const MqttHappening& happening : connection_.take()) {
      if (std::holds_alternative<MqttFound>(happening)) {
        is_found_ = true;
      } else if (const auto* connected = std::get_if<MqttConnected>(&happening)) {
        is_connected_ = true;
        trial_.lacks = words_for(connected->limits);
      } else if (const auto* failed = std::get_if<MqttFailed>(&happening)) {
        fail(failed->why.empty() ? "the attempt at an earlier broker still hangs" : failed->why);
      } else if (const auto* lost = std::get_if<MqttLost>(&happening)) {
        fail("it ended the connection at once" + (lost->why.empty() ? "" : ": " + lost->why));
      } else if (const auto* refused = std::get_if<MqttRefused>(&happening)) {
        trial_.refused.push_back(refused->what + " (" + refused->why + ")");
      } else if (const auto* incoming = std::get_if<MqttIncoming>(&happening);
                 incoming != nullptr && incoming->is_retained && trial_.retained.size() < most_retained) {
        trial_.retained[incoming->topic] = incoming->payload;
      }
    }
  }

  [[nodiscard]] bool is_found() const { return is_found_ || has_failed_; }
  [[nodiscard]] bool is_decided() const { return is_connected_ || has_failed_; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  void fail(const std::string& why) {
    has_failed_ = true;
    trial_.why = why;
  }

 private:
  MqttConnection& connection_;
  MqttTrial& trial_;
  bool is_found_ = false;
  bool is_connected_ = false;
  bool has_failed_ = false;
};

MqttTrial try_broker(const MqttConnectionOptions& options, std::size_t broker, const std::vector<std::string>& topics,
                     CommandLoop& commands) {
  MqttTrial trial{options.uris.at(broker)};
  MqttConnectionOptions ours = options;
  ours.client_id += "-doctor";
  ours.will = {};
  ours.knocks_first = true;
  const auto made = MqttConnection::make(ours);
  if (!made) {
    trial.why = made.error();
    return trial;
  }
  MqttConnection& connection = **made;
  Attempt attempt(connection, trial);
  const int fd = connection.fd();
  if (const Status watched = commands.loop().watch(fd, EPOLLIN, [&attempt](std::uint32_t) { attempt.take_in(); }); !watched) {
    trial.why = watched.error();
    return trial;
  }
  connection.connect(broker);
  if (!commands.wait_until([&attempt] { return attempt.is_found(); }, reach_limit)) {
    attempt.fail("no answer from the name server within " + to_string(reach_limit));
  } else if (!commands.wait_until([&attempt] { return attempt.is_decided(); }, connect_limit)) {
    attempt.fail("no answer within " + to_string(connect_limit) + ": the broker hangs");
  }
  if (!attempt.has_failed()) {
    for (const std::string& topic : topics) {
      connection.subscribe(topic, MqttRetained::wanted);
    }
    commands.wait_until([&] { return trial.retained.size() == topics.size() || attempt.has_failed(); }, retained_time);
    connection.stop({}, retained_time);
  }
  commands.loop().unwatch(fd);
  return trial;
}

}  // namespace

Result<std::vector<MqttTrial>> try_brokers(const Settings& settings, const std::vector<std::string>& topics,
                                           CommandLoop& commands) {
  const auto options = mqtt_options(settings);
  if (!options) {
    return Error{options.error()};
  }
  std::vector<MqttTrial> trials;
  for (std::size_t i = 0; i < options->uris.size() && !commands.is_interrupted(); ++i) {
    trials.push_back(try_broker(*options, i, topics, commands));
  }
  return trials;
}

}  // namespace voip
