// What the headers of one TCP segment say.
#pragma once

#include <cstdint>
#include <optional>

#include "core/model.h"

namespace voip {

struct TcpSegment {
  Endpoint source;
  Endpoint destination;
  std::optional<std::uint32_t> timestamp;  // TSval (RFC 7323)
  std::optional<std::uint32_t> echo;       // TSecr; absent where ACK is not set
  bool has_payload = false;                // or SYN or FIN: the other side will answer at once
  std::uint32_t sequence = 0;              // of its first byte
  std::uint32_t length = 0;                // in sequence numbers, so SYN and FIN count; 0 where there is none or it is not told
  std::optional<std::uint32_t> acknowledged;   // absent where ACK is not set
  std::optional<std::uint32_t> sacked;         // where the first block of selective acknowledgement ends (RFC 2018)
  std::optional<std::uint32_t> sacked_from{};  // ... and begins
  std::uint32_t header_bytes = 0;              // of IP and TCP
};

// Sequence numbers and timestamps wrap around (RFC 9293, 3.4; RFC 7323, 5.2).
constexpr bool is_after(std::uint32_t a, std::uint32_t b) {
  return a != b && a - b < 0x80000000U;
}

}  // namespace voip
