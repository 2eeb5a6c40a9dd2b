// The library's side of a connection: what its threads hear, put into the inbox as what happened. The other half of client.cpp;
// only these two know Paho.
#pragma once

#include <mqtt/async_client.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "ports/mqtt/inbox.h"

namespace voip {

// What the library's threads know of a connection. It outlives the client.
struct PahoLine {
  std::shared_ptr<MqttInbox> inbox;
  std::uint32_t version = 5;
  MqttLimits limits;  // complete before the connection is told of
  std::atomic<bool> is_connected = false;
  std::atomic<bool> is_silent = false;
  std::atomic<std::uint32_t> signs_of_life = 0;  // no more bits: MIPS and old ARM count 64 of them by a library of their own only
  std::atomic<std::size_t> in_flight = 0;

  void tell(MqttHappening happening) const;
  // Whoever notices first gives the reason; the library may notice later, or never.
  void lose(std::string why, int code = 0);
};
static_assert(decltype(PahoLine::signs_of_life)::is_always_lock_free && decltype(PahoLine::in_flight)::is_always_lock_free);

// There is one trace for the whole process, which tells why an attempt fails. It tells much, so it is listened to only while one
// runs.
void listen_to_trace(bool is_trying);

// What becomes of an attempt to connect.
class ConnectListener : public virtual mqtt::iaction_listener {
 public:
  ConnectListener(std::shared_ptr<PahoLine> line, std::string uri) : line_(std::move(line)), uri_(std::move(uri)) {}
  void on_success(const mqtt::token& token) override;
  void on_failure(const mqtt::token& token) override;

 private:
  std::shared_ptr<PahoLine> line_;
  std::string uri_;
};

// Hears the broker's receipts. Passes on what its access list forbids, once for each topic. That messages are lost with a
// connection is no news.
class ReceiptListener : public virtual mqtt::iaction_listener {
 public:
  explicit ReceiptListener(std::shared_ptr<PahoLine> line) : line_(std::move(line)) {}
  void on_success(const mqtt::token& token) override { count(token); }
  void on_failure(const mqtt::token& token) override;

 private:
  void count(const mqtt::token& token);

  std::shared_ptr<PahoLine> line_;
  std::set<std::string> told_;
};

// All before connect(), once: setting a handler later can deadlock with the receiving thread (paho.mqtt.cpp#356).
void set_callbacks(mqtt::async_client& client, const std::shared_ptr<PahoLine>& line);

}  // namespace voip
