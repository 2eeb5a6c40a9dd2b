// The connection to one of the brokers. An attempt has two steps: the broker's name is looked for on a thread of our own, which
// can be left behind, and only then Paho is told to connect. What happens is put into a bounded queue by other threads, and the
// loop's thread takes it from there. It tries once when it is told to; what is published while there is no connection is not
// kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/time.h"
#include "ports/mqtt/client.h"
#include "ports/mqtt/inbox.h"
#include "ports/mqtt/payload/topics.h"

namespace voip {

class MqttConnection {
 public:
  // An error is one of the options, never the network's.
  static Result<std::unique_ptr<MqttConnection>> make(const MqttConnectionOptions& options);
  // An attempt whose name server is silent is left behind, and ends by itself.
  ~MqttConnection() { inbox_->close(); }
  MqttConnection(const MqttConnection&) = delete;
  MqttConnection& operator=(const MqttConnection&) = delete;

  // Readable when take() has something.
  [[nodiscard]] int fd() const { return inbox_->fd(); }
  // Begins the second step of an attempt, too, when it hands out MqttFound; ends the client when it hands out MqttLost, and
  // learns from a refusal what the broker does not take.
  std::vector<MqttHappening> take();

  // Begins to connect to one of the brokers and returns at once; MqttFound tells of the first step, MqttConnected or MqttFailed
  // how it ended. Not to be called before that, nor while there is a connection.
  void connect(std::size_t broker);

  // These wait for nothing; answers of the broker are not needed.
  MqttSent publish(const MqttMessage& message, const std::string& correlation_data);
  void subscribe(const std::string& filter, MqttRetained retained);
  // Asks for a packet that a broker has to answer, whatever it thinks of it.
  void ask_for_sign();
  // Grows with each receipt of the broker, for what was published and for that question alike. What else comes in does not
  // count: it shows one direction only.
  [[nodiscard]] std::uint32_t signs_of_life() const;

  // Ends the connection, or the attempt, whatever the library thinks of it. Nothing more happens with it; connect() may follow.
  void drop();

  // Publishes the farewell, unless it has no topic, waits for the broker's receipt and disconnects, all within `limit`; a broker
  // that gives no receipt gets no second wait. Nothing happens afterwards.
  void stop(const MqttMessage& farewell, Duration limit);

 private:
  struct Broker {
    std::string uri;
    MqttLimits limits{};
    std::size_t failures = 0;              // since the last connection
    std::shared_ptr<MqttClient> client{};  // made with the first attempt after a connection
  };

  MqttConnection(std::shared_ptr<MqttInbox> inbox, MqttConnectionOptions options);
  void learn(int code);

  std::shared_ptr<MqttInbox> inbox_;
  MqttConnectionOptions options_;
  std::vector<Broker> brokers_;
  std::size_t current_ = 0;
};

}  // namespace voip
