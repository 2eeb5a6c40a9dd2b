// The connection to the broker: Paho's client behind an edge that no exception, no callback and no waiting crosses. Paho's
// threads only put what happened into a bounded queue and write an eventfd; the loop's thread takes it from there. It tries once
// when it is told to; what is published while there is no connection is not kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/time.h"
#include "ports/mqtt_inbox.h"
#include "ports/mqtt_topics.h"

namespace voip {

struct MqttConnectionOptions {
  std::vector<std::string> uris;  // one at least
  std::string client_id;
  std::string username;
  std::string password;
  std::uint32_t version = 5;  // 5, or 3 for MQTT 3.1.1
  Duration keep_alive = 30s;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool verify_hostname = true;
  MqttMessage will;
};

enum class MqttSent : std::uint8_t {
  yes,
  later,  // too much is on its way already: try again soon
  never,  // not connected, or the message is impossible
};

class MqttConnection {
 public:
  // An error is one of the options, never the network's.
  static Result<std::unique_ptr<MqttConnection>> make(const MqttConnectionOptions& options);
  virtual ~MqttConnection() = default;
  MqttConnection(const MqttConnection&) = delete;
  MqttConnection& operator=(const MqttConnection&) = delete;

  // Readable when take() has something.
  [[nodiscard]] virtual int fd() const = 0;
  virtual std::vector<MqttHappening> take() = 0;
  // Makes fd() readable once more.
  virtual void wake() = 0;

  // Begins to connect to one of the brokers and returns at once; MqttConnected or MqttFailed tells how it ended. Not to be called
  // before that, nor while there is a connection.
  virtual void connect(std::size_t broker) = 0;

  // These wait for nothing; answers of the broker are not needed.
  virtual MqttSent publish(const MqttMessage& message, const std::string& correlation_data) = 0;
  virtual void subscribe(const std::string& filter, bool wants_retained) = 0;

  // Publishes the farewell, unless it has no topic, waits for the broker's receipt and disconnects, all within `limit`; a broker
  // that gives no receipt gets no second wait. Nothing happens afterwards.
  virtual void stop(const MqttMessage& farewell, Duration limit) = 0;

 protected:
  MqttConnection() = default;
};

}  // namespace voip
