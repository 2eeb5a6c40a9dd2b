// Reads the headers of a packet as it lies on the line, from the IP header on: bytes of strangers, of which nothing outside the
// given ones is ever read. A pure helper.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/line/tcp_segment.h"

namespace voip {

// The longest that IPv4 and TCP headers can be; IPv6 without extension headers and TCP are shorter.
inline constexpr std::size_t most_header_bytes = 120;

// `headers` may end with the TCP header or go on with payload, which is not looked at. Nothing for what is no TCP segment, for
// all fragments, for IPv6 with extension headers, and for everything that contradicts itself.
std::optional<TcpSegment> read_tcp_segment(std::span<const std::uint8_t> headers);

}  // namespace voip
