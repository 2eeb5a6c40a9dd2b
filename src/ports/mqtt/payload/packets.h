// What a broker sends, followed byte by byte as it comes in: MQTT packets (OASIS MQTT Version 5.0, section 2.1), bare or in
// frames of WebSocket (RFC 6455, section 5.2). Says where a packet begins that must not be taken, before any of it is. Pure, and
// total: any bytes have an answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voip {

enum class PacketFault : std::uint8_t {
  too_long,
  too_high_qos,  // a message of QoS 2, which nobody has asked for
  bad_frame,
};

struct BadPacket {
  PacketFault fault = PacketFault::too_long;
  std::uint64_t bytes = 0;     // of a packet that is too long, its header included
  bool is_topic_next = false;  // what comes next in the stream is the length of a topic, and the topic
};

class IncomingPackets {
 public:
  explicit IncomingPackets(std::size_t longest) : longest_(longest) {}

  // The next bytes of the stream. After a bad packet nothing else is to be looked at.
  std::optional<BadPacket> look_at(std::string_view bytes);

 private:
  enum class Carrier : std::uint8_t { unknown, bare, greeting, frames };

  std::optional<BadPacket> look_at_packets(std::string_view bytes);
  std::optional<BadPacket> look_at_header(std::uint8_t byte);
  std::optional<BadPacket> look_at_greeting(std::string_view bytes);
  std::optional<BadPacket> look_at_frames(std::string_view bytes);
  std::optional<BadPacket> begin_frame();

  std::size_t longest_;
  Carrier carrier_ = Carrier::unknown;

  std::optional<std::uint8_t> first_byte_;  // of the packet whose length is being read
  std::size_t length_ = 0;
  unsigned length_bytes_ = 0;
  std::size_t rest_of_packet_ = 0;

  std::size_t greeting_bytes_ = 0;
  std::string tail_;  // the last bytes of the greeting, then the beginning of a frame
  std::size_t rest_of_frame_ = 0;
  bool carries_packets_ = false;  // the frame
  std::size_t message_ = 0;       // bytes of the frames that belong together
};

}  // namespace voip
