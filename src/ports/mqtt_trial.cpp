#include "ports/mqtt_trial.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "base/unique_fd.h"
#include "ports/mqtt_diagnosis.h"

namespace voip {
namespace {

constexpr Duration reach_limit = 8s;       // for the name server and three seconds of knocking
constexpr Duration connect_limit = 15s;    // the library gives up after ten to thirteen
constexpr Duration retained_time = 300ms;  // what is kept comes at once after a subscription

// Between the thread that looks and us; who is last takes it away.
struct Reach {
  UniqueFd event;
  std::optional<std::string> why;
  std::atomic<bool> is_done = false;
};

// A name server may hang for half a minute and nobody can end that, so it is done on a thread that may be left behind.
std::optional<std::string> why_out_of_reach_in_time(const std::string& uri, CommandLoop& commands) {
  const auto reach = std::make_shared<Reach>();
  reach->event.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const int fd = reach->event.get();
  if (const Status watched = commands.loop().watch(fd, EPOLLIN,
                                                   [fd](std::uint32_t) {
                                                     eventfd_t count = 0;
                                                     eventfd_read(fd, &count);
                                                   });
      !watched) {
    return "look for the broker: " + watched.error();
  }
  std::thread([reach, uri] {
    reach->why = why_out_of_reach(uri);
    reach->is_done = true;
    eventfd_write(reach->event.get(), 1);
  }).detach();
  const bool is_done = commands.wait_until([&reach] { return reach->is_done.load(); }, reach_limit);
  commands.loop().unwatch(fd);
  return is_done ? reach->why : "no answer from the name server within " + to_string(reach_limit);
}

class Attempt {
 public:
  Attempt(MqttConnection& connection, MqttTrial& trial) : connection_(connection), trial_(trial) {}

  void take_in() {
    for (const MqttHappening& happening : connection_.take()) {
      if (std::holds_alternative<MqttConnected>(happening)) {
        is_connected_ = true;
      } else if (const auto* failed = std::get_if<MqttFailed>(&happening)) {
        fail(failed->why.empty() ? "the attempt at an earlier broker still hangs" : failed->why);
      } else if (const auto* lost = std::get_if<MqttLost>(&happening)) {
        fail("it ended the connection at once" + (lost->why.empty() ? "" : ": " + lost->why));
      } else if (const auto* refused = std::get_if<MqttRefused>(&happening)) {
        trial_.refused.push_back(refused->what + " (" + refused->why + ")");
      } else if (const auto* incoming = std::get_if<MqttIncoming>(&happening); incoming != nullptr && incoming->is_retained) {
        trial_.retained[incoming->topic] = incoming->payload;
      }
    }
  }

  [[nodiscard]] bool is_decided() const { return is_connected_ || has_failed_; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  void fail(const std::string& why) {
    has_failed_ = true;
    trial_.why = why;
  }

 private:
  MqttConnection& connection_;
  MqttTrial& trial_;
  bool is_connected_ = false;
  bool has_failed_ = false;
};

}  // namespace

MqttTrial try_broker(const MqttConnectionOptions& options, std::size_t broker, const std::vector<std::string>& topics,
                     CommandLoop& commands) {
  MqttTrial trial{options.uris.at(broker)};
  if (auto why = why_out_of_reach_in_time(trial.uri, commands)) {
    trial.why = std::move(*why);
    return trial;
  }
  MqttConnectionOptions ours = options;
  ours.client_id += "-doctor";
  ours.will = {};
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
  if (!commands.wait_until([&attempt] { return attempt.is_decided(); }, connect_limit)) {
    attempt.fail("no answer within " + to_string(connect_limit) + ": the broker hangs");
  }
  if (!attempt.has_failed()) {
    for (const std::string& topic : topics) {
      connection.subscribe(topic, true);
    }
    commands.wait_until([&] { return trial.retained.size() == topics.size() || attempt.has_failed(); }, retained_time);
    connection.stop({}, retained_time);
  }
  commands.loop().unwatch(fd);
  return trial;
}

}  // namespace voip
