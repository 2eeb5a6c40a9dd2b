#include "ports/mqtt/payload/packets.h"

#include <algorithm>

namespace voip {
namespace {

constexpr unsigned publish_type = 3;
constexpr unsigned most_length_bytes = 4;
// Some brokers put several packets into one message of WebSocket.
constexpr std::size_t packets_in_message = 4;
constexpr std::uint64_t longest_control_frame = 125;
constexpr std::string_view end_of_greeting = "\r\n\r\n";

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// Of what begins a frame, as far as it is known by now.
std::size_t length_of_beginning(std::string_view begun) {
  if (begun.size() < 2) {
    return 2;
  }
  const unsigned length = byte_at(begun, 1) & 0x7fU;
  return length == 127 ? 10 : length == 126 ? 4 : 2;
}

}  // namespace

std::optional<BadPacket> IncomingPackets::look_at(std::string_view bytes) {
  if (carrier_ == Carrier::unknown && !bytes.empty()) {
    carrier_ = bytes.front() == 'H' ? Carrier::greeting : Carrier::bare;
  }
  switch (carrier_) {
    case Carrier::bare:
      return look_at_packets(bytes);
    case Carrier::greeting:
      return look_at_greeting(bytes);
    case Carrier::frames:
      return look_at_frames(bytes);
    case Carrier::unknown:
      break;
  }
  return std::nullopt;
}

std::optional<BadPacket> IncomingPackets::look_at_packets(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t skipped = std::min(rest_of_packet_, bytes.size());
    rest_of_packet_ -= skipped;
    bytes.remove_prefix(skipped);
    if (!bytes.empty()) {
      if (const auto bad = look_at_header(byte_at(bytes, 0))) {
        return bad;
      }
      bytes.remove_prefix(1);
    }
  }
  return std::nullopt;
}

std::optional<BadPacket> IncomingPackets::look_at_header(std::uint8_t byte) {
  if (!first_byte_) {
    const bool is_publish = byte >> 4U == publish_type;
    if (is_publish && (byte & 0x04U) != 0) {
      return BadPacket{PacketFault::too_high_qos};
    }
    first_byte_ = byte;
    length_ = 0;
    length_bytes_ = 0;
    return std::nullopt;
  }
  length_ |= static_cast<std::size_t>(byte & 0x7fU) << (7 * length_bytes_++);
  const bool is_complete = (byte & 0x80U) == 0;
  if (!is_complete && length_bytes_ < most_length_bytes) {
    return std::nullopt;
  }
  const std::size_t bytes = 1 + length_bytes_ + length_;
  if (!is_complete || bytes > longest_) {
    return BadPacket{PacketFault::too_long, bytes, *first_byte_ >> 4U == publish_type && carrier_ == Carrier::bare};
  }
  first_byte_.reset();
  rest_of_packet_ = length_;
  return std::nullopt;
}

std::optional<BadPacket> IncomingPackets::look_at_greeting(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (++greeting_bytes_ > longest_) {
      return BadPacket{PacketFault::too_long, greeting_bytes_};
    }
    tail_ += bytes[i];
    if (tail_.size() > end_of_greeting.size()) {
      tail_.erase(0, 1);
    }
    if (tail_ == end_of_greeting) {
      tail_.clear();
      carrier_ = Carrier::frames;
      return look_at_frames(bytes.substr(i + 1));
    }
  }
  return std::nullopt;
}

std::optional<BadPacket> IncomingPackets::look_at_frames(std::string_view bytes) {
  while (!bytes.empty()) {
    if (rest_of_frame_ > 0) {
      const std::string_view part = bytes.substr(0, rest_of_frame_);
      rest_of_frame_ -= part.size();
      bytes.remove_prefix(part.size());
      if (const auto bad = carries_packets_ ? look_at_packets(part) : std::nullopt) {
        return bad;
      }
      continue;
    }
    tail_ += bytes.front();
    bytes.remove_prefix(1);
    if (tail_.size() == length_of_beginning(tail_)) {
      const auto bad = begin_frame();
      if (bad) {
        return bad;
      }
      tail_.clear();
    }
  }
  return std::nullopt;
}

std::optional<BadPacket> IncomingPackets::begin_frame() {
  std::uint64_t length = byte_at(tail_, 1) & 0x7fU;
  if (tail_.size() > 2) {
    length = 0;
    for (std::size_t i = 2; i < tail_.size(); ++i) {
      length = length << 8U | byte_at(tail_, i);
    }
  }
  const bool is_last = (byte_at(tail_, 0) & 0x80U) != 0;
  carries_packets_ = (byte_at(tail_, 0) & 0x08U) == 0;  // the others steer: ping, pong, close
  const bool is_masked = (byte_at(tail_, 1) & 0x80U) != 0;
  if (is_masked || (!carries_packets_ && (!is_last || length > longest_control_frame))) {
    return BadPacket{PacketFault::bad_frame};
  }
  if (carries_packets_) {
    // They are put together in memory before any packet in them is read.
    if (length > packets_in_message * longest_ - message_) {
      return BadPacket{PacketFault::too_long, message_ + length};
    }
    message_ = is_last ? 0 : message_ + static_cast<std::size_t>(length);
  }
  rest_of_frame_ = static_cast<std::size_t>(length);
  return std::nullopt;
}

}  // namespace voip
