// Paho's client for one broker, behind an edge that no exception, no callback and no waiting crosses: what happens is put into
// the inbox. The library has one lock for all its clients and holds it while it asks a name server; whoever asks it for anything
// waits with it. So it is to be told of a broker only when the broker's name was found a moment ago.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/time.h"
#include "ports/mqtt/inbox.h"
#include "ports/mqtt/payload/topics.h"

namespace voip {

// So many messages of ours may wait for their receipts.
inline constexpr std::size_t most_in_flight = 64;

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
  Duration will_delay{};      // so long we may be away before the broker publishes it (MQTT 5)
  bool knocks_first = false;  // at the broker's port, before the library does: for who waits for the answer
};

// What a subscription does with what is retained.
enum class MqttRetained : std::uint8_t {
  unwanted,
  wanted,
  told,  // wanted; and whatever is published as retained comes as such, while we listen, too (MQTT 5)
};

enum class MqttSent : std::uint8_t {
  yes,
  later,  // too much is on its way already: try again soon
  never,  // not connected, or the message is impossible
};

// One for each broker: the library cannot be told another address, and confuses plain, TLS and WebSocket in a list. It is good
// for attempts until one succeeds, and then for that connection: what comes after it has a client of its own, so that nothing is
// left over from the one before, neither messages nor memory.
class MqttClient {
 public:
  // `limits` are what is known of the broker from connections before. Waits for a client that is being destroyed.
  static Result<std::unique_ptr<MqttClient>> make(const std::shared_ptr<MqttInbox>& inbox, const std::string& uri,
                                                  const MqttConnectionOptions& options, const MqttLimits& limits = {});
  // Ends an attempt that is under way, too; the library's threads, which end with the last client, look around each second.
  virtual ~MqttClient() = default;
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  // As MqttConnection has them; connect() is the library's part of it.
  virtual void connect() = 0;
  virtual MqttSent publish(const MqttMessage& message, const std::string& correlation_data) = 0;
  virtual void subscribe(const std::string& filter, MqttRetained retained) = 0;
  virtual void ask_for_sign() = 0;
  [[nodiscard]] virtual std::uint32_t signs_of_life() const = 0;
  virtual void stop(const MqttMessage& farewell, Duration limit) = 0;

  // From now on it puts nothing into the inbox and publishes nothing. Waits for nothing.
  virtual void fall_silent() = 0;
  // Of the packets that this connection has carried.
  [[nodiscard]] virtual std::size_t largest_sent() const = 0;

 protected:
  MqttClient() = default;
};

}  // namespace voip
